import { readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { masked } from '../system/log.js';
import { printableLine } from '../system/printable.js';

/** Who has the record lock of this file, as far as /proc tells; undefined when it cannot be found out. */
export function lockHolder(path: string): { pid: number; command: string } | undefined {
  try {
    const { ino } = statSync(path);
    const line = readFileSync('/proc/locks', 'utf8')
      .split('\n')
      .map((text) => /^\d+: (?:POSIX|OFDLCK) .* WRITE (-?\d+) \S+:(\d+) /.exec(text))
      .find((found) => found?.[2] === String(ino));
    if (!line) return undefined;
    // A lock that belongs to an open file, not to a process, shows no process: look for who has the file open.
    const pid = Number(line[1]) > 0 ? Number(line[1]) : processWithOpen(path);
    return pid === undefined ? undefined : { pid, command: commandOf(pid) };
  } catch {
    return undefined;
  }
}

function processWithOpen(path: string): number | undefined {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  const holder = pids.find((pid) => {
    try {
      return readdirSync(`/proc/${pid}/fd`).some((file) => readlinkSync(`/proc/${pid}/fd/${file}`) === path);
    } catch {
      return false;
    }
  });
  return holder === undefined ? undefined : Number(holder);
}

function commandOf(pid: number): string {
  const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
  return printableLine(masked(words.join(' ')), 120) || 'unknown command';
}
