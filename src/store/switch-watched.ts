import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** Milliseconds that one look at all processes is good for: a run that renews many lineages would look at thousands of open files for each. */
const FRESH = 200;

let last: { at: number; inodes: ReadonlySet<string> } | null = null;

/**
 * True when a process that we may look at has an inotify watch on the folder with this inode. Such a program takes a
 * folder that moves away, even for a moment, for one that is gone, and would never hear of later certificates.
 */
export function isWatched(inode: number): boolean {
  const now = performance.now();
  if (last === null || now - last.at > FRESH) last = { at: now, inodes: watchedInodes() };
  // Several file systems may use the same inode number; a wrong "yes" only costs the slower way.
  return last.inodes.has(inode.toString(16));
}

/** Of all processes that we may look at, as the kernel writes them. */
function watchedInodes(): ReadonlySet<string> {
  const inodes = new Set<string>();
  for (const pid of list('/proc').filter((entry) => /^\d+$/.test(entry))) {
    for (const file of list(`/proc/${pid}/fd`)) {
      try {
        if (readlinkSync(`/proc/${pid}/fd/${file}`) !== 'anon_inode:inotify') continue;
        for (const [, inode = ''] of readFileSync(`/proc/${pid}/fdinfo/${file}`, 'utf8').matchAll(/^inotify wd:\S+ ino:(\S+) /gm)) inodes.add(inode);
      } catch {
        // The process ended, or is not ours to look at.
      }
    }
  }
  return inodes;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
