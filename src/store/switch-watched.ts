import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/**
 * True when a process that we may look at has an inotify watch on the folder with this inode. Such a program takes a
 * folder that moves away, even for a moment, for one that is gone, and would never hear of later certificates.
 */
export function isWatched(inode: number): boolean {
  // Several file systems may use the same inode number; a wrong "yes" only costs the slower way.
  const wanted = new RegExp(`^inotify wd:\\S+ ino:${inode.toString(16)} `, 'm');
  for (const pid of list('/proc').filter((entry) => /^\d+$/.test(entry))) {
    for (const file of list(`/proc/${pid}/fd`)) {
      try {
        if (readlinkSync(`/proc/${pid}/fd/${file}`) !== 'anon_inode:inotify') continue;
        if (wanted.test(readFileSync(`/proc/${pid}/fdinfo/${file}`, 'utf8'))) return true;
      } catch {
        // The process ended, or is not ours to look at.
      }
    }
  }
  return false;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
