import { readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf } from '../server-configuration/children.js';
import type { ApacheProgram } from './control.js';

/** Milliseconds between two looks. */
const LOOK = 5;
/** Milliseconds that are waited where processes cannot be seen; certbot's time. */
const BLIND = 3000;
/** Milliseconds after the last known process of a generation in which its end may still show in the pid file. */
const WRITTEN = 3000;

/** The processes of a server that take requests, as far as they are known: which of them still do. */
export interface Generation {
  /** Looks once. True = one of them still takes requests. */
  look(): boolean;
}

/**
 * The present generation of the server whose process stands in this file; null where that cannot be seen. A server that is not running has
 * none. Until a new generation begins the server may start more processes of this one, also after it was told: every look takes them in,
 * until it has written its pid file anew, which it does before it starts the first process of a generation.
 */
export function generationOf(pidFile: string | null): Generation | null {
  if (pidFile === null) return null;
  let main: string;
  try {
    main = readFileSync(pidFile, 'utf8').trim();
  } catch {
    return { look: () => false };
  }
  const sockets = socketsOf(main);
  let children: readonly string[];
  try {
    children = childrenOf(main);
  } catch {
    return null;
  }
  // Somebody else's process does not show what it has open.
  if (children.length > 0 && sockets.size === 0) return null;
  const listens = (pid: string): boolean => [...socketsOf(pid)].some((socket) => sockets.has(socket));
  const written = writtenAt(pidFile);
  // Those of a generation before, which only finish what they have, are none of them.
  const members = new Set(children.filter(listens));
  const known = new Set(members);
  let gone = Number.POSITIVE_INFINITY;
  return {
    look() {
      // In this order: what was there before the file was written is of their generation.
      const present = childrenOf(main).filter(listens);
      if (writtenAt(pidFile) !== written) return [...members].some(listens);
      for (const pid of present) members.add(pid);
      // A server that does not write it: those that were there at first must do.
      if ([...known].some(listens)) return true;
      gone = Math.min(gone, Date.now());
      return Date.now() - gone < WRITTEN;
    },
  };
}

/** What tells that a file was written anew. */
function writtenAt(path: string): string {
  const file = statSync(path, { throwIfNoEntry: false });
  return file ? `${file.ino} ${file.mtimeMs}` : '';
}

/** The main process, where it is seen to be Apache and nobody gave a control script of his own; null otherwise. */
export function mainOf(pidFile: string | null, { ctl, system }: Pick<ApacheProgram, 'ctl' | 'system'>): number | null {
  if (pidFile === null || basename(ctl) !== system.ctl) return null;
  try {
    const main = Number(readFileSync(pidFile, 'utf8').trim());
    return /^(?:apache2|httpd)(?:[.-]\w+)?$/.test(basename(readlinkSync(`/proc/${main}/exe`))) ? main : null;
  } catch {
    return null;
  }
}

/** Does something that has a server begin a new generation (`graceful`), and watches the old one meanwhile. */
export async function whileWatching<Result>(generation: Generation | null, work: Promise<Result>): Promise<Result> {
  const timer = setInterval(() => generation?.look(), LOOK);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

/**
 * Waits until the processes of an earlier generation take no new requests: they are gone, or have closed the sockets and only finish what
 * they have. At the longest for `ms`: one that is busy goes on listening until it is done (prefork), and that is no harm to the others.
 */
export async function untilGone(generation: Generation | null, ms: number): Promise<void> {
  if (generation === null) return void (await sleep(Math.min(ms, BLIND)));
  const until = Date.now() + ms;
  while (generation.look() && Date.now() < until) await sleep(LOOK);
}

/** The sockets of a process; none when it is gone. */
function socketsOf(pid: string): ReadonlySet<string> {
  const found = new Set<string>();
  let descriptors: string[];
  try {
    descriptors = readdirSync(`/proc/${pid}/fd`);
  } catch {
    return found;
  }
  for (const descriptor of descriptors) {
    try {
      const target = readlinkSync(`/proc/${pid}/fd/${descriptor}`);
      if (target.startsWith('socket:')) found.add(target);
    } catch {
      // Closed in between.
    }
  }
  return found;
}
