import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '../core/errors.js';
import { codeOf, permitted, syncAll, writeNewFile } from '../system/atomic-file.js';
import type { Directories } from './paths.js';

/** An order whose certificate is not saved yet: what is needed to fetch it in a later run. */
export interface PendingIssuance {
  /** Name of the lineage it will be saved to. */
  lineage: string;
  /** Directory URL of the CA. */
  server: string;
  accountId: string;
  orderUrl: string;
  /** As sent to the CA: A-labels, addresses. */
  names: string[];
  /** PEM. */
  privateKey: string;
  /** RFC 3339. */
  created: string;
  /** RFC 3339, when the CA gave one. */
  expires?: string;
  /** The words of the command line that repeat this run. */
  command: string[];
}

const KEY = 'privkey.pem';
const ORDER = 'order.json';
/** Set aside by `writePending`, brought back by `settlePending` when its successor did not arrive. */
const REPLACED = /^\.(.+)\.[0-9a-f]{12}\.replaced$/;
const UNFINISHED = /^\..+\.[0-9a-f]{12}\.(?:new|gone)$/;

/** Our own folder below the configuration directory; certbot does not look at it. Mode 0700. */
export function ownFolder(dirs: Directories, part: 'pending' | 'journal' | 'renewal-advice' | 'renewal-notes' | 'deploys' | 'key-change' | 'replaced-accounts' | 'lineage-index' | 'renaming'): string {
  return join(dirs.config, '.certwright', part);
}

/** Throws StoreError for a name that cannot be a single file name: it would reach outside its folder. */
export function checkLineageName(name: string): void {
  if (name === '' || name.startsWith('.') || name.includes('/') || name.includes('\0')) throw new StoreError(`'${name}' cannot be the name of a certificate`);
}

/** The order that waits for this lineage; null when there is none or it cannot be read. */
export function readPending(dirs: Directories, name: string): PendingIssuance | null {
  checkLineageName(name);
  try {
    return read(join(ownFolder(dirs, 'pending'), name));
  } catch {
    return null;
  }
}

/** Every order that waits, in order of lineage names. Those that cannot be read are left out (see `unreadablePending`). */
export function listPending(dirs: Directories): PendingIssuance[] {
  return namesIn(dirs).flatMap((name) => readPending(dirs, name) ?? []);
}

/** Folders of orders that cannot be read, with the reason. */
export function unreadablePending(dirs: Directories): { path: string; reason: string }[] {
  return namesIn(dirs).flatMap((name) => {
    const path = join(ownFolder(dirs, 'pending'), name);
    try {
      read(path);
      return [];
    } catch (error) {
      return [{ path, reason: error instanceof Error ? error.message : String(error) }];
    }
  });
}

/**
 * Writes the order and its key to disk and returns when they will outlast a power failure. The folder appears as a whole;
 * an order that waited under the same name is replaced. Rejects with PermissionMissing, StoreError.
 */
export async function writePending(dirs: Directories, pending: PendingIssuance): Promise<void> {
  checkLineageName(pending.lineage);
  const folder = ownFolder(dirs, 'pending');
  permitted(folder, 'create', () => mkdirSync(folder, { recursive: true, mode: 0o700 }));
  const mark = randomBytes(6).toString('hex');
  const fresh = join(folder, `.${pending.lineage}.${mark}.new`);
  const place = join(folder, pending.lineage);
  permitted(place, 'create', () => mkdirSync(fresh, { mode: 0o700 }));
  try {
    const { privateKey, ...order } = pending;
    writeNewFile(join(fresh, KEY), privateKey, { mode: 0o600, sync: false }, join(place, KEY));
    writeNewFile(join(fresh, ORDER), `${JSON.stringify(order, null, 2)}\n`, { mode: 0o600, sync: false }, join(place, ORDER));
    await syncAll([join(fresh, KEY), join(fresh, ORDER), fresh]);
    const replaced = join(folder, `.${pending.lineage}.${mark}.replaced`);
    const had = existsSync(place);
    if (had) renameSync(place, replaced);
    renameSync(fresh, place);
    await syncAll([folder]);
    if (had) rmSync(replaced, { recursive: true, force: true });
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    throw error;
  }
}

/** The order is no longer waited for. Nothing happens when there is none. Throws PermissionMissing. */
export function removePending(dirs: Directories, name: string): void {
  checkLineageName(name);
  const folder = ownFolder(dirs, 'pending');
  const gone = join(folder, `.${name}.${randomBytes(6).toString('hex')}.gone`);
  try {
    permitted(join(folder, name), 'write', () => renameSync(join(folder, name), gone));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  rmSync(gone, { recursive: true, force: true });
}

/** Clears what a stop inside `writePending` or `removePending` left; an order whose successor did not arrive comes back. */
export function settlePending(dirs: Directories): void {
  const folder = ownFolder(dirs, 'pending');
  for (const entry of entriesOf(folder)) {
    const name = REPLACED.exec(entry)?.[1];
    if (name !== undefined && !existsSync(join(folder, name))) renameSync(join(folder, entry), join(folder, name));
    else if (name !== undefined || UNFINISHED.test(entry)) rmSync(join(folder, entry), { recursive: true, force: true });
  }
}

function namesIn(dirs: Directories): string[] {
  return entriesOf(ownFolder(dirs, 'pending'))
    .filter((entry) => !entry.startsWith('.'))
    .sort();
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(folder: string): PendingIssuance {
  const privateKey = readFileSync(join(folder, KEY), 'utf8');
  const order: unknown = JSON.parse(readFileSync(join(folder, ORDER), 'utf8'));
  if (!privateKey.includes('PRIVATE KEY-----')) throw new StoreError(`${join(folder, KEY)} holds no private key`);
  if (typeof order !== 'object' || order === null) throw new StoreError(`${join(folder, ORDER)} is not an order`);
  const fields = order as Record<string, unknown>;
  const text = (field: string): string => {
    const value = fields[field];
    if (typeof value !== 'string') throw new StoreError(`${join(folder, ORDER)} lacks '${field}'`);
    return value;
  };
  const words = (field: string): string[] => {
    const value = fields[field];
    if (!Array.isArray(value) || !value.every((word) => typeof word === 'string')) throw new StoreError(`${join(folder, ORDER)} lacks '${field}'`);
    return value;
  };
  return {
    lineage: text('lineage'),
    server: text('server'),
    accountId: text('accountId'),
    orderUrl: text('orderUrl'),
    names: words('names'),
    privateKey,
    created: text('created'),
    ...(fields['expires'] === undefined ? {} : { expires: text('expires') }),
    command: words('command'),
  };
}
