import { readFileSync, readdirSync } from 'node:fs';

/** The processes that a process has started and that are not dead, as /proc shows them. Throws the system's error where there is no /proc. */
export function childrenOf(main: string): readonly string[] {
  return started(main).filter((entry) => parentOf(entry) === main);
}

/** Those that it has started, or all that there are where the system keeps no list of them. */
function started(main: string): readonly string[] {
  try {
    return readFileSync(`/proc/${main}/task/${main}/children`, 'latin1').split(' ').filter((entry) => entry !== '');
  } catch {
    return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  }
}

/** The parent of a process; null when it is gone, or dead and not yet buried. */
export function parentOf(pid: string): string | null {
  try {
    // The name in parentheses may hold anything; what follows it is `state ppid …` (proc(5)).
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? null : (parent ?? null);
  } catch {
    return null;
  }
}
