import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fsyncFolder, isTemporaryName, permitted, writeFileAtomic } from '../system/atomic-file.js';
import { accountFolder, accountId, listAccounts, saveAccount } from './accounts.js';
import type { Directories } from './paths.js';
import { ownFolder } from './pending.js';
import { editRenewalText, parseRenewalFile } from './renewal-file.js';

/** An account that changes its key (RFC 8555 section 7.3.5). The new key is on disk before the CA hears of it. */
export interface KeyChange {
  server: string;
  /** Id of the account with its present key. */
  oldId: string;
  uri: string;
  /** PEM. */
  newKey: string;
  /** The CA has taken the new key. */
  accepted: boolean;
}

const SUFFIX = '.json';

/** Puts the change on disk, 0600. Throws PermissionMissing. */
export function writeKeyChange(dirs: Directories, change: KeyChange): void {
  const folder = ownFolder(dirs, 'key-change');
  permitted(folder, 'create', () => mkdirSync(folder, { recursive: true, mode: 0o700 }));
  writeFileAtomic(join(folder, `${change.oldId}${SUFFIX}`), `${JSON.stringify(change)}\n`, { mode: 0o600 });
}

/** Changes that a stopped run has not finished. What cannot be read is left where it is. */
export function listKeyChanges(dirs: Directories): KeyChange[] {
  const folder = ownFolder(dirs, 'key-change');
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    if (isTemporaryName(name)) rmSync(join(folder, name), { force: true });
    if (!/^[0-9a-f]{32}\.json$/.test(name)) return [];
    try {
      const change = JSON.parse(readFileSync(join(folder, name), 'utf8')) as KeyChange;
      return typeof change.newKey === 'string' && typeof change.server === 'string' && name === `${change.oldId}${SUFFIX}` ? [change] : [];
    } catch {
      return [];
    }
  });
}

export function removeKeyChange(dirs: Directories, { oldId }: KeyChange): void {
  rmSync(join(ownFolder(dirs, 'key-change'), `${oldId}${SUFFIX}`), { force: true });
}

/**
 * Everything on this machine after the CA took the new key; every step may be repeated. The account gets the folder of its new
 * id, renewal files that name the old one name the new one, and the old folder is set aside. Returns the new id and where the old
 * key is. Throws StoreError, PermissionMissing.
 */
export function finishKeyChange(dirs: Directories, change: KeyChange, { host, now }: { host: string; now: Date }): { id: string; aside: string; lineages: readonly string[] } {
  const { server, oldId, uri, newKey } = change;
  const id = accountId(newKey);
  const known = listAccounts(dirs, server);
  if (!known.some((account) => account.id === id)) {
    const old = known.find((account) => account.id === oldId);
    const created = new Date(old?.created ?? now);
    saveAccount(dirs, server, { privateKeyPem: newKey, uri, created: Number.isNaN(created.getTime()) ? now : created, host: old?.host ?? host });
  }
  const lineages = renameInRenewalFiles(dirs, server, oldId, id);
  const aside = join(ownFolder(dirs, 'replaced-accounts'), oldId);
  const old = accountFolder(dirs, server, oldId);
  if (old !== null) {
    permitted(aside, 'create', () => mkdirSync(dirname(aside), { recursive: true, mode: 0o700 }));
    rmSync(aside, { recursive: true, force: true });
    permitted(aside, 'write', () => renameSync(old, aside));
    fsyncFolder(dirname(aside));
    fsyncFolder(dirname(old));
  }
  removeKeyChange(dirs, change);
  return { id, aside, lineages };
}

/** Renewal files of this CA that name the account by its old id. One that cannot be read names nothing. */
function renameInRenewalFiles(dirs: Directories, server: string, oldId: string, newId: string): readonly string[] {
  const folder = join(dirs.config, 'renewal');
  return readdirSync(folder).filter((name) => name.endsWith('.conf')).flatMap((name) => {
    const path = join(folder, name);
    const text = readFileSync(path, 'utf8');
    if (!text.includes(oldId)) return [];
    try {
      const { params } = parseRenewalFile(text, path);
      if (params['account'] !== oldId || (params['server'] !== undefined && params['server'] !== server)) return [];
      writeFileAtomic(path, editRenewalText(text, { params: { ...params, account: newId } }, path), { mode: statSync(path).mode & 0o777 });
      return [name.slice(0, -'.conf'.length)];
    } catch {
      return [];
    }
  });
}
