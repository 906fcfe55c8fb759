import { X509Certificate, createPrivateKey } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, readdirSync, statSync, cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { binary, makePlace, runProgram, unattended, type Place } from './certwright.js';
import { CALLS, callsIn, isChange, killAt, spread } from './kill-points.js';
import { startPebble, type Pebble } from './pebble.js';

/** How many points of an issuance are killed; `npm run campaign:kills` takes many, `npm test` a few. */
const POINTS = Number(process.env['CERTWRIGHT_KILLS'] ?? 8);

let pebble: Pebble;
let place: Place;
let flags: readonly string[];

beforeAll(async () => {
  pebble = await startPebble({ env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0', PEBBLE_AUTHZREUSE: '0' } });
  place = makePlace({ REQUESTS_CA_BUNDLE: pebble.caPath });
  flags = ['certonly', ...unattended(pebble.directoryUrl), '--standalone', '--http-01-port', String(pebble.httpPort), '-d', 'example.com', '--force-renewal', ...place.directories];
});
afterAll(async () => {
  place.remove();
  await pebble.stop();
});

const config = (...path: string[]) => join(place.folder, 'config', ...path);
const env = () => ({ HOME: place.folder, REQUESTS_CA_BUNDLE: pebble.caPath });
const strace = (options: readonly string[]) => runProgram('strace', ['-qq', '-o', join(place.folder, 'trace'), ...options, process.execPath, binary, ...flags], { env: env(), timeout: 60_000 });

/** Every private key below the configuration directory, wherever a kill may have left it, is for its owner only. */
function keysAreSecret(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !readFileSync(path, 'utf8').includes('PRIVATE KEY')) continue;
    expect(statSync(path).mode & 0o077, path).toBe(0);
  }
}

interface Live {
  serial: string;
  matches: boolean;
}

/** The four files that servers read: all there, each a link to a whole file. */
function live(): Live {
  const read = (kind: string): string => {
    const path = config('live', 'example.com', `${kind}.pem`);
    expect(lstatSync(path).isSymbolicLink(), path).toBe(true);
    return readFileSync(path, 'utf8');
  };
  const [cert, chain, fullchain, key] = [read('cert'), read('chain'), read('fullchain'), read('privkey')];
  const leaf = new X509Certificate(cert);
  return { serial: leaf.serialNumber, matches: fullchain === cert + chain && leaf.checkPrivateKey(createPrivateKey(key)) };
}

it(`N05: kill -9 at ${POINTS} points of a renewal: the old version or the new one is in use, nothing that was issued is lost`, { timeout: 120_000 + POINTS * 8000 }, async () => {
  expect((await runProgram(process.execPath, [binary, ...flags], { env: env() })).code).toBe(0);
  const pristine = join(place.folder, 'pristine');
  const whole = await strace(['-e', `trace=${CALLS}`]);
  expect(whole.code, whole.stderr).toBe(0);
  const own = callsIn(readFileSync(join(place.folder, 'trace'), 'utf8'));
  const save = own.findIndex(({ line }) => line.includes('.certwright/journal'));
  expect(save).toBeGreaterThan(0);
  // Between every two changes that the save makes, as far as the number allows; the rest spread over the whole run.
  const saving = own.slice(save - 4).filter(isChange);
  const chosen = spread(saving, Math.min(saving.length, Math.ceil(POINTS * 0.6)));
  const points = [...spread(own, POINTS - chosen.length), ...chosen];
  cpSync(config(), pristine, { recursive: true, verbatimSymlinks: true });
  let torn = 0;
  let killed = 0;
  for (const at of points) {
    const point = { ...at, toString: () => `${at.call} ${at.nth}` };
    rmSync(config(), { recursive: true, force: true });
    cpSync(pristine, config(), { recursive: true, verbatimSymlinks: true });
    const old = live();
    const asked = pebble.requests().length;
    const { signal, code } = await strace(killAt(at));
    if (signal === 'SIGKILL' || code === 137) killed += 1;
    const first = pebble.requests().slice(asked);
    const after = live();
    if (!after.matches) torn += 1;
    keysAreSecret(config());
    const resumed = await runProgram(process.execPath, [binary, 'resume', '-n', ...place.directories], { env: env() });
    expect(resumed.code, `point ${point}: ${resumed.stderr}`).toBe(0);
    const second = pebble.requests().slice(asked + first.length);
    const now = live();
    expect(now.matches, `point ${point}`).toBe(true);
    const finalized = first.some((line) => line.includes('/finalize-order'));
    if (finalized) {
      // The CA may have issued: that certificate is in use now, and it was not ordered again.
      expect(now.serial, `point ${point}`).not.toBe(old.serial);
      expect(second.filter((line) => line.includes('/order-plz')), `point ${point}`).toEqual([]);
    }
    expect(existsSync(config('.certwright', 'pending', 'example.com')), `point ${point}`).toBe(false);
    expect(readdirSync(config('live', 'example.com')).filter((name) => name.startsWith('previous_'))).toEqual([]);
    expect(readdirSync(config('live')).sort(), `point ${point}`).toEqual(['README', 'example.com']);
    keysAreSecret(config());
  }
  console.log(`${killed} kills at ${points.length} points (${chosen.length} of ${saving.length} changes of the save): ${torn} times the live pair did not match until the next run`);
  // Which file descriptor is closed when differs a little from run to run: some late points are never reached.
  expect(killed).toBeGreaterThan(points.length * 0.7);
  expect(torn).toBe(0);
});
