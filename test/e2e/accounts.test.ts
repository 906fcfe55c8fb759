import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createAcmeClient } from '../../src/acme/client.js';
import { generatePrivateKey } from '../../src/crypto/keys.js';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import { accountsFolder, listAccounts, readAccount, saveAccount } from '../../src/store/accounts.js';
import { writeKeyChange } from '../../src/store/key-change.js';
import { binary, runProgram } from './certwright.js';
import { freePorts, startPebble } from './pebble.js';
import { fine, httpPort, place, sandbox, sandboxOfEachTest } from './sandbox-of-test.js';

/** How many points of a key change are killed. */
const POINTS = Number(process.env['CERTWRIGHT_KILLS'] ?? 4);

sandboxOfEachTest();

const env = () => ({ HOME: place.folder, REQUESTS_CA_BUNDLE: join(place.folder, 'root.pem') });
const words = (...args: string[]) => [binary, ...args, '--server', sandbox.directoryUrl, '--max-log-backups', '0', ...place.directories];
const run = (...args: string[]) => runProgram(process.execPath, words(...args), { env: env() });
const certbot = (...args: string[]) => place.certbot([...args, '-n', '--server', sandbox.directoryUrl], { env: env() });
const proof = () => ['--standalone', '--http-01-port', String(httpPort)];
const obtain = (name: string, ...more: string[]) => run('certonly', '-n', '--agree-tos', '-m', 'admin@example.com', ...proof(), '-d', name, ...more);
const config = (...path: string[]) => join(place.folder, 'config', ...path);
const dirs = () => ({ config: config(), work: join(place.folder, 'work'), logs: join(place.folder, 'logs') });
const accounts = () => listAccounts(dirs(), sandbox.directoryUrl);
const owner = (name: string) => /^account = (\S+)$/m.exec(readFileSync(config(`renewal/${name}.conf`), 'utf8'))?.[1];

it('update_account --new-key: same account, new id everywhere, and certbot goes on with it', async () => {
  await fine(obtain('one.example.com'));
  await fine(obtain('two.example.com'));
  const [before] = accounts();
  const told = await fine(run('update_account', '-n', '--new-key'));
  const [after, ...others] = accounts();
  expect(others).toEqual([]);
  expect(after).toMatchObject({ uri: before?.uri, created: before?.created });
  expect(after?.id).not.toBe(before?.id);
  expect([owner('one.example.com'), owner('two.example.com')]).toEqual([after?.id, after?.id]);
  expect(told).toContain('one.example.com, two.example.com');
  const old = config('.certwright/replaced-accounts', before?.id ?? '');
  expect(statSync(join(old, 'private_key.json')).mode & 0o777).toBe(0o400);
  expect(readdirSync(config('.certwright/key-change'))).toEqual([]);
  expect(await fine(certbot('show_account'))).toContain(before?.uri ?? '-');
  await fine(certbot('renew', '--force-renewal', '--no-random-sleep-on-renew', '--cert-name', 'two.example.com'));
});

it('a key change whose answer never came: the CA is asked which key counts, also when it is the old one', async () => {
  await fine(obtain('one.example.com'));
  const [account] = accounts();
  const { privateKeyPem, uri, id } = readAccount(dirs(), sandbox.directoryUrl, account?.id ?? '');
  const newKey = await generatePrivateKey({ type: 'rsa', size: 2048 });
  writeKeyChange(dirs(), { server: sandbox.directoryUrl, oldId: id, uri, newKey, accepted: false });
  expect(statSync(config('.certwright/key-change', `${id}.json`)).mode & 0o777).toBe(0o600);
  expect(await fine(run('show_account', '-n'))).toContain(uri);
  expect([accounts().map((each) => each.id), readdirSync(config('.certwright/key-change'))]).toEqual([[id], []]);
  writeKeyChange(dirs(), { server: sandbox.directoryUrl, oldId: id, uri, newKey, accepted: false });
  await createAcmeClient({ directoryUrl: sandbox.directoryUrl, accountKey: privateKeyPem, accountUrl: uri, userAgent: 'test', verifySsl: true, signal: new AbortController().signal, env: env() }).changeKey(newKey);
  await fine(run('renew', '--force-renewal', '--no-random-sleep-on-renew'));
  expect(accounts().map((each) => each.id)).toEqual([owner('one.example.com')]);
  expect(owner('one.example.com')).not.toBe(id);
});

it(`kill -9 at ${POINTS} points of a key change: the next command finishes it, with one key that works`, { timeout: 120_000 + POINTS * 6000 }, async () => {
  await fine(obtain('one.example.com'));
  const trace = join(place.folder, 'trace');
  const CALLS = ['rename', 'unlink', 'mkdir', 'fsync', 'sendto', 'writev', 'write'];
  const strace = (...options: string[]) => runProgram('strace', ['-f', '-qq', '-o', trace, ...options, process.execPath, ...words('update_account', '-n', '--new-key')], { env: env() });
  expect((await strace('-e', `trace=${CALLS.join(',')}`)).code).toBe(0);
  const lines = readFileSync(trace, 'utf8').split('\n');
  const main = lines[0]?.split(' ')[0] ?? '';
  const seen = new Map<string, number>();
  const all = lines.flatMap((line) => {
    const call = new RegExp(`^${main} +([a-z]+)\\(`).exec(line)?.[1];
    if (call === undefined) return [];
    seen.set(call, (seen.get(call) ?? 0) + 1);
    return [{ call, nth: seen.get(call) ?? 0, line }];
  });
  const start = all.findIndex(({ line }) => line.includes('key-change'));
  expect(start).toBeGreaterThan(0);
  const changes = all.slice(start).filter(({ call }) => call !== 'write');
  const points = Array.from({ length: Math.min(POINTS, changes.length) }, (_, index) => changes[Math.floor((index * changes.length) / Math.min(POINTS, changes.length))]);
  let killed = 0;
  for (const point of points) {
    if (!point) continue;
    const [{ uri } = { uri: '' }] = accounts();
    const { code, signal } = await strace('-e', `trace=${CALLS.join(',')}`, '-e', `inject=${point.call}:signal=SIGKILL:when=${point.nth}`);
    if (signal === 'SIGKILL' || code === 137) killed += 1;
    expect(await fine(run('show_account', '-n')), `${point.call} ${point.nth}`).toContain(uri);
    expect(accounts().map(({ id }) => id), `${point.call} ${point.nth}`).toEqual([owner('one.example.com')]);
    expect(readdirSync(config('.certwright/key-change'))).toEqual([]);
  }
  expect(killed).toBeGreaterThan(points.length / 2);
  expect(await fine(certbot('show_account'))).toContain('Account URL');
});

it('F45: several accounts of one CA: asked, with -n an error, --account takes the first digits; other CAs have folders of their own', async () => {
  await fine(run('register', '-n', '--agree-tos', '-m', 'one@example.com'));
  const [first] = accounts();
  const aside = join(place.folder, 'aside');
  cpSync(accountsFolder(dirs(), sandbox.directoryUrl), aside, { recursive: true });
  await fine(run('unregister', '-n'));
  expect(existsSync(config('accounts'))).toBe(false);
  // The second is made while the first is elsewhere; deactivated ones are accounts all the same to those who choose.
  for (const email of ['two@example.com', 'three@example.com']) {
    await fine(run('register', '-n', '--agree-tos', '-m', email));
    cpSync(accountsFolder(dirs(), sandbox.directoryUrl), aside, { recursive: true });
    if (email === 'two@example.com') await runProgram('rm', ['-r', config('accounts')]);
  }
  cpSync(aside, accountsFolder(dirs(), sandbox.directoryUrl), { recursive: true, force: false });
  const ids = accounts().map(({ id }) => id);
  expect(ids).toHaveLength(3);
  const asked = await run('show_account', '-n');
  expect([asked.code, asked.stderr]).toEqual([1, expect.stringMatching(/Please choose an account[^]*--account/)]);
  expect((await obtain('one.example.com')).stderr).toContain('Please choose an account');
  const shown: string[] = [];
  for (const id of ids.filter((each) => each !== first?.id)) shown.push(await fine(run('show_account', '-n', '--account', id.slice(0, 6))));
  expect(shown.map((text) => /contact: (\S+)/.exec(text)?.[1]).sort()).toEqual(['three@example.com', 'two@example.com']);
  expect((await run('show_account', '-n', '--account', 'ffff0000ffff')).stderr).toContain('does not exist');
  const chosen = ids.find((id) => id !== first?.id) ?? '';
  await fine(obtain('one.example.com', '--account', chosen.slice(0, 6)));
  expect(owner('one.example.com')).toBe(chosen);
  await fine(run('renew', '--force-renewal', '--no-random-sleep-on-renew'));
  saveAccount(dirs(), 'https://acme-staging-v02.api.letsencrypt.org/directory', { privateKeyPem: await generatePrivateKey({ type: 'ecdsa', curve: 'secp256r1' }), uri: 'https://acme-staging-v02.api.letsencrypt.org/acme/acct/1', created: new Date(), host: 'x' });
  expect(listAccounts(dirs(), 'https://acme-v02.api.letsencrypt.org/directory')).toEqual([]);
});

it('changed terms: an error that has their address, agreed to by --agree-tos, and only when the CA takes that', async () => {
  await fine(obtain('one.example.com'));
  sandbox.changeTerms();
  const renewal = await run('renew', '--force-renewal', '--no-random-sleep-on-renew');
  expect([renewal.code, renewal.stderr]).toEqual([1, expect.stringMatching(/Failed to renew certificate one\.example\.com[^]*Terms of Service/)]);
  expect(renewal.stderr).toContain(new URL('/terms', sandbox.directoryUrl).href);
  expect((await run('certonly', '-n', ...proof(), '-d', 'two.example.com')).stderr).toMatch(/Terms of Service at \S+\/terms[^]*--agree-tos/);
  await fine(run('renew', '--force-renewal', '--no-random-sleep-on-renew', '--agree-tos'));
  await fine(run('renew', '--force-renewal', '--no-random-sleep-on-renew'));
  const [http = 0, tlsPort = 0] = await freePorts(2);
  const strict = await startSandbox({ httpPort: http, tlsPort, policy: { termsByHand: true } });
  try {
    writeFileSync(join(place.folder, 'root.pem'), strict.rootPem);
    const args = ['certonly', '-n', '--agree-tos', '--standalone', '--http-01-port', String(http), '-d', 'three.example.com', '--server', strict.directoryUrl, ...place.directories];
    await fine(runProgram(process.execPath, [binary, 'register', '-n', '--agree-tos', '--server', strict.directoryUrl, ...place.directories], { env: env() }));
    strict.changeTerms();
    const refused = await runProgram(process.execPath, [binary, ...args], { env: env() });
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/userActionRequired[^]*open https:\S+\/terms in a browser/)]);
  } finally {
    await strict.stop();
  }
});

it('contacts: a person sees what the CA has before it is replaced, and may keep it', async () => {
  await fine(run('register', '-n', '--agree-tos', '-m', 'old@example.com'));
  const change = (typed: string) => runProgram(process.execPath, words('update_account', '-m', 'new@example.com', '--force-interactive'), { env: env(), input: typed });
  const kept = await fine(change('2\n'));
  expect(kept).toMatch(/now: {2}old@example\.com\nthen: new@example\.com/);
  expect(await fine(run('show_account', '-n'))).toContain('old@example.com');
  await fine(change('1\n'));
  expect(await fine(run('show_account', '-n'))).toContain('new@example.com');
});

it('register with an external account binding at pebble, in each algorithm (RFC 8555 section 7.3.4)', async () => {
  const key = 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W';
  const pebble = await startPebble({ config: { externalAccountBindingRequired: true, externalAccountMACKeys: { 'kid-1': key } } });
  try {
    const register = (...more: string[]) =>
      runProgram(process.execPath, [binary, 'register', '-n', '--agree-tos', '--server', pebble.directoryUrl, ...more, ...place.directories], { env: { HOME: place.folder, REQUESTS_CA_BUNDLE: pebble.caPath } });
    expect((await register()).stderr).toContain('--eab-kid');
    for (const alg of ['HS256', 'HS384', 'HS512']) {
      await fine(register('--eab-kid', 'kid-1', '--eab-hmac-key', key, '--eab-hmac-alg', alg));
      expect(listAccounts(dirs(), pebble.directoryUrl)).toHaveLength(1);
      await runProgram('rm', ['-r', config('accounts')]);
    }
  } finally {
    await pebble.stop();
  }
});
