import { setTimeout as after } from 'node:timers/promises';
import { Cancelled } from '../../core/errors.js';
import { askDns } from '../../system/dns-exchange.js';
import { TYPE_CODES } from '../../system/dns-values.js';
import { RCODE } from '../../system/dns-wire.js';
import type { NameServer } from './authorities.js';
import { verdict, type View, type Waiting } from './verdict.js';

/** Values that must be seen at one name, and the servers that must show them. */
export interface Expected {
  target: string;
  values: readonly string[];
  servers: readonly NameServer[];
}

/** How one server stands with one name. */
export interface ServerState {
  target: string;
  server: NameServer;
  view: View;
}

export interface Propagation {
  /** 'give-up': a server answered without the values until the end. */
  outcome: 'go-on' | 'give-up';
  states: readonly ServerState[];
}

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
  const states = expected.flatMap(({ target, values, servers }) => servers.map((server) => ({ target, values, server, view: 'silent' as View })));
  const done = new AbortController();
  const watch = async (state: (typeof states)[number]): Promise<void> => {
    while (!done.signal.aborted && !signal.aborted && state.view !== 'seen') {
      const view = await look(state, done.signal);
      if (done.signal.aborted) return;
      // A server that answered once is one that the CA may get an answer from: it stays in the way until it has the values.
      const next = view === 'silent' && state.view === 'not-yet' ? 'not-yet' : view;
      if (next !== state.view) tell({ target: state.target, server: state.server, view: next }, performance.now() - started);
      state.view = next;
      if (next !== 'seen') await after(PACE);
    }
  };
  const watching = states.map(watch);
  try {
    for (;;) {
      if (signal.aborted) throw new Cancelled();
      const outcome = verdict(states.map(({ view }) => view), { ...bounds, elapsed: performance.now() - started });
      if (outcome !== 'wait') return { outcome, states: states.map(({ target, server, view }) => ({ target, server, view })) };
      await after(LOOK);
    }
  } finally {
    done.abort();
    await Promise.allSettled(watching);
  }
}

async function look({ target, values, server }: { target: string; values: readonly string[]; server: NameServer }, signal: AbortSignal): Promise<View> {
  try {
    const { rcode, answers, authoritative } = await askDns(server, target, TYPE_CODES.TXT, { timeoutMs: ANSWER, signal });
    // A refusal, or a referral: not a server of this zone.
    if ((rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) || (!authoritative && answers.length === 0)) return 'silent';
    const found = answers.filter(({ type }) => type === TYPE_CODES.TXT).map(({ value }) => value);
    return values.every((value) => found.includes(value)) ? 'seen' : 'not-yet';
  } catch (error) {
    return NO_WAY.has((error as NodeJS.ErrnoException).code ?? '') ? 'no-route' : 'silent';
  }
}
