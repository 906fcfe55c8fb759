import { readFileSync } from 'node:fs';
import { renewalCertId } from '../acme/renewal-info.js';
import type { Lineage } from '../store/lineage.js';
import { rememberRenewalCheck } from '../store/renewal-check.js';
import type { Settings } from './settings.js';
import type { World } from './world.js';

/** certbot's default when the CA does not say when to ask again (C04). */
const SIX_HOURS = 6 * 3_600_000;
/** Questions in flight at once. */
const AT_ONCE = 12;

/**
 * Which lineages their own CA wants renewed now (RFC 9773): a random moment of the suggested window, drawn anew at every check,
 * has passed. The CA's Retry-After is remembered in the renewal file, as certbot does. Trouble is told and never stops anything:
 * the dates decide then.
 */
export async function renewalsAdvised(lineages: readonly Lineage[], settings: Settings, world: World, random: () => number = Math.random): Promise<ReadonlySet<string>> {
  const advised = new Set<string>();
  const waiting = lineages.filter(({ renewal }) => mayAsk(renewal.ariRetryAfter, world.clock.now()));
  const work = async (): Promise<void> => {
    for (let lineage = waiting.shift(); lineage && !world.signal.aborted; lineage = waiting.shift()) {
      try {
        if (await isAdvised(lineage, settings, world, random)) advised.add(lineage.name);
      } catch (error) {
        world.log('warning', `Renewal information for ${lineage.name} could not be had: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return advised;
}

async function isAdvised(lineage: Lineage, settings: Settings, world: World, random: () => number): Promise<boolean> {
  if (lineage.server === undefined || lineage.notAfter.getTime() <= world.clock.now()) return false;
  const id = renewalCertId(readFileSync(lineage.files.cert, 'utf8'));
  if (id === null) return false;
  const client = await world.connect({ ...settings, values: { ...settings.values, server: lineage.server } }, null, null);
  const info = await client.renewalInfo(id);
  if (info === null) return false;
  const now = world.clock.now();
  rememberRenewalCheck(lineage.renewal.path, new Date(now + (info.retryAfterMs ?? SIX_HOURS)));
  return info.start + random() * Math.max(0, info.end - info.start) <= now;
}

/** F30: local time without a zone. */
function mayAsk(after: string | undefined, now: number): boolean {
  const moment = after === undefined ? Number.NaN : new Date(after).getTime();
  return Number.isNaN(moment) || moment <= now;
}
