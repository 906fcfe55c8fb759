import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf } from '../server-configuration/children.js';
import type { ApacheProgram } from './control.js';

/** Milliseconds between two looks. */
const LOOK = 15;
/** Milliseconds that are waited where processes cannot be seen; certbot's time. */
const BLIND = 3000;

/** The processes of a server that take requests, as far as they are known: which of them still do. */
export interface Generation {
  /** Looks once. True = one of them still takes requests. */
  look(): boolean;
}

/**
 * The present generation of the server whose process stands in this file; null where that cannot be seen. A server that is not running has
 * none. Until the server comes to its signal it may start more processes of the same generation: every look takes them in, until the
 * first one has closed the sockets, which all are told at once.
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
  // Those of a generation before, which only finish what they have, are none of them.
  const members = new Set(children.filter(listens));
  let told = false;
  return {
    look() {
      // In this order: what was there while all that are known still took requests is of their generation.
      const present = told ? [] : childrenOf(main).filter(listens);
      const listening = [...members].filter(listens);
      told ||= listening.length < members.size;
      if (!told) for (const pid of present) members.add(pid);
      return listening.length > 0;
    },
  };
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
