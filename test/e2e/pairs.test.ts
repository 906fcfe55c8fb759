import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fine, httpPort, place, sandbox, sandboxOfEachTest } from './sandbox-of-test.js';

sandboxOfEachTest({});

const trust = () => ({ env: { REQUESTS_CA_BUNDLE: join(place.folder, 'root.pem') } });
const run = (...args: string[]) => place.certwright(args, trust());
const certbot = (...args: string[]) => place.certbot(args, trust());
const obtain = (...more: string[]) => run('certonly', '-n', '--agree-tos', '-m', 'admin@example.com', '--server', sandbox.directoryUrl, '--standalone', '--http-01-port', String(httpPort), ...more);
const certificate = (name: string) => new X509Certificate(readFileSync(place.live(name, 'cert.pem')));
const kind = (name: string) => certificate(name).publicKey.asymmetricKeyType;
const sans = (name: string) => (certificate(name).subjectAltName ?? '').split(', ').map((entry) => entry.replace(/^.*:/, '')).sort();
const renewal = (name: string) => join(place.folder, 'config/renewal', `${name}.conf`);
const versions = (name: string) => readdirSync(join(place.folder, 'config/archive', name)).filter((file) => file.startsWith('cert')).length;
const requests = (path: RegExp) => sandbox.requests.filter(({ method, path: asked }) => method === 'POST' && path.test(asked)).length;
const renew = (...more: string[]) => run('renew', '-n', '--no-random-sleep-on-renew', ...more);

it('U23: --dual obtains both by one command; one account, names proved once, hooks once; certbot lists and renews both, and the pair stays one', async () => {
  const log = join(place.folder, 'hooks');
  const before = { accounts: requests(/new-?acc/i), challenges: requests(/chall/i) };
  const planned = await fine(obtain('--dual', '-d', 'example.com,www.example.com', '--plan'));
  expect(planned).toMatch(/ECDSA P-256[^]*RSA 2048[^]*example\.com, new[^]*example\.com-rsa, new/);
  await fine(obtain('--dual', '-d', 'example.com,www.example.com', '--pre-hook', `echo pre >> ${log}`, '--post-hook', `echo post >> ${log}`));
  expect([kind('example.com'), kind('example.com-rsa')]).toEqual(['ec', 'rsa']);
  expect(sans('example.com-rsa')).toEqual(['example.com', 'www.example.com']);
  expect(requests(/new-?acc/i) - before.accounts).toBe(1);
  expect(requests(/chall/i) - before.challenges).toBe(2);
  expect(readFileSync(log, 'utf8')).toBe('pre\npost\n');
  expect(readFileSync(renewal('example.com'), 'utf8')).toContain('[certwright]\npartner = example.com-rsa\n');

  expect(await fine(certbot('certificates'))).toMatch(/: example\.com-rsa\n[^]*: example\.com\n/);
  await fine(certbot('renew', '--force-renewal', '-n', '--no-random-sleep-on-renew'));
  expect([versions('example.com'), versions('example.com-rsa')]).toEqual([2, 2]);
  expect(readFileSync(renewal('example.com-rsa'), 'utf8')).toContain('partner = example.com\n');
  expect((await fine(run('certificates'))).trim()).toBe((await fine(certbot('certificates'))).trim());
  const report = (await fine(run('certificates', '--json'))).trim().split('\n').map((line) => JSON.parse(line) as { type: string; certificates: { name: string; partner?: string }[] }).find(({ type }) => type === 'certificates');
  expect(report?.certificates.map(({ name, partner }) => [name, partner])).toEqual([['example.com-rsa', 'example.com'], ['example.com', 'example.com-rsa']]);
});

it('renew takes the partner along when one is due; names change in both', async () => {
  await fine(obtain('--dual', '-d', 'example.com'));
  expect(await fine(renew())).toContain('No renewals were attempted');
  writeFileSync(renewal('example.com-rsa'), readFileSync(renewal('example.com-rsa'), 'utf8').replace(/.*renew_before_expiry.*/, 'renew_before_expiry = 10 years'));
  const ended = await renew('--cert-name', 'example.com-rsa');
  expect(ended.code, ended.stderr).toBe(0);
  expect(ended.stderr).toContain('example.com is renewed now: along with its partner example.com-rsa.');
  expect([versions('example.com'), versions('example.com-rsa')]).toEqual([2, 2]);
  await fine(renew('--no-dual'));
  expect([versions('example.com'), versions('example.com-rsa')]).toEqual([2, 3]);
  await fine(run('certonly', '-n', '--cert-name', 'example.com', '--add-domain', 'new.example.com'));
  expect([sans('example.com'), sans('example.com-rsa')]).toEqual([['example.com', 'new.example.com'], ['example.com', 'new.example.com']]);
  expect([kind('example.com'), kind('example.com-rsa')]).toEqual(['ec', 'rsa']);
});

it('one half fails: the other is kept, it is said which, and the same command obtains what is missing', async () => {
  const broken = await obtain('--dual', '-d', 'example.com', '--deploy-hook', `mkdir -p ${place.folder}/config/archive/example.com-rsa/x`);
  expect(broken.code).toBe(1);
  expect(broken.stderr).toContain('The certificate example.com was obtained and is kept; its partner example.com-rsa was not.');
  expect(existsSync(renewal('example.com-rsa'))).toBe(false);
  rmSync(join(place.folder, 'config/archive/example.com-rsa'), { recursive: true });
  await fine(obtain('--dual', '-d', 'example.com'));
  expect([versions('example.com'), versions('example.com-rsa')]).toEqual([1, 1]);
  expect([kind('example.com'), kind('example.com-rsa')]).toEqual(['ec', 'rsa']);
});

it('an ECDSA certificate becomes half of a pair; delete and revoke name the partner, and take it too with --dual', async () => {
  await fine(obtain('-d', 'example.com'));
  await fine(obtain('--dual', '-d', 'example.com'));
  expect([versions('example.com'), versions('example.com-rsa')]).toEqual([1, 1]);
  expect(readFileSync(renewal('example.com'), 'utf8')).toContain('partner = example.com-rsa');
  expect(await fine(run('delete', '-n', '--cert-name', 'example.com-rsa'))).toContain('Its partner example.com,');
  expect(readFileSync(renewal('example.com'), 'utf8')).not.toContain('partner');
  await fine(obtain('--dual', '-d', 'example.com'));
  const revoked = await fine(run('revoke', '-n', '--cert-name', 'example.com', '--dual'));
  expect(revoked.match(/successfully revoked/g)).toHaveLength(2);
  expect(readdirSync(join(place.folder, 'config/renewal'))).toEqual([]);
  for (const [flags, words] of [[['--key-type', 'rsa'], '--dual cannot be used with --key-type'], [['--csr', 'x'], '--dual cannot be used with --csr']] as const) {
    expect((await obtain('--dual', '-d', 'example.com', ...flags)).stderr).toContain(words);
  }
});
