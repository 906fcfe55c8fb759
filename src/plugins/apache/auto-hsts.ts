import { createHash } from 'node:crypto';
import { atEnd, type EditList } from '../server-configuration/edits.js';
import { pathText } from '../server-configuration/path-text.js';
import type { AutoHsts } from './auto-hsts-state.js';
import { addHsts, headerOf, HSTS, HSTS_FOREVER } from './enhance.js';
import type { Vhost } from './vhosts.js';

/** Seconds of max-age, one after the other (F58). */
export const STEPS: readonly number[] = [60, 300, 900, 3600, 21_600, 43_200, 86_400];
/** Seconds between two steps. */
const PAUSE = 48 * 3600;
/** certbot's mark of a host whose header grows. */
const MARK = 'DO NOT REMOVE - Managed by Certbot, VirtualHost id: ';

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

/**
 * What the hosts come to now, and the state afterwards. `renewed`: the private keys of the certificates that were renewed. Hosts that are not
 * found any more are forgotten (`lost`).
 */
export function growAll(vhosts: readonly Vhost[], state: AutoHsts, now: number, renewed: readonly string[], edits: EditList): { state: AutoHsts; lost: readonly string[]; notes: readonly string[] } {
  const after: Record<string, AutoHsts[string]> = {};
  const lost: string[] = [];
  const notes: string[] = [];
  for (const [id, own] of Object.entries(state)) {
    const vhost = vhosts.find((each) => idOf(each) === id);
    const keys = vhost?.statements.filter(({ name }) => name === 'sslcertificatekeyfile').map(({ values }) => values[0]) ?? [];
    const step = nextStep(own, now, { renewed: renewed.some((path) => keys.includes(pathText(path))) });
    if (step.kind === 'wait') after[id] = own;
    else if (!vhost || !grow(vhost, step.seconds, edits)) lost.push(id);
    else {
      notes.push(`Increasing HSTS max-age value to ${step.seconds} for VirtualHost in ${vhost.file.path}`);
      if (!step.done) after[id] = { laststep: own.laststep + 1, timestamp: now };
    }
  }
  return { state: after, lost, notes };
}

/** The id that a host is known by; null when it has none. */
export function idOf({ file, section }: Vhost): string | null {
  const text = file.text.slice(section.open, section.close);
  return new RegExp(`^\\s*#\\s*${MARK}(\\S+)\\s*$`, 'm').exec(text)?.[1] ?? null;
}

/** Begins: a mark, a header of one minute. Returns the id, which is the same for the same host; null when the host has such a header already. */
export function begin(vhost: Vhost, edits: EditList): string | null {
  if (headerOf(vhost, HSTS)) return null;
  const id = idOf(vhost) ?? createHash('sha256').update(`${vhost.file.path}:${vhost.section.start}`).digest('hex').slice(0, 32);
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
