import { AcmeProblem } from '../core/errors.js';
import { ConnectionFailed } from './connection-failed.js';
import type { Order, OrderStatus } from './resources.js';
import { wait } from './transport.js';

/** Milliseconds after the answers were fetched until the order is looked at: the CA needs a moment to write it down. */
const AFTER_WAKE = 6;
/** Milliseconds before each look; afterwards one second, or what Retry-After says when it is more. */
const EARLY = [10, 30, 100, 375, 1000];
/** Nobody tells when the CA was there: one that is near may be done when the last answer is, others are looked at each second, as by certbot. */
const UNTOLD = [100, 900];
const STEADY = 1000;

export interface PollOptions {
  /** States that end the wait. */
  until: readonly OrderStatus[];
  /** Milliseconds since the epoch; at this time the order is returned as it is. */
  deadline: number;
  /** Resolves when the CA has fetched every answer. */
  wake?: Promise<unknown>;
}

interface Polling extends PollOptions {
  read: () => Promise<{ order: Order; retryAfterMs?: number | undefined }>;
  now: () => number;
  signal: AbortSignal;
}

/**
 * Looks at an order until it is in a wanted state or the time is up, at least once. Retry-After is followed after the
 * first looks only: a CA that signs in a blink may still announce five seconds. Lost connections and a busy CA do not end
 * the wait before the deadline. Throws Cancelled, AcmeProblem, NetworkError.
 */
export async function pollOrder({ until, deadline, wake, read, now, signal }: Polling): Promise<Order> {
  // Without `ready` the order was just finalized: the CA is at work, there is nothing to be told.
  const pauses = wake === undefined && until.includes('ready') ? UNTOLD : EARLY;
  let woken = wake === undefined;
  const waking = wake?.then(
    () => true,
    () => false,
  );
  let retryAfter: number | undefined;
  for (let look = 0; ; look += 1) {
    const planned = waking && look === 0 ? STEADY : (pauses[waking ? look - 1 : look] ?? Math.max(STEADY, retryAfter ?? 0));
    const left = Math.max(0, deadline - now());
    if (woken || !waking) await wait(Math.min(planned, left), signal);
    else if (await firstOf(waking, Math.min(planned, left), signal)) {
      woken = true;
      await wait(Math.min(AFTER_WAKE, Math.max(0, deadline - now())), signal);
    }
    const last = now() >= deadline;
    try {
      const { order, retryAfterMs } = await read();
      if (until.includes(order.status) || last) return order;
      retryAfter = retryAfterMs;
    } catch (error) {
      if (last || !passing(error)) throw error;
      retryAfter = error instanceof AcmeProblem ? error.retryAfterMs : undefined;
    }
  }
}

/** True when `waking` came true within `ms`. */
async function firstOf(waking: Promise<boolean>, ms: number, signal: AbortSignal): Promise<boolean> {
  const ended = new AbortController();
  const either = AbortSignal.any([signal, ended.signal]);
  const pause = wait(ms, either).then(() => false);
  try {
    return await Promise.race([waking.then((came) => (came ? true : pause)), pause]);
  } finally {
    ended.abort();
    pause.catch(() => undefined);
  }
}

function passing(error: unknown): boolean {
  if (error instanceof ConnectionFailed) return !error.lasting;
  return error instanceof AcmeProblem && (error.problem.status === 429 || error.problem.status >= 500);
}
