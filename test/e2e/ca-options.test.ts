import { X509Certificate } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import { fine, httpPort, place, sandbox, sandboxOfEachTest } from './sandbox-of-test.js';

/** What certbot after the guide says to the CA: profiles, time limits, no address, fresh proofs in a dry run. */
sandboxOfEachTest({ blockedNames: ['blocked.example.com'] });

const run = (args: readonly string[]) => place.certwright(args, { env: { REQUESTS_CA_BUNDLE: join(place.folder, 'root.pem') } });
const certonly = (name: string, ...more: string[]) => run(['certonly', '-n', '--agree-tos', '--standalone', '--http-01-port', String(httpPort), '-d', name, ...(more.includes('--server') ? [] : ['--server', sandbox.directoryUrl]), ...more]);
const hours = (name: string): number => {
  const { validFrom, validTo } = new X509Certificate(readFileSync(place.live(name, 'cert.pem')));
  return Math.round((Date.parse(validTo) - Date.parse(validFrom)) / 3_600_000);
};
const renewal = (name: string) => readFileSync(join(place.folder, 'config/renewal', `${name}.conf`), 'utf8');

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
  const slow = await startSandbox({ httpPort, tlsPort: 1, policy: { issueDelayMs: 300_000 } });
  try {
    appendFileSync(join(place.folder, 'root.pem'), slow.rootPem);
    const { code, stderr } = await certonly('late.example.com', '--issuance-timeout', '2', '--server', slow.directoryUrl);
    expect([code, existsSync(place.live('late.example.com', 'cert.pem'))]).toEqual([1, false]);
    expect(stderr).toMatch(/certwright resume|same command again|--issuance-timeout/);
  } finally {
    await slow.stop();
  }
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
