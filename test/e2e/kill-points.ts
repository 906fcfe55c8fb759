/** System calls that open, close or change something on disk, or speak to the CA. */
export const CALLS = 'openat,close,connect,write,writev,pwrite64,fsync,fdatasync,ftruncate,rename,renameat,renameat2,symlink,symlinkat,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir,chmod,fchmod,fchmodat,chown,fchown,fchownat,utimensat';

/** Those that change nothing on disk. */
const PASSIVE = new Set(['openat', 'close', 'connect']);

/** One system call of a program's main thread. */
export interface Call {
  call: string;
  /** strace counts each system call by itself. */
  nth: number;
  line: string;
}

/** The calls in a trace of the main thread (strace without -f), each with its number among those of the same name. */
export function callsIn(trace: string): readonly Call[] {
  const seen = new Map<string, number>();
  return trace.split('\n').flatMap((line) => {
    const call = /^([a-z0-9_]+)\(/.exec(line)?.[1];
    if (call === undefined) return [];
    const nth = (seen.get(call) ?? 0) + 1;
    seen.set(call, nth);
    return [{ call, nth, line }];
  });
}

export function isChange({ call }: Call): boolean {
  return !PASSIVE.has(call);
}

/** `count` of these, evenly spread. */
export function spread<T>(all: readonly T[], count: number): readonly T[] {
  const number = Math.max(0, Math.min(all.length, count));
  return Array.from({ length: number }, (_, index) => all[Math.floor((index * all.length) / number)]).filter((item) => item !== undefined);
}

/** What strace is told: kill the program as it begins this call. */
export function killAt({ call, nth }: Call): readonly string[] {
  return ['-e', `trace=${CALLS}`, '-e', `inject=${call}:signal=SIGKILL:when=${nth}`];
}
