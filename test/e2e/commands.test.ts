import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, readlinkSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { binary, runProgram } from './certwright.js';
import { fine, httpPort, place, sandbox, sandboxOfEachTest } from './sandbox-of-test.js';

sandboxOfEachTest();

const run = (...args: string[]) => runProgram(process.execPath, [binary, ...args, ...place.directories], { env: { HOME: place.folder, REQUESTS_CA_BUNDLE: join(place.folder, 'root.pem') } });
const certbot = (...args: string[]) => place.certbot(args, { env: { REQUESTS_CA_BUNDLE: join(place.folder, 'root.pem') } });
const server = () => ['--server', sandbox.directoryUrl];
const obtain = (name: string, ...more: string[]) => run('certonly', '-n', '--agree-tos', '-m', 'admin@example.com', ...server(), '--standalone', '--http-01-port', String(httpPort), '-d', name, ...more);
const config = (...path: string[]) => join(place.folder, 'config', ...path);

it('register, show_account, update_account, unregister: one account from its beginning to its end', async () => {
  await fine(run('register', '-n', '--agree-tos', '-m', 'admin@example.com', ...server()));
  expect((await run('register', '-n', '--agree-tos', '-m', 'admin@example.com', ...server())).stderr).toContain('There is an existing account');
  expect(await fine(run('show_account', '-n', ...server()))).toMatch(/Account URL: https:[^]*Account Thumbprint: [\w-]{43}\n {2}Email contact: admin@example\.com/);
  expect(await fine(run('update_account', '-n', '-m', 'other@example.com', ...server()))).toContain('Your e-mail address was updated to other@example.com.');
  expect(await fine(certbot('show_account', '-n', ...server()))).toContain('Email contact: other@example.com');
  expect(await fine(run('update_account', '-n', '--register-unsafely-without-email', ...server()))).toContain('has been removed');
  expect(await fine(run('show_account', '-n', ...server()))).toContain('Email contact: none');
  expect(await fine(run('unregister', '-n', ...server()))).toContain('Account deactivated.');
  expect(existsSync(config('accounts', new URL(sandbox.directoryUrl).host))).toBe(false);
  expect((await run('show_account', '-n', ...server())).stderr).toContain('Could not find an existing account');
});

it('revoke by name, with a reason, deletes the files; by path with the key of the certificate keeps them if asked', async () => {
  await fine(obtain('one.example.com'));
  await fine(obtain('two.example.com'));
  expect(await fine(run('revoke', '-n', '--cert-name', 'one.example.com', '--reason', 'keycompromise'))).toContain('Deleted all files relating to certificate one.example.com.');
  expect(readdirSync(config('live')).sort()).toEqual(['README', 'two.example.com']);
  const path = config('live/two.example.com');
  const otherKey = join(place.folder, 'other.pem');
  writeFileSync(otherKey, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const other = await run('revoke', '-n', ...server(), '--cert-path', join(path, 'cert.pem'), '--key-path', otherKey);
  expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('matches the private key located at')]);
  expect(await fine(run('revoke', '-n', ...server(), '--cert-path', join(path, 'cert.pem'), '--key-path', join(path, 'privkey.pem'), '--no-delete-after-revoke'))).toContain('successfully revoked');
  expect(existsSync(join(path, 'cert.pem'))).toBe(true);
  expect((await run('revoke', '-n')).stderr).toContain('Exactly one of --cert-path or --cert-name');
});

it('delete removes one lineage and nothing else, also with a broken renewal file', async () => {
  await fine(obtain('one.example.com'));
  await fine(obtain('two.example.com'));
  expect(await fine(run('delete', '-n', '--cert-name', 'one.example.com'))).toContain('Deleted all files relating to certificate one.example.com.');
  for (const folder of ['live', 'archive', 'renewal']) expect(readdirSync(config(folder)).join(' ')).not.toContain('one.example.com');
  writeFileSync(config('renewal/two.example.com.conf'), 'nonsense\n');
  await fine(run('delete', '-n', '--cert-name', 'two.example.com'));
  expect(readdirSync(config('archive'))).toEqual([]);
  expect((await run('delete', '-n', '--cert-name', 'two.example.com')).code).toBe(1);
  expect(await fine(certbot('certificates'))).toContain('No certificates found.');
});

it('update_symlinks follows an archive that was moved (S11, F33)', async () => {
  await fine(obtain('one.example.com'));
  renameSync(config('archive/one.example.com'), config('archive/moved'));
  const renewal = config('renewal/one.example.com.conf');
  writeFileSync(renewal, readFileSync(renewal, 'utf8').replace('archive_dir = ' + config('archive/one.example.com'), 'archive_dir = ' + config('archive/moved')));
  await fine(run('update_symlinks'));
  expect(readlinkSync(config('live/one.example.com/cert.pem'))).toBe('../../archive/moved/cert1.pem');
  expect(await fine(certbot('certificates'))).toContain('VALID');
});

it('plugins lists what is built in', async () => {
  expect(await fine(run('plugins', '--authenticators'))).toMatch(/\* standalone[^]*\* webroot[^]*\* manual[^]*\* varnish[^]*\* haproxy-authenticator/);
});

it('renew by what the CA advises; its Retry-After is remembered in the renewal file, which certbot reads (C04, F30)', async () => {
  await fine(obtain('one.example.com'));
  const renewal = () => readFileSync(config('renewal/one.example.com.conf'), 'utf8');
  expect(await fine(run('renew', '-n', '--no-random-sleep-on-renew'))).toContain('not due for renewal yet');
  expect(renewal()).toMatch(/\[acme_renewal_info\]\nari_retry_after = \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\n/);
  const asked = sandbox.requests.filter(({ path }) => path.includes('renewal-info')).length;
  expect(asked).toBe(1);
  sandbox.setRenewalWindow({ start: Date.now() - 7_200_000, end: Date.now() - 3_600_000 });
  await fine(run('renew', '-n', '--no-random-sleep-on-renew'));
  expect(sandbox.requests.filter(({ path }) => path.includes('renewal-info')).length).toBe(asked);
  writeFileSync(config('renewal/one.example.com.conf'), renewal().replace(/ari_retry_after = .*/, 'ari_retry_after = 2020-01-01T00:00:00'));
  expect(await fine(run('renew', '-n', '--no-random-sleep-on-renew'))).toContain('all renewals succeeded');
  expect(readdirSync(config('archive/one.example.com'))).toContain('cert2.pem');
  expect(await fine(certbot('certificates'))).toContain('VALID');
});

it('the moment is drawn once for a window and kept, though the CA is asked again (T12)', async () => {
  await fine(obtain('one.example.com'));
  const moment = () => (JSON.parse(readFileSync(config('.certwright/renewal-advice/table.json'), 'utf8')) as Record<string, { moment: number }>)['one.example.com']?.moment ?? 0;
  const renewal = config('renewal/one.example.com.conf');
  const askAgain = async (): Promise<number> => {
    writeFileSync(renewal, readFileSync(renewal, 'utf8').replace(/ari_retry_after = .*/, 'ari_retry_after = 2020-01-01T00:00:00'));
    expect(await fine(run('renew', '-n', '--no-random-sleep-on-renew'))).toContain('not due for renewal yet');
    return moment();
  };
  const window = { start: Date.now() + 86_400_000, end: Date.now() + 10 * 86_400_000 };
  sandbox.setRenewalWindow(window);
  const first = await askAgain();
  expect(first).toBeGreaterThanOrEqual(Math.floor(window.start / 1000) * 1000);
  expect(await askAgain()).toBe(first);
  expect(await askAgain()).toBe(first);
  sandbox.setRenewalWindow({ start: window.start + 20 * 86_400_000, end: window.end + 20 * 86_400_000 });
  expect(await askAgain()).toBeGreaterThan(first + 86_400_000);
  // A moment that has come counts, also when it is not yet time to ask again.
  const table = config('.certwright/renewal-advice/table.json');
  writeFileSync(table, readFileSync(table, 'utf8').replace(/"moment":[\d.]+/, `"moment":${Date.now() - 1000}`));
  const before = sandbox.requests.filter(({ path }) => path.includes('renewal-info')).length;
  const renewed = await run('renew', '-n', '--no-random-sleep-on-renew');
  expect(renewed.stdout).toContain('all renewals succeeded');
  expect(renewed.stderr).toContain('one.example.com is renewed now: its certificate authority asks for it.');
  expect(sandbox.requests.filter(({ path }) => path.includes('renewal-info')).length).toBe(before);
});

it('reconfigure tries other options in a dry run, and saves them when that worked (C01)', async () => {
  await fine(obtain('one.example.com'));
  const renewal = () => readFileSync(config('renewal/one.example.com.conf'), 'utf8');
  const before = renewal();
  expect(await fine(run('reconfigure', '-n', '--cert-name', 'one.example.com'))).toContain('No changes were made');
  expect(renewal()).toBe(before);
  expect(await fine(run('reconfigure', '-n', '--cert-name', 'one.example.com', '--deploy-hook', 'true', '--key-type', 'rsa'))).toContain('Successfully updated configuration.');
  expect(renewal()).toContain('renew_hook = true\n');
  expect(renewal()).toContain('key_type = rsa\n');
  expect(readdirSync(config('archive/one.example.com'))).not.toContain('cert2.pem');
  const after = renewal();
  const failed = await run('reconfigure', '-n', '--cert-name', 'one.example.com', '--http-01-port', '9');
  expect(failed.code).toBe(1);
  expect(renewal()).toBe(after);
  expect((await run('reconfigure', '-n', '--cert-name', 'one.example.com', '-d', 'two.example.com')).stderr).toContain('cannot be used to modify the domains');
  await fine(certbot('renew', '--force-renewal', '--no-random-sleep-on-renew', '-n'));
});
