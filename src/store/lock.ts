import { closeSync, constants, fstatSync, openSync, realpathSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { LockHeld, Refused, StoreError } from '../core/errors.js';
import { codeOf, permitted } from '../system/atomic-file.js';
import { systemClock, type Clock } from '../system/clock.js';
import { lockHolder } from './lock-holder.js';
import { nativeFiles } from './switch-native.js';

/** One held lock. Releasing removes the lock file first and then lets go of it, as certbot does (F50). */
export interface HeldLock {
  release(): Promise<void> | void;
}

/** Takes the lock of one file without waiting; null when somebody else has it. Throws PermissionMissing, StoreError. */
export type TakeLock = (path: string) => Promise<HeldLock | null>;

const LOCK_FILE = '.certbot.lock';
/** Milliseconds between two tries with `waitSeconds`. */
const PAUSE = 250;

/**
 * Locks these directories for this process as certbot does, so that a running certbot keeps us out and we keep it out: an
 * exclusive `fcntl` record lock on `.certbot.lock` (0600) in each. All or none; it ends with the process at the latest.
 * With `waitSeconds` it tries again so long. Throws LockHeld (with the holder where it can be found), PermissionMissing,
 * Refused where nothing on this machine can make such a lock, and the signal's reason when aborted.
 */
export async function acquireLocks(
  paths: readonly string[],
  { waitSeconds, signal, clock = systemClock, take = takeLock }: { waitSeconds: number; signal?: AbortSignal; clock?: Clock; take?: TakeLock },
): Promise<HeldLock> {
  // Two of the directories may be one, and a second lock on its file would be refused by our own first.
  const folders = [...new Set(paths.map((path) => permitted(path, 'read', () => realpathSync(path))))];
  const until = clock.now() + waitSeconds * 1000;
  for (;;) {
    signal?.throwIfAborted();
    const held: HeldLock[] = [];
    try {
      const busy = await takeAll(folders, held, take);
      if (busy === null) return { release: () => releaseAll(held) };
      await releaseAll(held);
      if (clock.now() >= until) throw new LockHeld(busy, lockHolder(busy));
    } catch (error) {
      await releaseAll(held);
      throw error;
    }
    await clock.sleep(PAUSE, signal);
  }
}

/** The locks that one run takes, one after the other. */
export interface LocksOfRun {
  /** Locks these folders until the run ends, as `acquireLocks` does; those that it has already stay so. */
  take(paths: readonly string[]): Promise<void>;
  release(): Promise<void>;
}

/** Our own second lock of a file would be refused by the first: each folder is locked once, however often it is asked for. */
export function locksOfRun(how: Parameters<typeof acquireLocks>[1]): LocksOfRun {
  const held = new Map<string, Promise<HeldLock>>();
  return {
    async take(paths) {
      const folders = paths.map((path) => permitted(path, 'read', () => realpathSync(path)));
      const fresh = folders.filter((folder) => !held.has(folder));
      if (fresh.length > 0) {
        const taking = acquireLocks(fresh, how);
        for (const folder of fresh) held.set(folder, taking);
        taking.catch(() => fresh.forEach((folder) => held.delete(folder)));
      }
      await Promise.all(folders.map((folder) => held.get(folder)));
    },
    async release() {
      for (const lock of new Set([...held.values()].reverse())) await (await lock.catch(() => null))?.release();
    },
  };
}

/** Fills `held`; the path of the first lock that somebody else has, or null when all are ours. */
async function takeAll(folders: readonly string[], held: HeldLock[], take: TakeLock): Promise<string | null> {
  for (const folder of folders) {
    const path = join(folder, LOCK_FILE);
    const lock = await take(path);
    if (!lock) return path;
    held.push(lock);
  }
  return null;
}

async function releaseAll(held: HeldLock[]): Promise<void> {
  for (const lock of held.splice(0).reverse()) await lock.release();
}

/** By the compiled library where it runs, else by a perl process that holds the lock for us. */
const takeLock: TakeLock = async (path) => {
  const tryLock = nativeFiles()?.tryLock;
  if (tryLock) return lockBy(tryLock, path);
  try {
    const { perlLock } = await import('./lock-perl.js');
    return await perlLock(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    throw new Refused('This machine has no means to take the lock that keeps certbot out: neither the package fs-native-extensions nor perl.', {
      hint: 'Install perl, or reinstall certwright with its optional dependencies. Without the lock two programs could write the same files, so nothing was done.',
      cause: error,
    });
  }
};

function lockBy(tryLock: (file: number) => boolean, path: string): HeldLock | null {
  for (;;) {
    const file = permitted(path, 'write', () => openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW, 0o600));
    try {
      if (!tryLock(file)) {
        closeSync(file);
        return null;
      }
    } catch (error) {
      closeSync(file);
      throw new StoreError(`${path} cannot be locked: ${codeOf(error) || String(error)}`, { hint: 'A file system without locks (some network file systems) cannot hold this directory.', cause: error });
    }
    // Between opening and locking, the holder before us may have removed the file: our lock would be on nobody's file.
    if (isStill(path, file)) {
      return {
        release() {
          if (isStill(path, file)) unlinkSync(path);
          closeSync(file);
        },
      };
    }
    closeSync(file);
  }
}

function isStill(path: string, file: number): boolean {
  const mine = fstatSync(file);
  const there = statSync(path, { throwIfNoEntry: false });
  return there !== undefined && there.dev === mine.dev && there.ino === mine.ino;
}
