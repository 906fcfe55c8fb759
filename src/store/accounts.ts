import { createHash, createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StoreError } from '../core/errors.js';
import { codeOf, fsyncFolder, permitted, writeNewFile } from '../system/atomic-file.js';
import type { Directories } from './paths.js';

/** An account on disk, without its key. */
export interface StoredAccount {
  /** 32 hexadecimal digits (F40). */
  id: string;
  server: string;
  uri: string;
  created?: string;
  host?: string;
}

/**
 * Let's Encrypt's first protocol version, whose accounts count for the second one (F44). certbot makes a link there when it looks; we
 * only follow it, for looking changes nothing, and certbot makes it the next time it looks itself.
 */
const EARLIER: Readonly<Record<string, string>> = {
  'https://acme-v02.api.letsencrypt.org/directory': 'https://acme-v01.api.letsencrypt.org/directory',
  'https://acme-staging-v02.api.letsencrypt.org/directory': 'https://acme-staging.api.letsencrypt.org/directory',
};
const ID = /^[0-9a-f]{32}$/;
const HALF_MADE = /^\.[0-9a-f]{12}\.certwright-tmp$/;

/** F02: host, port and path of the directory URL become folders. Throws StoreError for a URL that is none. */
export function accountsFolder(dirs: Directories, server: string): string {
  if (!URL.canParse(server)) throw new StoreError(`${server} is not the address of a certificate authority.`, { hint: 'Give --server the URL of its ACME directory.' });
  const { host, pathname } = new URL(server);
  const parts = pathname.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
  return join(dirs.config, 'accounts', host, ...parts);
}

/** Accounts for this CA that can be used; what is damaged is left out. Of Let's Encrypt's earlier protocol only when there are none. */
export function listAccounts(dirs: Directories, server: string): StoredAccount[] {
  const own = read(accountsFolder(dirs, server), server);
  const earlier = EARLIER[server];
  return own.length === 0 && earlier !== undefined ? read(accountsFolder(dirs, earlier), server) : own;
}

function read(folder: string, server: string): StoredAccount[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .filter((name) => ID.test(name))
    .sort()
    .flatMap((id) => {
      try {
        return [describe(join(folder, id), id, server)];
      } catch {
        return [];
      }
    });
}

function describe(folder: string, id: string, server: string): StoredAccount {
  const registration = json(join(folder, 'regr.json'));
  const { uri } = registration;
  if (typeof uri !== 'string' || !URL.canParse(uri)) throw new StoreError(`${join(folder, 'regr.json')} has no account URL.`);
  const meta = existsSync(join(folder, 'meta.json')) ? json(join(folder, 'meta.json')) : {};
  const [created, host] = [meta['creation_dt'], meta['creation_host']];
  return { id, server, uri, ...(typeof created === 'string' ? { created } : {}), ...(typeof host === 'string' ? { host } : {}) };
}

function json(path: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    // The text of a key file must not travel in an error.
    throw new StoreError(`${path} cannot be read${codeOf(cause) === '' ? ': it is not JSON' : ` (${codeOf(cause)})`}.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new StoreError(`${path} does not hold what it should.`);
  return value as Record<string, unknown>;
}

/** Where an account of this CA is, also below its earlier protocol's name (F44); null when there is none. */
export function accountFolder(dirs: Directories, server: string, id: string): string | null {
  const earlier = EARLIER[server];
  const folders = [accountsFolder(dirs, server), ...(earlier === undefined ? [] : [accountsFolder(dirs, earlier)])];
  return ID.test(id) ? (folders.map((path) => join(path, id)).find((path) => existsSync(path)) ?? null) : null;
}

/** One account with its key (PEM, PKCS#8). Throws StoreError; nothing of the key is ever in the message. */
export function readAccount(dirs: Directories, server: string, id: string): StoredAccount & { privateKeyPem: string } {
  const folder = accountFolder(dirs, server, id);
  if (folder === null) throw new StoreError(`Account at ${accountsFolder(dirs, server)}/${id} does not exist`);
  const path = join(folder, 'private_key.json');
  const jwk = json(path);
  try {
    const privateKeyPem = createPrivateKey({ key: jwk, format: 'jwk' }).export({ type: 'pkcs8', format: 'pem' }).toString();
    return { ...describe(folder, id, server), privateKeyPem };
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError(`The key of the account in ${path} cannot be used.`, { hint: 'Restore it from a backup, or register a new account.' });
  }
}

/** Removes an account, the links of certbot that lead to it (F44), and what becomes empty above either (F46). */
export function removeAccount(dirs: Directories, server: string, id: string): void {
  const folder = accountFolder(dirs, server, id);
  if (folder === null) return;
  const target = realpathSync(folder);
  rmSync(folder, { recursive: true, force: true });
  rmSync(target, { recursive: true, force: true });
  const top = join(realpathSync(dirs.config), 'accounts');
  for (const parent of [accountsFolder(dirs, server), dirname(target)]) {
    for (let path = parent; path.startsWith(join(dirs.config, 'accounts')) || path.startsWith(top); path = dirname(path)) {
      if (!existsSync(path)) continue;
      if (readdirSync(path).length > 0) break;
      rmSync(path, { recursive: true });
    }
  }
}

/** F40: MD5 of the public key in PEM form, with its final line feed. */
export function accountId(privateKeyPem: string): string {
  const pem = createPublicKey(privateKeyPem).export({ type: 'spki', format: 'pem' }).toString();
  return createHash('md5').update(pem).digest('hex');
}

/**
 * Writes an account as certbot does (F41–F43). The folder appears whole, by one rename; leftovers of a run that was cut off
 * are removed. Throws PermissionMissing, StoreError.
 */
export function saveAccount(dirs: Directories, server: string, { privateKeyPem, uri, created, host }: { privateKeyPem: string; uri: string; created: Date; host: string }): StoredAccount {
  const parent = accountsFolder(dirs, server);
  const id = accountId(privateKeyPem);
  const folder = join(parent, id);
  makePrivate(parent, dirs.config);
  for (const name of readdirSync(parent)) if (HALF_MADE.test(name)) rmSync(join(parent, name), { recursive: true, force: true });
  const temporary = join(parent, `.${randomBytes(6).toString('hex')}.certwright-tmp`);
  permitted(folder, 'create', () => mkdirSync(temporary, { mode: 0o700 }));
  const stamp = `${created.toISOString().slice(0, 19)}Z`;
  writeNewFile(join(temporary, 'private_key.json'), JSON.stringify(jwkOf(privateKeyPem)), { mode: 0o400 }, folder);
  writeNewFile(join(temporary, 'meta.json'), JSON.stringify({ creation_dt: stamp, creation_host: host }), { mode: 0o644 }, folder);
  writeNewFile(join(temporary, 'regr.json'), JSON.stringify({ body: {}, uri }), { mode: 0o644 }, folder);
  fsyncFolder(temporary);
  try {
    renameSync(temporary, folder);
  } catch (cause) {
    rmSync(temporary, { recursive: true, force: true });
    throw new StoreError(`The account could not be saved to ${folder}: ${(cause as Error).message}`, { cause });
  }
  fsyncFolder(parent);
  return { id, server, uri, created: stamp, host };
}

function jwkOf(privateKeyPem: string): Record<string, unknown> {
  const jwk = createPrivateKey(privateKeyPem).export({ format: 'jwk' });
  // josepy, which certbot reads with, wants these members and no others.
  const names = jwk.kty === 'RSA' ? ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi', 'kty'] : ['crv', 'd', 'kty', 'x', 'y'];
  const members: Record<string, unknown> = { ...jwk };
  return Object.fromEntries(names.map((name) => [name, members[name]]));
}

/** Every folder that is missing on the way is made 0700. */
function makePrivate(path: string, top: string): void {
  if (existsSync(path)) {
    if (!statSync(path).isDirectory()) throw new StoreError(`${path} should be a folder.`);
    return;
  }
  if (path !== top) makePrivate(dirname(path), top);
  permitted(path, 'create', () => mkdirSync(path, { mode: 0o700 }));
}
