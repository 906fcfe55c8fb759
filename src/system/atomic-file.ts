import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, closeSync, fchmodSync, fsync, fsyncSync, openSync, readdirSync, realpathSync, rename, renameSync, rmSync, statSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { PermissionMissing } from '../core/errors.js';

/** Names of files that a crash between creation and rename leaves behind: `.NAME.HEX.certwright-tmp`. */
const TEMPORARY = /^\..+\.[0-9a-f]{12}\.certwright-tmp$/;
const TEMPORARY_END = /\.[0-9a-f]{12}\.certwright-tmp$/;

const [synced, renamed] = [promisify(fsync), promisify(rename)];

/** True for a file name that this module uses before the rename, so that whoever finds one may remove it. */
export function isTemporaryName(name: string): boolean {
  return TEMPORARY.test(name);
}

/** Removes what stopped runs left beside files, or links, that they were about to replace; a folder that cannot be read holds nothing. */
export function removeTemporariesOf(paths: readonly string[]): void {
  const places = new Set(paths.flatMap((path) => [path, realOf(path)]));
  for (const folder of new Set([...places].map((place) => dirname(place)))) {
    let names: string[];
    try {
      names = readdirSync(folder).filter(isTemporaryName);
    } catch {
      continue;
    }
    for (const name of names) if (places.has(join(folder, name.slice(1).replace(TEMPORARY_END, '')))) removeQuietly(join(folder, name));
  }
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** A name of that kind beside `path`. */
export function temporaryFor(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.certwright-tmp`);
}

/**
 * Replaces `path` by a file with this content and exactly this mode (the umask does not apply): temporary file in the
 * same folder, synced, renamed, folder synced. A reader sees the old content or the new, also after a power failure.
 * `owner` is kept where we may give files away, `times` are set to the second. Throws PermissionMissing when the folder may not be
 * written.
 */
export function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  { mode, owner, times }: { mode: number; owner?: { uid: number; gid: number }; times?: { atime: Date; mtime: Date } },
): void {
  const temporary = temporaryFor(path);
  writeNewFile(temporary, data, { mode }, path);
  try {
    if (owner) giveTo(temporary, owner);
    if (times) utimesSync(temporary, times.atime, times.mtime);
    permitted(path, 'write', () => renameSync(temporary, path));
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  }
  fsyncFolder(dirname(path));
}

/** A file as it shall be; `owner` and `times` as for `writeFileAtomic`. */
export interface FileToWrite {
  path: string;
  data: string | Uint8Array;
  mode: number;
  owner?: { uid: number; gid: number };
  times?: { atime: Date; mtime: Date };
}

/**
 * The same for several files: all are written beside their places, synced together, then renamed in the given order. When one cannot be
 * written, none is replaced. Rejects with PermissionMissing.
 */
export async function writeFilesAtomic(files: readonly FileToWrite[]): Promise<void> {
  const made: { temporary: string; path: string }[] = [];
  try {
    for (const { path, data, mode, owner, times } of files) {
      const temporary = temporaryFor(path);
      writeNewFile(temporary, data, { mode, sync: false }, path);
      made.push({ temporary, path });
      if (owner) giveTo(temporary, owner);
      if (times) utimesSync(temporary, times.atime, times.mtime);
    }
    await syncAll(made.map(({ temporary }) => temporary));
    for (const { temporary, path } of made) permitted(path, 'write', () => renameSync(temporary, path));
  } catch (error) {
    for (const { temporary } of made) removeQuietly(temporary);
    throw error;
  }
  await syncAll(new Set(files.map(({ path }) => dirname(path))));
}

/**
 * The same for a file that may belong to somebody else already: its owner, group and mode stay, a link to it is followed; a new one
 * gets `mode`. Nobody else can read it before that. Returns the mode it has. Throws PermissionMissing.
 */
export function replaceFile(path: string, data: string | Uint8Array, { mode }: { mode: number }): number {
  const older = statSync(path, { throwIfNoEntry: false });
  const place = older ? realpathSync(path) : path;
  const temporary = temporaryFor(place);
  writeNewFile(temporary, data, { mode: 0o600 }, path);
  let right = older ? older.mode & 0o777 : mode;
  try {
    if (older) {
      try {
        chownSync(temporary, older.uid, older.gid);
      } catch {
        // Only root can give a file away: rights of that group must not become rights of another.
        right &= 0o707;
      }
    }
    chmodSync(temporary, right);
    permitted(path, 'write', () => renameSync(temporary, place));
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  }
  fsyncFolder(dirname(place));
  return right;
}

/**
 * As `writeFileAtomic`, while other work goes on, for what is written a thousand times in a run: the folder is not synced, so
 * that a power failure may bring the old content back, but never half of one. Rejects with PermissionMissing.
 */
export async function writeFileAside(path: string, data: string, { mode }: { mode: number }): Promise<void> {
  const temporary = temporaryFor(path);
  try {
    // The disk is waited for below; the rest is done before a promise would be made.
    const file = openSync(temporary, 'wx', mode);
    try {
      fchmodSync(file, mode);
      writeFileSync(file, data);
      await synced(file);
    } finally {
      closeSync(file);
    }
    await renamed(temporary, path);
  } catch (error) {
    removeQuietly(temporary);
    return permitted(path, 'write', () => {
      throw error;
    });
  }
}

/**
 * Makes `path`, which must not exist (EEXIST is thrown as it comes), with this content and exactly this mode from the
 * first byte, and syncs it, unless the caller makes several and syncs them together. The folder is not synced.
 * `shown` is the path that a PermissionMissing names.
 */
export function writeNewFile(path: string, data: string | Uint8Array, { mode, sync = true }: { mode: number; sync?: boolean }, shown = path): void {
  const file = permitted(shown, 'create', () => openSync(path, 'wx', mode));
  try {
    // The umask may have taken bits away from what is public by intent; a private mode has none it could take.
    fchmodSync(file, mode);
    writeFileSync(file, data);
    if (sync) fsyncSync(file);
  } catch (error) {
    removeQuietly(path);
    throw error;
  } finally {
    closeSync(file);
  }
}

/** Makes `path` a symbolic link to `target`, in place of what stood there, by rename: it is never missing. Rejects with PermissionMissing. */
export function replaceLink(path: string, target: string): Promise<void> {
  return replaceLinks([{ path, target }]);
}

/**
 * The same for several links: all are made beside their places first, then renamed in the given order right after one
 * another, so that a reader meets a mixture for no longer than the renames take. Rejects with PermissionMissing.
 */
export async function replaceLinks(links: readonly { path: string; target: string }[]): Promise<void> {
  const made: { temporary: string; path: string }[] = [];
  try {
    for (const { path, target } of links) {
      const temporary = temporaryFor(path);
      permitted(path, 'create', () => symlinkSync(target, temporary));
      made.push({ temporary, path });
    }
    for (const { temporary, path } of made) permitted(path, 'write', () => renameSync(temporary, path));
  } catch (error) {
    for (const { temporary } of made) removeQuietly(temporary);
    throw error;
  }
  await syncAll(new Set(links.map(({ path }) => dirname(path))));
}

/** Removes files; one that is gone already is fine. Rejects with PermissionMissing. */
export async function removeFiles(paths: readonly string[]): Promise<void> {
  for (const path of paths) permitted(path, 'write', () => rmSync(path, { force: true }));
  await syncAll(new Set(paths.map((path) => dirname(path))));
}

/** Makes creations, renames and removals inside the folder last through a power failure. */
export function fsyncFolder(path: string): void {
  const folder = permitted(path, 'read', () => openSync(path, 'r'));
  try {
    fsyncSync(folder);
  } catch (error) {
    if (!cannotSync(error)) throw error;
  } finally {
    closeSync(folder);
  }
}

/** Some file systems (network, FUSE) cannot sync a folder; their rename is as lasting as they can make it. */
function cannotSync(error: unknown): boolean {
  return ['EINVAL', 'ENOTSUP', 'EBADF', 'EISDIR'].includes(codeOf(error));
}

/**
 * Makes files and folders last through a power failure, all at once and while other work goes on: of what many do at the same time
 * the file system makes one turn of the disk. Rejects with PermissionMissing.
 */
export async function syncAll(paths: Iterable<string>): Promise<void> {
  await Promise.all(
    [...paths].map(async (path) => {
      const file = permitted(path, 'read', () => openSync(path, 'r'));
      try {
        await synced(file);
      } catch (error) {
        if (!cannotSync(error)) throw error;
      } finally {
        closeSync(file);
      }
    }),
  );
}

/** Runs a file operation; a missing right becomes a PermissionMissing that names `path`, other errors pass. */
export function permitted<T>(path: string, right: 'read' | 'write' | 'create', operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EROFS') throw new PermissionMissing(path, right, { hint: 'The file system is mounted read-only.', cause: error });
    if (code === 'EACCES' || code === 'EPERM') throw new PermissionMissing(path, right, { hint: 'Run it as the owner of that folder (usually root), or use --user-dirs.', cause: error });
    throw error;
  }
}

/** The system's name of an error (`ENOENT` …); empty for anything else. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function giveTo(path: string, { uid, gid }: { uid: number; gid: number }): void {
  try {
    chownSync(path, uid, gid);
  } catch {
    // Only root can give a file away; who else may write here owns it afterwards.
  }
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Nothing more can be done; the error that led here is the one to tell.
  }
}
