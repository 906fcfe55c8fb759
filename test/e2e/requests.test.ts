import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { makePlace, unattended, type Place } from './certwright.js';
import { startPebble, type Pebble } from './pebble.js';

/** How often the CA that refuses every fifth nonce is asked for 100 names. */
const RUNS = Number(process.env['CERTWRIGHT_NONCE_RUNS'] ?? 1);
/** Requests that may be in flight at once; each may need a nonce of its own. */
const IN_FLIGHT = 16;

let pebble: Pebble;
let refusing: Pebble;
let place: Place;

beforeAll(async () => {
  const env = { PEBBLE_VA_NOSLEEP: '1', PEBBLE_AUTHZREUSE: '0' };
  [pebble, refusing] = await Promise.all([startPebble({ env: { ...env, PEBBLE_WFE_NONCEREJECT: '0' } }), startPebble({ env: { ...env, PEBBLE_WFE_NONCEREJECT: '20' } })]);
});
afterAll(() => Promise.all([pebble.stop(), refusing.stop()]));
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

const obtain = (ca: Pebble, label: string, count: number) =>
  place.certwright(
    ['certonly', ...unattended(ca.directoryUrl), '--standalone', '--http-01-port', String(ca.httpPort), '-d', Array.from({ length: count }, (_, index) => `${label}${index}.example.com`).join(',')],
    { env: { REQUESTS_CA_BUNDLE: ca.caPath } },
  );

it.each([1, 10, 100])('N08: %d names cost 2N+9 requests at first and 2N+8 with an account, and at most one nonce for each further request in flight', async (count) => {
  for (const [label, allowed] of [['first', 2 * count + 9], ['again', 2 * count + 8]] as const) {
    const before = pebble.requests().length;
    expect((await obtain(pebble, label, count)).code).toBe(0);
    const made = pebble.requests().slice(before);
    const nonces = made.filter((line) => line.startsWith('HEAD')).length;
    console.log(`${label}, ${count} names: ${made.length} requests, ${nonces} of them for nonces (allowed: ${allowed} and ${Math.min(count, IN_FLIGHT) - 1} further nonces)`);
    expect(made.length - Math.max(0, nonces - 1)).toBeLessThanOrEqual(allowed);
    expect(nonces - 1).toBeLessThanOrEqual(Math.min(count, IN_FLIGHT) - 1);
  }
});

it(`N08: 100 names from a CA that refuses every fifth nonce, ${RUNS} of ${RUNS} times`, { timeout: 120_000 + RUNS * 30_000 }, async () => {
  for (let run = 0; run < RUNS; run += 1) expect((await obtain(refusing, `run${run}x`, 100)).code).toBe(0);
});
