import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, renameSync, rmSync, statSync, unlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fsyncFolder, isTemporaryName, permitted, syncAll, writeFileAtomic, writeNewFile } from '../system/atomic-file.js';
import type { Pems } from './journal.js';
import { versions } from './lineage.js';
import { kinds, type Kind } from './paths.js';

/** How many versions of a certificate stay in the archive (F18). */
const KEPT = 6;

/** The key first: from then on nothing of the version is worth more than what is still missing. */
const WRITE_ORDER: readonly Kind[] = ['privkey', 'cert', 'chain', 'fullchain'];

/** How much of a version is in the archive: nothing or some of ours, all of it, or something that is not ours. */
export function versionState(archive: string, version: number, pems: Pems): 'incomplete' | 'complete' | 'foreign' {
  const found = kinds.map((kind) => {
    const path = join(archive, `${kind}${version}.pem`);
    if (!lstatSync(path, { throwIfNoEntry: false })) return 'missing';
    return readFileSync(path, 'utf8') === pems[kind] ? 'ours' : 'foreign';
  });
  if (found.includes('foreign')) return 'foreign';
  return found.includes('missing') ? 'incomplete' : 'complete';
}

/**
 * Writes what is missing of a version. Each file appears whole, the key 0600, the others 0644 (F10); a key that follows an
 * older one has its group and those rights that F14 lets it keep. Rejects with PermissionMissing.
 */
export async function writeVersion(archive: string, version: number, pems: Pems, olderKey: string | null): Promise<void> {
  const files = WRITE_ORDER.map((kind) => ({ kind, path: join(archive, `${kind}${version}.pem`), temporary: join(archive, `.${kind}${version}.pem.000000000000.certwright-tmp`) }));
  const missing = files.filter(({ path }) => !lstatSync(path, { throwIfNoEntry: false }));
  for (const { kind, path, temporary } of missing) {
    rmSync(temporary, { force: true });
    writeNewFile(temporary, pems[kind], { mode: kind === 'privkey' ? 0o600 : 0o644, sync: false }, path);
    if (kind === 'privkey' && olderKey !== null) shareAs(olderKey, temporary);
  }
  await syncAll(missing.map(({ temporary }) => temporary));
  for (const { path, temporary } of missing) permitted(path, 'write', () => renameSync(temporary, path));
  await syncAll([archive]);
}

/** F14: 0600, plus the old key's rights for its group and reading by others; its group, not its owner. */
function shareAs(olderKey: string, key: string): void {
  const older = statSync(olderKey, { throwIfNoEntry: false });
  if (!older) return;
  let shared = older.mode & 0o074;
  if (older.gid !== statSync(key).gid) {
    try {
      chownSync(key, process.getuid?.() ?? 0, older.gid);
    } catch {
      // Rights for that group must not become rights for another.
      shared &= 0o004;
    }
  }
  if (shared !== 0) chmodSync(key, 0o600 | shared);
}

/** The largest number that all four kinds have (F16); 0 when none. */
export function newestVersion(archive: string): number {
  const { cert, privkey, chain, fullchain } = versions(archive);
  return Math.max(0, ...cert.filter((number) => [privkey, chain, fullchain].every((numbers) => numbers.includes(number))));
}

/** Removes what is older than the newest six versions; never what is in use (F15, F18). */
export function pruneVersions(archive: string, version: number, inUse: readonly string[]): void {
  const present = versions(archive);
  const needed = new Set(inUse.map((path) => basename(path)));
  // A key that was used again may be a link to the file of an older version.
  for (const number of present.privkey.filter((candidate) => candidate > version - KEPT)) {
    const key = join(archive, `privkey${number}.pem`);
    if (lstatSync(key).isSymbolicLink()) needed.add(basename(readlinkSync(key)));
  }
  for (const kind of kinds) {
    for (const number of present[kind].filter((candidate) => candidate <= version - KEPT)) {
      const file = `${kind}${number}.pem`;
      if (!needed.has(file)) removeQuietly(join(archive, file));
    }
  }
}

/** Temporary files of ours among these entries of a folder are removed; true when there were any. */
export function removeTemporary(folder: string, entries: readonly string[]): boolean {
  const ours = entries.filter(isTemporaryName);
  for (const entry of ours) removeQuietly(join(folder, entry));
  return ours.length > 0;
}

/** Replaces the renewal file by `NAME.conf.new` and a rename; its mode and owner stay (F31). Throws PermissionMissing. */
export function writeRenewalFile(path: string, text: string): void {
  const older = statSync(path, { throwIfNoEntry: false });
  if (older && readFileSync(path, 'utf8') === text) return;
  const fresh = `${path}.new`;
  permitted(path, 'write', () => rmSync(fresh, { force: true }));
  writeNewFile(fresh, text, { mode: older ? older.mode & 0o777 : 0o644 }, path);
  if (older) keepOwner(fresh, older);
  permitted(path, 'write', () => renameSync(fresh, path));
  fsyncFolder(join(path, '..'));
}

function keepOwner(path: string, { uid, gid }: { uid: number; gid: number }): void {
  try {
    chownSync(path, uid, gid);
  } catch {
    // Only root can give a file away; who else may write here owns it afterwards.
  }
}

/** Makes a folder unless it is there. Throws PermissionMissing. */
export function makeFolder(path: string, mode: number): void {
  if (!existsSync(path)) permitted(path, 'create', () => mkdirSync(path, { recursive: true, mode }));
}

/** Makes a public file unless it is there; it appears whole. Throws PermissionMissing. */
export function makeFile(path: string, text: string): void {
  if (!existsSync(path)) writeFileAtomic(path, text, { mode: 0o644 });
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // An old version that cannot be removed does no harm.
  }
}
