import { describe, expect, it, vi } from 'vitest';
import { connectionFailed } from '../../src/acme/connection-failed.js';
import { pollOrder } from '../../src/acme/poll.js';
import type { Order, OrderStatus } from '../../src/acme/resources.js';
import { AcmeProblem, Cancelled } from '../../src/core/errors.js';

/** A clock that goes on by itself, to the next moment that somebody waits for: times are exact, whatever else the machine does. */
const clock = vi.hoisted(() => {
  let waiting: { at: number; wake: () => void }[] = [];
  const time = {
    now: 1_000_000,
    wait: (ms: number, signal?: AbortSignal): Promise<void> =>
      new Promise((resolve, reject) => {
        const sleeper = { at: time.now + ms, wake: resolve };
        waiting.push(sleeper);
        signal?.addEventListener('abort', () => {
          waiting = waiting.filter((one) => one !== sleeper);
          reject(new Cancelled());
        });
        // When everything else has been done.
        setImmediate(goOn);
      }),
  };
  function goOn(): void {
    const [next, ...others] = waiting.toSorted((one, other) => one.at - other.at);
    if (next === undefined) return;
    waiting = others;
    time.now = Math.max(time.now, next.at);
    next.wake();
  }
  return time;
});
vi.mock('../../src/acme/transport.js', () => ({ wait: clock.wait }));

const order = (status: OrderStatus): Order => ({ url: 'https://ca.example/order/1', status, authorizations: [], identifiers: [], finalize: 'https://ca.example/f' });
const proof = ['ready', 'processing', 'valid', 'invalid'] as const;

/** Runs a poll over these answers (the last one repeated); gives the times of the looks in ms since the start. */
async function run(answers: readonly (OrderStatus | Error)[], options: { until?: readonly OrderStatus[]; forMs?: number; wake?: Promise<unknown>; retryAfterMs?: number; signal?: AbortSignal }): Promise<{ looks: number[]; order: Order }> {
  const started = clock.now;
  const looks: number[] = [];
  const result = await pollOrder({
    until: options.until ?? proof,
    deadline: started + (options.forMs ?? 10_000),
    ...(options.wake ? { wake: options.wake } : {}),
    read: async () => {
      const answer = answers[Math.min(looks.length, answers.length - 1)];
      looks.push(clock.now - started);
      if (answer instanceof Error) throw answer;
      return { order: order(answer ?? 'pending'), retryAfterMs: options.retryAfterMs };
    },
    now: () => clock.now,
    signal: options.signal ?? new AbortController().signal,
  });
  return { looks, order: result };
}

describe('pollOrder', () => {
  it('looks some milliseconds after the answers were fetched', async () => {
    const { looks } = await run(['ready'], { wake: clock.wait(100) });
    expect(looks).toEqual([106]);
  });

  it('looks at once and each second when nobody tells', async () => {
    expect((await run(['pending', 'pending', 'pending', 'ready'], {})).looks).toEqual([100, 1000, 2000, 3000]);
  });

  it('looks after a second when the word never comes or fails', async () => {
    expect((await run(['ready'], { wake: new Promise(() => undefined) })).looks).toEqual([1000]);
    expect((await run(['ready'], { wake: Promise.reject(new Error('no')) })).looks).toEqual([1000]);
  });

  it('looks 0.01, 0.04 and 0.14 seconds after finalize and takes no notice of an early Retry-After', async () => {
    const { looks, order: last } = await run(['processing', 'processing', 'valid'], { until: ['valid', 'invalid'], retryAfterMs: 5000 });
    expect(last.status).toBe('valid');
    expect(looks).toEqual([10, 40, 140]);
  });

  it('gives the order as it is at the deadline, having looked at least once', async () => {
    const { looks, order: last } = await run(['pending'], { forMs: 300, wake: Promise.resolve() });
    expect(last.status).toBe('pending');
    expect(looks).toEqual([6, 16, 46, 146, 300]);
    expect((await run(['pending'], { forMs: -5 })).looks).toHaveLength(1);
  });

  it('goes on through lost connections and a busy CA, but not through a refusal', async () => {
    const lost = connectionFailed(Object.assign(new Error('x'), { code: 'ECONNRESET' }), 'https://ca.example/', true);
    const busy = new AcmeProblem({ type: 'urn:ietf:params:acme:error:rateLimited', detail: '', status: 429, subproblems: [] }, '');
    expect((await run([lost, busy, 'ready'], { wake: Promise.resolve() })).order.status).toBe('ready');
    await expect(run([lost], { wake: Promise.resolve(), forMs: 100 })).rejects.toBe(lost);
    const refused = new AcmeProblem({ type: 'urn:ietf:params:acme:error:unauthorized', detail: '', status: 403, subproblems: [] }, '');
    await expect(run([refused], { wake: Promise.resolve() })).rejects.toBe(refused);
  });

  it('ends at once when the run is given up', async () => {
    const controller = new AbortController();
    void clock.wait(20).then(() => controller.abort());
    const started = clock.now;
    await expect(run(['pending'], { signal: controller.signal, wake: new Promise(() => undefined) })).rejects.toMatchObject({ code: 'cancelled' });
    expect(clock.now - started).toBe(20);
  });
});
