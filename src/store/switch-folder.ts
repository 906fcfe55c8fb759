import { chmodSync, chownSync, closeSync, fstatSync, linkSync, lstatSync, mkdirSync, openSync, readdirSync, readlinkSync, renameSync, rmdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isTemporaryName, replaceLinks, syncAll } from '../system/atomic-file.js';
import { kinds, type Kind } from './paths.js';
import { nativeFiles } from './switch-native.js';
import { isWatched } from './switch-watched.js';

/*
 * How four links change at once. Beside live/NAME a stand-in folder is built with the new links, and the two are exchanged
 * in one step. Readers now see the new links in the stand-in; meanwhile the links of the true folder are changed, where
 * nobody looks, and the two are exchanged back. So the true folder keeps its identity: what an administrator put there never
 * moves, and whoever has it open or bind-mounted sees the new links too.
 */

const LINK_NAMES: ReadonlySet<string> = new Set(kinds.map((kind) => `${kind}.pem`));

/** live/.NAME.new: certbot looks at renewal/ only, so it never meets it. */
export function standInFor(folder: string): string {
  return join(dirname(folder), `.${basename(folder)}.new`);
}

/** Inode of a real folder (not a link to one); null when there is none. */
export function folderInode(path: string): number | null {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isDirectory() ? stats.ino : null;
}

/**
 * Gives `folder` these four links at once. False, with nothing changed, where that cannot be done: no library, another
 * system, a folder that is a link or a mount point or cannot be rebuilt faithfully, or that a program watches.
 */
export async function exchangeLinks(folder: string, targets: Readonly<Record<Kind, string>>): Promise<boolean> {
  const native = nativeFiles();
  const inode = folderInode(folder);
  if (!native || process.platform !== 'linux' || inode === null || isWatched(inode)) return false;
  const standIn = standInFor(folder);
  try {
    await settleFolder(folder, inode);
    mkdirSync(standIn, { mode: 0o700 });
  } catch {
    return false;
  }
  try {
    furnish(standIn, folder, targets);
    await syncAll([standIn]);
    native.swapSync(folder, standIn);
  } catch {
    clearStandIn(standIn, folder);
    return false;
  }
  await syncAll([dirname(folder)]);
  await settleFolder(folder, inode);
  return true;
}

/**
 * Ends an exchange wherever it was stopped: `folder` is the true one again (`inode`), with the links that readers saw last,
 * and the stand-in is gone. Returns whether there was anything to do.
 */
export async function settleFolder(folder: string, inode: number | null): Promise<boolean> {
  const standIn = standInFor(folder);
  const beside = folderInode(standIn);
  if (beside === null) return false;
  if (folderInode(folder) === null) {
    renameSync(standIn, folder);
    return true;
  }
  if (beside === inode) {
    await adoptLinks(standIn, folder);
    swap(standIn, folder);
    await syncAll([dirname(folder)]);
  }
  clearStandIn(standIn, folder);
  return true;
}

/** In one step, or in three renames where the library went missing since the exchange began. */
function swap(one: string, other: string): void {
  const native = nativeFiles();
  if (native) return native.swapSync(one, other);
  const aside = `${one}.aside`;
  renameSync(other, aside);
  renameSync(one, other);
  renameSync(aside, one);
}

/** Gives `folder` the four links as they are in `source`. */
async function adoptLinks(folder: string, source: string): Promise<void> {
  const there = new Set(readdirSync(source));
  const present = [...LINK_NAMES].filter((name) => there.has(name));
  await replaceLinks(present.map((name) => ({ path: join(folder, name), target: readlinkSync(join(source, name)) })));
  for (const name of LINK_NAMES) if (!there.has(name)) remove(join(folder, name));
}

/** Makes the stand-in look like the folder in all but the links. Throws when it cannot. */
function furnish(standIn: string, folder: string, targets: Readonly<Record<Kind, string>>): void {
  for (const kind of kinds) symlinkSync(targets[kind], join(standIn, `${kind}.pem`));
  for (const entry of readdirSync(folder)) {
    if (LINK_NAMES.has(entry) || isTemporaryName(entry)) continue;
    const [from, to] = [join(folder, entry), join(standIn, entry)];
    const stats = lstatSync(from);
    if (stats.isSymbolicLink()) symlinkSync(readlinkSync(from), to);
    else if (!stats.isFile() || !hardLink(from, to)) symlinkSync(throughTarget(standIn, entry), to);
  }
  dressLike(standIn, folder);
}

function hardLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch {
    return false;
  }
}

/** While the two are exchanged, the true folder stands at the stand-in's place: there its own things are found. */
function throughTarget(standIn: string, entry: string): string {
  return join('..', basename(standIn), entry);
}

/** Owner, extended attributes (access lists, labels), mode. */
function dressLike(standIn: string, folder: string): void {
  const native = nativeFiles();
  const [from, to] = [openSync(folder, 'r'), openSync(standIn, 'r')];
  try {
    const [wanted, has] = [fstatSync(from), fstatSync(to)];
    if (wanted.uid !== has.uid || wanted.gid !== has.gid) chownSync(standIn, wanted.uid, wanted.gid);
    for (const name of native?.listAttrsSync(from) ?? []) {
      const value = native?.getAttrSync(from, name);
      if (value && !native?.getAttrSync(to, name)?.equals(value)) native?.setAttrSync(to, name, value);
    }
    chmodSync(standIn, wanted.mode & 0o7777);
  } finally {
    closeSync(from);
    closeSync(to);
  }
}

/** Removes the stand-in. What somebody else put there while it was in place goes to the folder; what cannot, stays. */
function clearStandIn(standIn: string, folder: string): void {
  try {
    for (const entry of readdirSync(standIn)) {
      const [from, to] = [join(standIn, entry), join(folder, entry)];
      const [ours, theirs] = [lstatSync(from), lstatSync(to, { throwIfNoEntry: false })];
      const through = throughTarget(standIn, entry);
      if (theirs?.isSymbolicLink() && readlinkSync(to) === through) {
        unlinkSync(to);
        renameSync(from, to);
      } else if (LINK_NAMES.has(entry) || isTemporaryName(entry) || (ours.isSymbolicLink() && readlinkSync(from) === through)) {
        unlinkSync(from);
      } else if (theirs && (theirs.ino === ours.ino || theirs.mtimeMs >= ours.mtimeMs || ours.isSymbolicLink())) {
        unlinkSync(from);
      } else {
        renameSync(from, to);
      }
    }
    rmdirSync(standIn);
  } catch {
    // It stays beside the folder, where it disturbs nobody; the next change of this lineage looks at it again.
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was not there.
  }
}
