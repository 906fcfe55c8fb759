import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fakeCertificate, startFake, type Fake } from '../plugins/dns/fakes/fake.js';
import { ispconfigFake } from '../plugins/dns/fakes/ispconfig.js';
import { binary, makePlace, unattended, type Place } from './certwright.js';
import { startPebble, type Pebble } from './pebble.js';

/** The one provider whose server is the user's own, so that the program finds the stand-in by its credentials file. */
const PASSWORD = 'ispconfig-password-0123';
let fake: Fake;
let pebble: Pebble;
let place: Place;
let roots: string;
let credentials: string;

beforeAll(async () => {
  [fake, pebble] = await Promise.all([startFake(ispconfigFake, ['example.test']), startPebble({ env: { PEBBLE_VA_ALWAYS_VALID: '1', PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0' } })]);
  place = makePlace();
  roots = join(place.folder, 'roots.pem');
  writeFileSync(roots, readFileSync(pebble.caPath, 'utf8') + fakeCertificate().cert);
  credentials = join(place.folder, 'ispconfig.ini');
  writeFileSync(credentials, `dns_ispconfig_endpoint = ${fake.origin}/remote/json.php\ndns_ispconfig_username = remote\ndns_ispconfig_password = ${PASSWORD}\n`, { mode: 0o600 });
});
afterAll(async () => {
  await Promise.all([fake.stop(), pebble.stop()]);
  place.remove();
});

const words = (name: string, seconds: number): readonly string[] => ['certonly', ...unattended(pebble.directoryUrl), '--dns-ispconfig', '--dns-ispconfig-credentials', credentials, '--dns-ispconfig-propagation-seconds', String(seconds), '-d', name];
const changed = ({ target }: { target: string }): boolean => /dns_txt_(?:add|delete)/.test(target);

test('S188 S33: apex and wildcard by an API; the records are gone afterwards, and no secret is in the log', async () => {
  const { code, stderr } = await place.certwright(words('example.test,*.example.test', 0), { env: { REQUESTS_CA_BUNDLE: roots } });
  expect(code, stderr).toBe(0);
  expect(fake.count(changed)).toBe(4);
  expect(fake.txt('_acme-challenge.example.test')).toEqual([]);
  expect(fake.faults).toEqual([]);
  const log = readFileSync(join(place.folder, 'logs', 'letsencrypt.log'), 'utf8');
  for (const secret of [PASSWORD, 'session-0123456789abcdef']) expect(log).not.toContain(secret);
});

test('S33: what a run left that was killed is removed by the next one, also when the provider did not answer the first time', async () => {
  const journal = join(place.folder, 'config', '.certwright', 'dns-records', 'dns-ispconfig');
  const child = spawn(process.execPath, [binary, ...words('killed.example.test', 60), ...place.directories], { env: { ...process.env, HOME: place.folder, REQUESTS_CA_BUNDLE: roots }, stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('close', resolve));
  await expect.poll(() => fake.txt('_acme-challenge.killed.example.test').length).toBe(1);
  child.kill('SIGKILL');
  await ended;
  expect(readdirSync(journal)).toHaveLength(1);
  expect(readFileSync(join(journal, readdirSync(journal)[0] ?? ''), 'utf8')).not.toContain(PASSWORD);
  const renew = ['renew', '--no-random-sleep-on-renew'];
  fake.instead(changed, 403);
  const refused = await place.certwright(renew, { env: { REQUESTS_CA_BUNDLE: roots } });
  expect(refused.stderr).toContain('The next run tries again.');
  expect(fake.txt('_acme-challenge.killed.example.test')).toHaveLength(1);
  const next = await place.certwright(renew, { env: { REQUESTS_CA_BUNDLE: roots } });
  expect(next.stderr).toContain('an earlier run was stopped while this DNS record stood; it was removed');
  expect(fake.txt('_acme-challenge.killed.example.test')).toEqual([]);
  expect(readdirSync(journal)).toEqual([]);
  expect(fake.faults).toEqual([]);
});
