import { CertwrightError } from '../../core/errors.js';
import type { Leftover, LeftoverPlace } from '../contract.js';
import { dnsJournal } from './journal.js';
import type { DnsProvider, ProviderDescription } from './provider.js';
import { openProvider } from './session.js';

/** Milliseconds after which a record that cannot be removed is no longer tried: 14 days. */
const OLD = 14 * 86_400_000;
/** Milliseconds for all of it: it stands before what the person asked for. */
const PATIENCE = 30_000;

/** Removes records that stopped runs left. What cannot be removed is told, and tried again by the next run for some days. Never throws. */
export async function removeLeftovers(description: ProviderDescription, { configDir, environment, signal, log }: LeftoverPlace): Promise<readonly Leftover[]> {
  const journal = dnsJournal(configDir, `dns-${description.name}`);
  const told: Leftover[] = [];
  const within = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]);
  const providers = new Map<string, Promise<DnsProvider>>();
  for (const { target, value, options, since } of journal.entries()) {
    const key = JSON.stringify(options);
    const provider = providers.get(key) ?? openProvider(description, { options, environment, signal: within, log });
    providers.set(key, provider);
    try {
      await (await provider).remove(target, value);
      journal.forget({ target, value });
      told.push({ what: 'an earlier run was stopped while this DNS record stood; it was removed', path: `${target} TXT ${value}` });
    } catch (error) {
      if (signal.aborted) break;
      const old = Date.now() - since > OLD;
      if (old) journal.forget({ target, value });
      log('warning', `A DNS record of an earlier run could not be removed: ${target} TXT "${value}": ${reason(error)} ${old ? 'Remove it by hand; it is not tried again.' : 'The next run tries again.'}`);
    }
  }
  for (const provider of providers.values()) await provider.then((open) => open.close?.()).catch(() => undefined);
  return told;
}

function reason(error: unknown): string {
  const text = error instanceof CertwrightError ? error.message : String(error);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

