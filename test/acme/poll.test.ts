import { describe, expect, it } from 'vitest';
import { connectionFailed } from '../../src/acme/connection-failed.js';
import { pollOrder } from '../../src/acme/poll.js';
import type { Order, OrderStatus } from '../../src/acme/resources.js';
import { AcmeProblem } from '../../src/core/errors.js';

const order = (status: OrderStatus): Order => ({ url: 'https://ca.example/order/1', status, authorizations: [], identifiers: [], finalize: 'https://ca.example/f' });
const proof = ['ready', 'processing', 'valid', 'invalid'] as const;

/** Runs a poll over these answers (the last one repeated); gives the times of the looks in ms since the start. */
async function run(answers: readonly (OrderStatus | Error)[], options: { until?: readonly OrderStatus[]; forMs?: number; wake?: Promise<unknown>; retryAfterMs?: number; signal?: AbortSignal }): Promise<{ looks: number[]; order: Order }> {
  const started = Date.now();
  const looks: number[] = [];
  const result = await pollOrder({
    until: options.until ?? proof,
    deadline: started + (options.forMs ?? 10_000),
    ...(options.wake ? { wake: options.wake } : {}),
    read: async () => {
      const answer = answers[Math.min(looks.length, answers.length - 1)];
      looks.push(Date.now() - started);
      if (answer instanceof Error) throw answer;
      return { order: order(answer ?? 'pending'), retryAfterMs: options.retryAfterMs };
    },
    now: () => Date.now(),
    signal: options.signal ?? new AbortController().signal,
  });
  return { looks, order: result };
}

describe('pollOrder', () => {
  it('looks some tens of milliseconds after the answers were fetched', async () => {
    const { looks } = await run(['ready'], { wake: new Promise((resolve) => setTimeout(resolve, 100)) });
    expect(looks).toHaveLength(1);
    expect(looks[0]).toBeGreaterThanOrEqual(125);
    expect(looks[0]).toBeLessThan(600);
  });

  it('looks after a second when nobody tells, also when the word never comes or fails', async () => {
    const untold = await Promise.all([run(['ready'], {}), run(['ready'], { wake: new Promise(() => undefined) }), run(['ready'], { wake: Promise.reject(new Error('no')) })]);
    for (const { looks } of untold) {
      expect(looks).toHaveLength(1);
      expect(looks[0]).toBeGreaterThanOrEqual(990);
      expect(looks[0]).toBeLessThan(1800);
    }
  });

  it('looks 0.1, 0.25 and 0.5 seconds after finalize and takes no notice of an early Retry-After', async () => {
    const { looks, order: last } = await run(['processing', 'processing', 'valid'], { until: ['valid', 'invalid'], retryAfterMs: 5000 });
    expect(last.status).toBe('valid');
    expect(looks[0]).toBeLessThan(240);
    expect(looks[2]).toBeLessThan(1500);
  });

  it('gives the order as it is at the deadline, having looked at least once', async () => {
    const { looks, order: last } = await run(['pending'], { forMs: 300, wake: Promise.resolve() });
    expect(last.status).toBe('pending');
    expect(looks.length).toBeGreaterThanOrEqual(2);
    expect(looks.at(-1)).toBeLessThan(900);
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
    setTimeout(() => controller.abort(), 20);
    const started = Date.now();
    await expect(run(['pending'], { signal: controller.signal, wake: new Promise(() => undefined) })).rejects.toMatchObject({ code: 'cancelled' });
    expect(Date.now() - started).toBeLessThan(500);
  });
});
