import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { hookUntil, makePlace, runProgram, unattended, type Ended, type Place } from './certwright.js';
import { oldLayout } from './old-layouts.js';
import { startPebble, type Pebble } from './pebble.js';

let pebble: Pebble;
let place: Place;

beforeAll(async () => {
  pebble = await startPebble({ env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0', PEBBLE_AUTHZREUSE: '0' } });
});
afterAll(() => pebble.stop());
beforeEach(() => {
  place = makePlace({ REQUESTS_CA_BUNDLE: pebble.caPath });
});
afterEach(() => place.remove());

const certonly = () => ['certonly', ...unattended(pebble.directoryUrl), '--standalone', '--http-01-port', String(pebble.httpPort)];
const names = ['-d', 'example.com,www.example.com'];

function fine({ code, stdout, stderr }: Ended): void {
  expect(`${stdout}${stderr}`).not.toMatch(/Traceback|unexpected/i);
  expect(code, stderr).toBe(0);
}

/** Both programs list the same certificates with the same words. */
async function agree(version: number): Promise<void> {
  const [theirs, ours] = [await place.certbot(['certificates']), await place.certwright(['certificates'])];
  fine(theirs);
  fine(ours);
  expect(ours.stdout.trim()).toBe(theirs.stdout.trim());
  expect(ours.stdout).toContain('Certificate Name: example.com');
  expect(ours.stdout).toContain('(VALID: ');
  expect(readdirSync(join(place.folder, 'config/archive/example.com')).filter((file) => file.endsWith(`${version}.pem`))).toHaveLength(4);
}

const accounts = () => readdirSync(join(place.folder, 'config/accounts', new URL(pebble.directoryUrl).host, 'dir'));
const registrations = () => pebble.requests().filter((line) => line.includes('/sign-me-up')).length;

it('certbot obtains; then two handovers each way, one account throughout (N04)', async () => {
  const before = registrations();
  fine(await place.certbot([...certonly(), ...names]));
  await agree(1);
  for (const version of [2, 4]) {
    fine(await place.certwright([...certonly(), ...names, '--force-renewal']));
    await agree(version);
    fine(await place.certbot(['renew', '--force-renewal', '--no-random-sleep-on-renew', '-n', '--cert-name', 'example.com']));
    await agree(version + 1);
  }
  expect(accounts()).toHaveLength(1);
  expect(registrations() - before).toBe(1);
});

it('certwright obtains; certbot lists, renews by its renewal file, and hands it back', async () => {
  const before = registrations();
  fine(await place.certwright([...certonly(), ...names]));
  await agree(1);
  fine(await place.certbot(['renew', '--force-renewal', '--no-random-sleep-on-renew', '-n']));
  await agree(2);
  fine(await place.certwright([...certonly(), '--cert-name', 'example.com', '--force-renewal']));
  await agree(3);
  expect(accounts()).toHaveLength(1);
  expect(registrations() - before).toBe(1);
});

it.each(['0.10', '1.10'] as const)('a directory laid out by certbot %s is read, renewed, and left readable for certbot', async (version) => {
  fine(await place.certbot([...certonly(), ...names, '--key-type', 'rsa']));
  oldLayout(version, join(place.folder, 'config'), 'example.com');
  await agree(1);
  fine(await place.certwright([...certonly(), ...names, '--force-renewal', '--key-type', 'rsa']));
  await agree(2);
  fine(await place.certbot(['renew', '--force-renewal', '--no-random-sleep-on-renew', '-n']));
  await agree(3);
});

it('a running certbot excludes certwright and the other way round (F50)', async () => {
  const enough = join(place.folder, 'enough');
  const slow = ['--manual', '--manual-auth-hook', hookUntil(enough), '--preferred-challenges', 'http', '-d', 'slow.example.com'];
  const flags = ['certonly', ...unattended(pebble.directoryUrl), ...slow];
  for (const [first, second] of [[place.certbot, place.certwright], [place.certwright, place.certbot]] as const) {
    const running = first(flags);
    await locked();
    const other = await second(['certificates']);
    expect(other.code).toBe(1);
    expect(other.stderr).toContain('Another instance of Certbot is already running.');
    writeFileSync(enough, '');
    await running;
    rmSync(enough);
    fine(await second(['certificates']));
  }
});

async function locked(): Promise<void> {
  const path = join(place.folder, 'config/.certbot.lock');
  const script = `import fcntl,sys\ntry:\n f=open(sys.argv[1],'r+')\n fcntl.lockf(f,fcntl.LOCK_EX|fcntl.LOCK_NB)\nexcept OSError:\n sys.exit(3 if 'f' in globals() else 4)\n`;
  for (let tries = 0; tries < 100; tries += 1) {
    if ((await runProgram('python3', ['-c', script, path])).code === 3) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('nobody took the lock');
}
