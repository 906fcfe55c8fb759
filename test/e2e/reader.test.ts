import { spawn } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makePlace, unattended, type Place } from './certwright.js';
import { startPebble, type Pebble } from './pebble.js';

const RENEWALS = Number(process.env['CERTWRIGHT_RENEWALS'] ?? 5);

/** Opens both files again and again as a server would, and prints what it saw when its input ends. */
const READER = `
const { readFileSync } = require('node:fs');
const { X509Certificate, createPrivateKey } = require('node:crypto');
const folder = process.argv[1];
let reads = 0, missing = 0, mismatches = 0, longest = 0, streak = 0, stop = false, versions = new Set();
process.stdin.on('end', () => { stop = true; }).resume();
function look() {
  for (let i = 0; i < 20; i++) {
    let cert, key;
    try { cert = readFileSync(folder + '/fullchain.pem', 'utf8'); key = readFileSync(folder + '/privkey.pem', 'utf8'); }
    catch { missing++; continue; }
    reads++;
    const leaf = new X509Certificate(cert);
    versions.add(leaf.serialNumber);
    if (leaf.checkPrivateKey(createPrivateKey(key))) streak = 0;
    else { mismatches++; streak++; longest = Math.max(longest, streak); }
  }
  if (stop) console.log(JSON.stringify({ reads, missing, mismatches, longest, versions: versions.size })); else setImmediate(look);
}
look();
`;

let pebble: Pebble;
let place: Place;

beforeAll(async () => {
  pebble = await startPebble({ env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0' } });
  place = makePlace({ REQUESTS_CA_BUNDLE: pebble.caPath });
});
afterAll(async () => {
  place.remove();
  await pebble.stop();
});

it(`a reader of live/ during ${RENEWALS} renewals finds every file, every time, and no pair that stays torn`, { timeout: 120_000 + RENEWALS * 5000 }, async () => {
  const renew = () => place.certwright(['certonly', ...unattended(pebble.directoryUrl), '--standalone', '--http-01-port', String(pebble.httpPort), '-d', 'example.com', '--force-renewal']);
  expect((await renew()).code).toBe(0);
  const reader = spawn(process.execPath, ['-e', READER, place.live('example.com', '.')], { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  reader.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise((resolve) => reader.once('close', resolve));
  for (let run = 0; run < RENEWALS; run += 1) expect((await renew()).code).toBe(0);
  reader.stdin.end();
  await ended;
  const seen = JSON.parse(output) as { reads: number; missing: number; mismatches: number; longest: number; versions: number };
  console.log(`${RENEWALS} renewals: ${seen.reads} reads, ${seen.versions} versions seen, ${seen.missing} missing, ${seen.mismatches} pairs read across a switch, at most ${seen.longest} in a row`);
  expect(seen.reads).toBeGreaterThan(RENEWALS * 20);
  expect(seen.versions).toBeGreaterThan(RENEWALS / 2);
  expect(seen.missing).toBe(0);
  // Two reads with a switch between them see the old certificate and the new key once; the next read must be whole.
  expect(seen.mismatches).toBeLessThanOrEqual(RENEWALS);
  expect(seen.longest).toBeLessThanOrEqual(1);
});
