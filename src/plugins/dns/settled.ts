import { Cancelled, PluginError } from '../../core/errors.js';
import type { ProviderSetup } from './provider.js';

/** Milliseconds between two questions after the same change, and for all of them: certbot gives Route 53 as long. */
const PAUSE = 2000;
const PATIENCE = 600_000;

/** Asks until all changes that are pending now are at all servers of the provider, and takes them out. Throws PluginError after ten minutes, Cancelled. */
export async function settled<C>(pending: Set<C>, { plugin, clock, signal }: Pick<ProviderSetup, 'plugin' | 'clock' | 'signal'>, isDone: (change: C) => Promise<boolean>): Promise<void> {
  const waiting = new Set(pending);
  for (const until = clock.now() + PATIENCE; ; ) {
    for (const change of waiting) if (await isDone(change)) for (const set of [waiting, pending]) set.delete(change);
    if (waiting.size === 0) return;
    if (clock.now() >= until) throw new PluginError(plugin, `The provider has not brought the records to all its servers within ${PATIENCE / 60_000} minutes.`, { hint: 'Look at its status page, and run the same command again later.' });
    await clock.sleep(PAUSE, signal).catch(() => {
      throw new Cancelled();
    });
  }
}
