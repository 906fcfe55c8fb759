import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds between two looks. */
const LOOK = 15;
/** Milliseconds that are waited where processes cannot be seen; certbot's time. */
const BLIND = 3000;

/** The processes of a server that take requests now. */
export interface Generation {
  processes: readonly number[];
  /** The sockets on which the server listens, as /proc names them. */
  sockets: ReadonlySet<string>;
}

/** The present generation of the server whose process stands in this file; null where that cannot be seen. None runs: no processes. */
export function generationOf(pidFile: string | null): Generation | null {
  if (pidFile === null) return null;
  let main: string;
  try {
    main = readFileSync(pidFile, 'utf8').trim();
  } catch {
    return { processes: [], sockets: new Set() };
  }
  try {
    const processes = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && parentOf(entry) === main).map(Number);
    const sockets = socketsOf(main);
    // Somebody else's process does not show what it has open.
    return processes.length > 0 && sockets.size === 0 ? null : { processes, sockets };
  } catch {
    return null;
  }
}

/**
 * Waits until the processes of an earlier generation take no new requests: they are gone, or have closed the sockets and only finish what
 * they have. At the longest for `ms`: one that is busy goes on listening until it is done (prefork), and that is no harm to the others.
 */
export async function untilGone(generation: Generation | null, ms: number): Promise<void> {
  if (generation === null) return void (await sleep(Math.min(ms, BLIND)));
  const until = Date.now() + ms;
  while (Date.now() < until && generation.processes.some((pid) => stillListens(String(pid), generation.sockets))) await sleep(LOOK);
}

function stillListens(pid: string, sockets: ReadonlySet<string>): boolean {
  const own = parentOf(pid) === null ? new Set<string>() : socketsOf(pid);
  return [...own].some((socket) => sockets.has(socket));
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

/** The parent of a process; null when it is gone, or dead and not yet buried. */
function parentOf(pid: string): string | null {
  try {
    // The name in parentheses may hold anything; what follows it is `state ppid …` (proc(5)).
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? null : (parent ?? null);
  } catch {
    return null;
  }
}
