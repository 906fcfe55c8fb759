import { randomBytes } from 'node:crypto';
import { atEnd, type EditList } from '../server-configuration/edits.js';
import { addHsts, headerOf, HSTS, HSTS_FOREVER } from './enhance.js';
import type { Vhost } from './vhosts.js';

/** Seconds of max-age, one after the other (F58). */
export const STEPS: readonly number[] = [60, 300, 900, 3600, 21_600, 43_200, 86_400];
/** Seconds between two steps. */
const PAUSE = 48 * 3600;
/** certbot's mark of a host whose header grows. */
const MARK = 'DO NOT REMOVE - Managed by Certbot, VirtualHost id: ';

/** `autohsts` of .pluginstorage.json: by the id of a host, how far it is. `timestamp` in seconds. */
export type AutoHsts = Readonly<Record<string, { laststep: number; timestamp: number }>>;

/** What becomes of one host at a renewal. */
export type AutoHstsStep =
  /** Its max-age grows to this many seconds; `done`: it was the last one, the host is not watched any more. */
  | { kind: 'set'; seconds: number; done: boolean }
  | { kind: 'wait' };

/** The next step of a host: at most one in 48 hours; after the last one the final value, once its certificate was renewed. */
export function nextStep({ laststep, timestamp }: AutoHsts[string], now: number, { renewed }: { renewed: boolean }): AutoHstsStep {
  const next = STEPS[laststep + 1];
  if (next === undefined) return renewed ? { kind: 'set', seconds: HSTS_FOREVER, done: true } : { kind: 'wait' };
  return timestamp + PAUSE > now ? { kind: 'wait' } : { kind: 'set', seconds: next, done: false };
}

/** The id that a host is known by; null when it has none. */
export function idOf({ file, section }: Vhost): string | null {
  const text = file.text.slice(section.open, section.close);
  return new RegExp(`^\\s*#\\s*${MARK}(\\S+)\\s*$`, 'm').exec(text)?.[1] ?? null;
}

/** Begins: a mark, a header of one minute. Returns the id; null when the host has such a header already. */
export function begin(vhost: Vhost, edits: EditList): string | null {
  if (headerOf(vhost, HSTS)) return null;
  const id = idOf(vhost) ?? randomBytes(16).toString('hex');
  if (idOf(vhost) === null) edits.add(vhost.file, atEnd(vhost.file, vhost.section, [`# ${MARK}${id}`]));
  addHsts(vhost, STEPS[0] ?? 60, edits);
  return id;
}

/** Sets the header of a host to this many seconds. False when it has no such header any more. */
export function grow(vhost: Vhost, seconds: number, edits: EditList): boolean {
  const header = headerOf(vhost, HSTS);
  const value = header?.node.args.at(header.node.args.findIndex(({ text }) => text.toLowerCase() === HSTS.toLowerCase()) + 1);
  if (!header || !value) return false;
  edits.add(header.file, { from: value.start, to: value.end, text: `"max-age=${seconds}"` });
  return true;
}

/** .pluginstorage.json with the state of Apache's hosts; what else is in it stays. `text` null = there is none. Throws SyntaxError. */
export function storageWith(text: string | null, change: (state: AutoHsts) => AutoHsts): string {
  const storage = (text === null ? {} : JSON.parse(text)) as Record<string, Record<string, unknown> | undefined>;
  const apache = storage['apache'] ?? {};
  return JSON.stringify({ ...storage, apache: { ...apache, autohsts: change((apache['autohsts'] ?? {}) as AutoHsts) } });
}
