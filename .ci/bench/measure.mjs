import { spawn } from 'node:child_process';

/** Waits for its one child as the shell's `time` does, and tells what the kernel accounted for it. Python is there: certbot needs it. */
const WAIT = `
import json, os, sys, time
begun = time.monotonic()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, used = os.wait4(child, 0)
wall = time.monotonic() - begun
os.write(3, json.dumps({"code": os.waitstatus_to_exitcode(status), "wall": wall, "cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss / 1024}).encode())
`;
/** Milliseconds; certbot needs 150 s for 50 renewals over a slow line, 380 s for one name among 5,000 blocks, and much more for 50 names there. */
const LIMIT = 600_000;

/** Seconds of wall clock and CPU, and the peak in MiB, of one run; rejects with its words when it fails. One that takes too long is `stopped`: its wall time is longer than this one. */
export function measure(program, args, env) {
  return new Promise((resolve, reject) => {
    const words = [...program, ...args];
    const child = spawn('/usr/bin/python3', ['-I', '-S', '-c', WAIT, ...words], { env, detached: true, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
    let stopped = false;
    const timer = setTimeout(() => {
      stopped = true;
      process.kill(-child.pid, 'SIGKILL');
    }, LIMIT);
    let said = '';
    let figures = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
    child.stdio[3].on('data', (chunk) => (figures += chunk));
    child.on('error', reject);
    child.on('close', () => {
      clearTimeout(timer);
      const { code = null, ...measured } = figures === '' ? {} : JSON.parse(figures);
      if (stopped) resolve({ stopped, wall: LIMIT / 1000, cpu: NaN, peak: NaN });
      else if (code === 0) resolve(measured);
      else reject(new Error(`exit ${code}: ${words.join(' ')}\n${said}`));
    });
  });
}

export const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  return ((sorted[Math.floor((sorted.length - 1) / 2)] ?? NaN) + (sorted[Math.ceil((sorted.length - 1) / 2)] ?? NaN)) / 2;
};
