import { setTimeout as after } from 'node:timers/promises';
import { Cancelled } from '../../core/errors.js';
import { askDns } from '../../system/dns-exchange.js';
import { TYPE_CODES } from '../../system/dns-values.js';
import { RCODE } from '../../system/dns-wire.js';
import type { ChallengeContext } from '../contract.js';
import type { NameServer } from './authorities.js';
import { verdict, type View, type Waiting } from './verdict.js';

/** What must be seen at one name, and the servers that must show it. */
export interface Expected {
  target: string;
  /** Whether these values of a server's TXT records are all that it must show. */
  complete(values: readonly string[]): boolean;
  servers: readonly NameServer[];
}

/** How one server stands with one name. */
export interface ServerState {
  target: string;
  server: NameServer;
  view: View;
  /** The values of its last answer. */
  values: readonly string[];
}

export interface Propagation {
  /** 'give-up': a server answered without the values until the end. */
  outcome: 'go-on' | 'give-up';
  states: readonly ServerState[];
}

/** How often a server is asked that is looked at once. */
const TRIES = 2;

/** Milliseconds for an answer, between two questions to a server, and between two looks at all of them. */
const ANSWER = 1500;
const PACE = 300;
const LOOK = 100;

/** No route to an address, or a family that this machine does not have. */
const NO_WAY = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL']);

/**
 * Asks every server for every name, each on its own and directly, until `verdict` is that the CA may be asked or that it makes no
 * sense. A server that has shown all values is not asked again. `tell` hears of every change. Throws Cancelled.
 */
export async function waitForRecords(expected: readonly Expected[], bounds: Omit<Waiting, 'elapsed'>, { signal, tell }: { signal: AbortSignal; tell(state: ServerState, elapsed: number): void }): Promise<Propagation> {
  const started = performance.now();
  const states = begin(expected);
  const done = new AbortController();
  const watch = async (state: (typeof states)[number]): Promise<void> => {
    while (!done.signal.aborted && !signal.aborted && state.view !== 'seen') {
      const { view, values } = await look(state, done.signal);
      if (done.signal.aborted) return;
      if (view === 'seen' || view === 'not-yet') state.values = values;
      // A server that answered once is one that the CA may get an answer from: it stays in the way until it has the values.
      const next = view === 'silent' && state.view === 'not-yet' ? 'not-yet' : view;
      const changed = next !== state.view;
      state.view = next;
      if (changed) tell(state, performance.now() - started);
      if (next !== 'seen') await after(PACE);
    }
  };
  const watching = states.map(watch);
  try {
    for (;;) {
      if (signal.aborted) throw new Cancelled();
      const outcome = verdict(states.map(({ view }) => view), { ...bounds, elapsed: performance.now() - started });
      if (outcome !== 'wait') return { outcome, states };
      await after(LOOK);
    }
  } finally {
    done.abort();
    await Promise.allSettled(watching);
  }
}

/** Asks every server for every name now, without waiting for anything but answers. Throws Cancelled. */
export async function lookAtRecords(expected: readonly Expected[], signal: AbortSignal): Promise<readonly ServerState[]> {
  const states = begin(expected);
  await Promise.all(
    states.map(async (state) => {
      for (let tries = 0; tries < TRIES && state.view === 'silent' && !signal.aborted; tries += 1) Object.assign(state, await look(state, signal));
    }),
  );
  if (signal.aborted) throw new Cancelled();
  return states;
}

/** `ns1.example.com (192.0.2.1)`. */
export function nameOf({ host, address }: NameServer): string {
  return host === address ? host : `${host} (${address})`;
}

/** The event about what a server shows, milliseconds after the beginning. */
export function sightingOf({ target, server, view }: ServerState, elapsed: number): Parameters<ChallengeContext['recordSeen']>[0] {
  return { record: target, server: server.host, address: server.address, state: view === 'seen' ? 'seen' : view === 'not-yet' ? 'not-yet' : 'unreachable', ms: Math.round(elapsed) };
}

type Asked = ServerState & Pick<Expected, 'complete'>;

function begin(expected: readonly Expected[]): Asked[] {
  return expected.flatMap(({ target, complete, servers }) => servers.map((server): Asked => ({ target, complete, server, view: 'silent', values: [] })));
}

async function look({ target, complete, server }: Asked, signal: AbortSignal): Promise<Pick<ServerState, 'view' | 'values'>> {
  try {
    const { rcode, answers, authoritative } = await askDns(server, target, TYPE_CODES.TXT, { timeoutMs: ANSWER, signal });
    // A refusal, or a referral: not a server of this zone.
    if ((rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) || (!authoritative && answers.length === 0)) return { view: 'silent', values: [] };
    const values = answers.filter(({ type }) => type === TYPE_CODES.TXT).map(({ value }) => value);
    return { view: complete(values) ? 'seen' : 'not-yet', values };
  } catch (error) {
    return { view: NO_WAY.has((error as NodeJS.ErrnoException).code ?? '') ? 'no-route' : 'silent', values: [] };
  }
}
