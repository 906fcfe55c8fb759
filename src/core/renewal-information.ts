import type { AcmeClient } from '../acme/client.js';
import type { Lineage } from '../store/lineage.js';
import { readAdvice, writeAdvice, type AdviceTable, type RenewalAdvice } from '../store/renewal-advice.js';
import { rememberRenewalCheck } from '../store/renewal-check.js';
import type { Settings } from './settings.js';
import type { World } from './world.js';

/** certbot's default when the CA does not say when to ask again (C04). */
const SIX_HOURS = 6 * 3_600_000;
/** Questions in flight at once. */
const AT_ONCE = 12;

/**
 * What each lineage's own CA suggests (RFC 9773): asked where it is time to ask again, remembered elsewhere. The CA's Retry-After goes
 * into the renewal file, as certbot has it; the moment drawn from the window into a file of ours (neither with --plan). Trouble is told and never stops
 * anything: the dates decide then. `patienceMs`: for all questions together.
 */
export async function renewalAdvice(lineages: readonly Lineage[], settings: Settings, world: World, { random = Math.random, patienceMs }: { random?: () => number; patienceMs?: number } = {}): Promise<AdviceTable> {
  const known = readAdvice(world.dirs);
  const now = world.clock.now();
  const table: Record<string, RenewalAdvice> = {};
  for (const { name, serial } of lineages) {
    const before = known[name];
    if (before?.serial === serial) table[name] = before;
  }
  const waiting = lineages.filter((lineage) => mayAsk(lineage.renewal.ariRetryAfter, now) && lineage.notAfter.getTime() > now);
  let changed = false;
  // One for each CA: to make the settings of every lineage anew costs as much as to ask about it.
  const clients = new Map<string, Promise<AcmeClient>>();
  const clientOf = (server: string): Promise<AcmeClient> => {
    const client = clients.get(server) ?? world.connect({ ...settings, values: { ...settings.values, server } }, null, null);
    clients.set(server, client);
    return client;
  };
  const over = patienceMs === undefined || waiting.length === 0 ? null : AbortSignal.timeout(patienceMs);
  const until = over === null ? world.signal : AbortSignal.any([world.signal, over]);
  const work = async (): Promise<void> => {
    for (let lineage = waiting.shift(); lineage && !world.signal.aborted; lineage = waiting.shift()) {
      try {
        const advice = await ask(lineage, table[lineage.name], world, { clientOf, noting: !settings.values.plan, random, until });
        if (advice === table[lineage.name]) continue;
        changed = true;
        if (advice) table[lineage.name] = advice;
        else delete table[lineage.name];
      } catch (error) {
        const why = over?.aborted === true ? `no answer within ${(patienceMs ?? 0) / 1000} seconds; its dates decide.` : error instanceof Error ? error.message : String(error);
        if (!world.signal.aborted) world.log('warning', `Renewal information for ${lineage.name} could not be had: ${why}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  // What is remembered of lineages that were not asked about stays.
  if (changed && !settings.values.plan) writeAdvice(world.dirs, { ...known, ...table });
  return table;
}

interface Asking {
  clientOf(server: string): Promise<AcmeClient>;
  /** Whether the CA's Retry-After is written down. */
  noting: boolean;
  random: () => number;
  until: AbortSignal;
}

/** The same object when the CA says the same. */
async function ask(lineage: Lineage, before: RenewalAdvice | undefined, world: World, { clientOf, noting, random, until }: Asking): Promise<RenewalAdvice | undefined> {
  if (lineage.server === undefined || lineage.certId === undefined) return undefined;
  const info = await (await clientOf(lineage.server)).renewalInfo(lineage.certId, until);
  if (info === null) return undefined;
  if (noting) await rememberRenewalCheck(lineage.renewal, new Date(world.clock.now() + (info.retryAfterMs ?? SIX_HOURS)));
  const { start, end } = info;
  if (before?.start === start && before.end === end) return before;
  return { serial: lineage.serial, start, end, moment: start + random() * Math.max(0, end - start), ...(info.explanationUrl === undefined ? {} : { explanation: info.explanationUrl }) };
}

/** F30: local time without a zone. */
function mayAsk(after: string | undefined, now: number): boolean {
  const moment = after === undefined ? Number.NaN : new Date(after).getTime();
  return Number.isNaN(moment) || moment <= now;
}
