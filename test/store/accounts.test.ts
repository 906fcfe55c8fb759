import { spawnSync } from 'node:child_process';
import { createHash, createPublicKey } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { generatePrivateKey } from '../../src/crypto/keys.js';
import { accountsFolder, listAccounts, readAccount, removeAccount, saveAccount } from '../../src/store/accounts.js';
import type { Directories } from '../../src/store/paths.js';
import { makeTree } from './tree.js';

const SERVER = 'https://localhost:14000/dir';
let root: string;
let dirs: Directories;
beforeEach(() => {
  ({ root, dirs } = makeTree());
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const save = (privateKeyPem: string) => saveAccount(dirs, SERVER, { privateKeyPem, uri: 'https://localhost:14000/acct/1', created: new Date('2026-11-23T12:00:00.500Z'), host: 'here' });

it.each([['rsa', { type: 'rsa', size: 2048 }], ['ec', { type: 'ecdsa', curve: 'secp384r1' }]] as const)('an %s account is written as certbot does, and read back (F02, F40–F43)', async (_kind, wish) => {
  const key = await generatePrivateKey(wish);
  const { id } = save(key);
  const spki = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
  expect(id).toBe(createHash('md5').update(spki).digest('hex'));
  const folder = join(dirs.config, 'accounts', 'localhost:14000', 'dir', id);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(join(dirs.config, 'accounts')).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, 'private_key.json')).mode & 0o777).toBe(0o400);
  expect(JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8'))).toEqual({ creation_dt: '2026-11-23T12:00:00Z', creation_host: 'here' });
  expect(JSON.parse(readFileSync(join(folder, 'regr.json'), 'utf8'))).toEqual({ body: {}, uri: 'https://localhost:14000/acct/1' });
  expect(listAccounts(dirs, SERVER)).toMatchObject([{ id, uri: 'https://localhost:14000/acct/1', host: 'here' }]);
  expect(createPublicKey(readAccount(dirs, SERVER, id).privateKeyPem).export({ type: 'spki', format: 'pem' })).toBe(spki);
  // certbot's own library takes the key.
  const loaded = spawnSync('/usr/bin/python3', ['-c', 'import sys, josepy; print(type(josepy.JWK.json_loads(open(sys.argv[1]).read())).__name__)', join(folder, 'private_key.json')], { encoding: 'utf8', timeout: 20_000 });
  expect(loaded.stdout.trim(), loaded.stderr).toMatch(/^JWK(RSA|EC)$/);
});

it('old registrations are read; damaged ones are left out and never show their key', async () => {
  const { id } = save(await generatePrivateKey({ type: 'ecdsa', curve: 'secp256r1' }));
  const folder = join(accountsFolder(dirs, SERVER), id);
  writeFileSync(join(folder, 'regr.json'), JSON.stringify({ body: { contact: ['mailto:a@example.com'], agreement: null }, uri: 'https://localhost:14000/acct/9', new_authzr_uri: 'x', terms_of_service: null }));
  expect(listAccounts(dirs, SERVER)).toMatchObject([{ uri: 'https://localhost:14000/acct/9' }]);
  rmSync(join(folder, 'private_key.json'));
  writeFileSync(join(folder, 'private_key.json'), '{"kty":"RSA","d":"SECRET"');
  let message = '';
  try {
    readAccount(dirs, SERVER, id);
  } catch (error) {
    message = `${(error as Error).message} ${String((error as Error).cause)} ${(error as Error).stack}`;
  }
  expect(message).toContain('private_key.json');
  expect(message).not.toContain('SECRET');
  writeFileSync(join(folder, 'regr.json'), 'x');
  expect(listAccounts(dirs, SERVER)).toEqual([]);
});

it('what a stopped run left half made is no account, and goes with the next; removing one removes empty folders (F46)', async () => {
  const parent = accountsFolder(dirs, SERVER);
  mkdirSync(join(parent, '.0123456789ab.certwright-tmp'), { recursive: true });
  expect(listAccounts(dirs, SERVER)).toEqual([]);
  const { id } = save(await generatePrivateKey({ type: 'ecdsa', curve: 'secp256r1' }));
  expect(readdirSync(parent)).toEqual([id]);
  removeAccount(dirs, SERVER, id);
  expect(existsSync(join(dirs.config, 'accounts'))).toBe(false);
});

it('a server address leads nowhere else', () => {
  expect(accountsFolder(dirs, 'https://ca.example/a/../../../etc')).toBe(join(dirs.config, 'accounts', 'ca.example', 'etc'));
  expect(() => accountsFolder(dirs, 'nonsense')).toThrow('nonsense');
});

it.each([['acme-v02', 'acme-v01'], ['acme-staging-v02', 'acme-staging']])('F44: accounts of Let’s Encrypt’s first protocol count where %s has none', async (now, earlier) => {
  const [server, before] = [now, earlier].map((host) => `https://${host}.api.letsencrypt.org/directory`) as [string, string];
  const key = { privateKeyPem: await generatePrivateKey({ type: 'rsa', size: 2048 }), uri: 'https://ca.example/acct/1', created: new Date(), host: 'here' };
  const { id } = saveAccount(dirs, before, key);
  expect(listAccounts(dirs, server)).toMatchObject([{ id, server }]);
  expect(readAccount(dirs, server, id).privateKeyPem).toContain('PRIVATE KEY');
  const own = saveAccount(dirs, server, { ...key, privateKeyPem: await generatePrivateKey({ type: 'ecdsa', curve: 'secp256r1' }) });
  expect(listAccounts(dirs, server).map((account) => account.id)).toEqual([own.id]);
});

it.each<[string, (own: string, earlier: string, id: string) => void]>([
  ['without a link', () => undefined],
  ['by certbot’s link of the folder', (own, earlier) => {
    mkdirSync(dirname(own), { recursive: true });
    symlinkSync(earlier, own);
  }],
  ['by certbot’s link of the account', (own, earlier, id) => {
    mkdirSync(own, { recursive: true });
    symlinkSync(join(earlier, id), join(own, id));
  }],
])('F44, F46: an account of Let’s Encrypt’s first protocol that is reached %s goes with all that led to it', async (_, link) => {
  const [server, before] = ['https://acme-v02.api.letsencrypt.org/directory', 'https://acme-v01.api.letsencrypt.org/directory'] as const;
  const { id } = saveAccount(dirs, before, { privateKeyPem: await generatePrivateKey({ type: 'ecdsa', curve: 'secp256r1' }), uri: 'https://ca.example/acct/1', created: new Date(), host: 'here' });
  link(accountsFolder(dirs, server), accountsFolder(dirs, before), id);
  expect(listAccounts(dirs, server).map((account) => account.id)).toEqual([id]);
  removeAccount(dirs, server, id);
  expect(listAccounts(dirs, server)).toEqual([]);
  expect(existsSync(join(dirs.config, 'accounts'))).toBe(false);
});
