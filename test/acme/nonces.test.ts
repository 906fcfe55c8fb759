import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { NoncePool } from '../../src/acme/nonces.js';

function pool(options: { fetchMs?: number; fail?: () => boolean } = {}): { nonces: NoncePool; fetched: () => number } {
  let count = 0;
  const nonces = new NoncePool(async () => {
    count += 1;
    const mine = `fetched-${count}`;
    await sleep(options.fetchMs ?? 1);
    if (options.fail?.()) throw new Error('no nonce');
    return mine;
  }, 4);
  return { nonces, fetched: () => count };
}

/** Requests that take `ms` each and bring a new nonce; gives the most that were in flight. */
async function requests(nonces: NoncePool, count: number, ms: number): Promise<number> {
  let flying = 0;
  let most = 0;
  await Promise.all(Array.from({ length: count }, async (_, n) => {
    await nonces.take();
    flying += 1;
    most = Math.max(most, flying);
    if (ms > 0) await sleep(ms);
    flying -= 1;
    nonces.give(`back-${n}`);
  }));
  return most;
}

describe('NoncePool', () => {
  it('serves requests in a row with one fetched nonce', async () => {
    const { nonces, fetched } = pool();
    for (let n = 0; n < 5; n += 1) {
      await nonces.take();
      nonces.give(`n${n}`);
    }
    expect(fetched()).toBe(1);
  });

  it('hands out every nonce once', async () => {
    const { nonces } = pool();
    const seen: string[] = [];
    await Promise.all(Array.from({ length: 30 }, async (_, n) => {
      seen.push(await nonces.take());
      await sleep(1);
      nonces.give(`b${n}`);
    }));
    expect(new Set(seen).size).toBe(30);
  });

  it('grows to its limit and not further when answers are slow', async () => {
    const { nonces, fetched } = pool({ fetchMs: 5 });
    expect(await requests(nonces, 20, 60)).toBe(4);
    expect(fetched()).toBe(4);
  });

  it('fetches a second one, and no more, for a long queue whose answers are quick', async () => {
    for (const [count, wanted] of [[8, 1], [40, 2]] as const) {
      const { nonces, fetched } = pool();
      await requests(nonces, count, 0);
      expect(fetched()).toBe(wanted);
    }
  });

  it('fetches a new one when the last was lost', async () => {
    const { nonces, fetched } = pool();
    await nonces.take();
    const next = nonces.take();
    nonces.lost();
    expect(await next).toBe('fetched-2');
    expect(fetched()).toBe(2);
  });

  it('fails everybody who waits when none can be fetched, and works again afterwards', async () => {
    let broken = true;
    const { nonces } = pool({ fail: () => broken });
    const waiting = await Promise.allSettled(Array.from({ length: 3 }, () => nonces.take()));
    expect(waiting.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    broken = false;
    expect(await nonces.take()).toMatch(/^fetched-/);
  });
});
