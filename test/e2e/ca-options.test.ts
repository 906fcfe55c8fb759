import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.js';
import { makePlace, type Ended, type Place } from './certwright.js';
import { freePorts } from './pebble.js';

/** What certbot after the guide says to the CA: profiles, time limits, no address, fresh proofs in a dry run. */
let sandbox: Sandbox;
let slow: Sandbox;
let place: Place;
let httpPort: number;
beforeAll(async () => {
  const [http = 0, tlsPort = 0] = await freePorts(2);
  httpPort = http;
  sandbox = await startSandbox({ httpPort, tlsPort, policy: { blockedNames: ['blocked.example.com'] } });
  slow = await startSandbox({ httpPort, tlsPort, policy: { issueDelayMs: 60_000 } });
});
afterAll(async () => {
  await sandbox.stop();
  await slow.stop();
});
beforeEach(() => {
  place = makePlace();
  writeFileSync(join(place.folder, 'roots.pem'), sandbox.rootPem + slow.rootPem);
});
afterEach(() => place.remove());

const run = (args: readonly string[], timeout?: number) => place.certwright(args, { env: { REQUESTS_CA_BUNDLE: join(place.folder, 'roots.pem') }, ...(timeout === undefined ? {} : { timeout }) });
const certonly = (name: string, ...more: string[]) => run(['certonly', '-n', '--agree-tos', '--standalone', '--http-01-port', String(httpPort), '-d', name, ...(more.includes('--server') ? [] : ['--server', sandbox.directoryUrl]), ...more]);
const hours = (name: string): number => {
  const { validFrom, validTo } = new X509Certificate(readFileSync(place.live(name, 'cert.pem')));
  return Math.round((Date.parse(validTo) - Date.parse(validFrom)) / 3_600_000);
};
const renewal = (name: string) => readFileSync(join(place.folder, 'config/renewal', `${name}.conf`), 'utf8');
const fine = async (ended: Promise<Ended>): Promise<string> => {
  const { code, stdout, stderr } = await ended;
  expect(code, stderr).toBe(0);
  return stdout;
};

it('C05, C17: a profile that is preferred or required; no e-mail address is needed', async () => {
  await fine(certonly('short.example.com', '--required-profile', 'shortlived'));
  expect([hours('short.example.com'), renewal('short.example.com').includes('required_profile = shortlived\n')]).toEqual([160, true]);
  expect(await fine(run(['show_account', '-n', '--server', sandbox.directoryUrl]))).toContain('Email contact: none');
  await fine(certonly('any.example.com', '--preferred-profile', 'eternal'));
  expect([hours('any.example.com'), renewal('any.example.com').includes('preferred_profile = eternal\n')]).toEqual([90 * 24, true]);
  const refused = await certonly('none.example.com', '--required-profile', 'eternal');
  expect([refused.code, existsSync(place.live('none.example.com', 'cert.pem'))]).toEqual([1, false]);
  expect(refused.stderr).toContain('It offers classic, tlsserver, shortlived.');
});

it('C11: --issuance-timeout ends the waiting for a CA that does not issue', async () => {
  const begun = Date.now();
  const { code, stderr } = await certonly('late.example.com', '--issuance-timeout', '2', '--server', slow.directoryUrl);
  expect([code, existsSync(place.live('late.example.com', 'cert.pem'))]).toEqual([1, false]);
  expect(stderr).toMatch(/certwright resume|same command again|--issuance-timeout/);
  expect(Date.now() - begun).toBeLessThan(20_000);
});

it('C33: a dry run proves again what was proved before, at the CA that --server names', async () => {
  await fine(certonly('again.example.com'));
  const challenges = () => sandbox.requests.filter(({ method, path }) => method === 'POST' && path.startsWith('/acme/chall/')).length;
  const proved = challenges();
  expect(proved).toBeGreaterThan(0);
  // The CA remembers: the next certificate needs no proof.
  await fine(certonly('again.example.com', '--force-renewal'));
  expect(challenges()).toBe(proved);
  await fine(certonly('again.example.com', '--dry-run'));
  expect(challenges()).toBeGreaterThan(proved);
  expect(readdirSync(join(place.folder, 'config/archive/again.example.com'))).not.toContain('cert3.pem');
});

it('C32: a name that the CA refuses in the order itself is left out when that is wished', async () => {
  const refused = await certonly('good.example.com,blocked.example.com');
  expect([refused.code, refused.stderr.includes('blocked.example.com'), existsSync(place.live('good.example.com', 'cert.pem'))]).toEqual([1, true, false]);
  await fine(certonly('good.example.com,blocked.example.com', '--allow-subset-of-names'));
  expect(new X509Certificate(readFileSync(place.live('good.example.com', 'cert.pem'))).subjectAltName).toBe('DNS:good.example.com');
});

it('C34: renew without a terminal waits for a random time before it begins, and says how long', async () => {
  await fine(certonly('wait.example.com'));
  await run(['renew', '--force-renewal'], 1500);
  const [, seconds] = /"type":"waiting"[^\n]*"seconds":(\d+)/.exec(readFileSync(join(place.folder, 'logs/letsencrypt.log'), 'utf8')) ?? [];
  expect(Number(seconds)).toBeGreaterThanOrEqual(1);
  expect(Number(seconds)).toBeLessThanOrEqual(480);
});
