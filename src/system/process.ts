import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { extendedPath } from './hook-command.js';

export interface ShellResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** More than this much output of a command is dropped. */
const LIMIT = 1 << 20;
/** Milliseconds for the output of a command that was killed: a child that left its process group may keep it open. */
const LAST_WORDS = 500;
/**
 * Runs a command by `/bin/sh -c` in a process group of its own, so that a time limit (milliseconds, 0 = none) or an abort
 * ends its children too. Its stdin is never ours: it is empty, or holds `input`. Never throws for how the command ends: killed counts as exit code 128 + the signal's number.
 */
export function runShell(
  command: string,
  { env, timeoutMs = 0, signal, input }: { env: Readonly<Record<string, string | undefined>>; timeoutMs?: number; signal?: AbortSignal; input?: string },
): Promise<ShellResult> {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', command], { detached: true, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'], env: { ...env, PATH: extendedPath(env['PATH']) } }) as ChildProcessByStdio<Writable | null, Readable, Readable>;
    // A command that does not read what it is given is fine.
    child.stdin?.on('error', () => undefined).end(input);
    let stdout = '';
    let stderr = '';
    let note = '';
    let lastWords: NodeJS.Timeout | undefined;
    const kill = (why: string): void => {
      note = why;
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // Already gone.
      }
      lastWords = setTimeout(() => [child.stdout, child.stderr].forEach((stream) => stream.destroy()), LAST_WORDS);
    };
    const timer = timeoutMs > 0 ? setTimeout(() => kill(`stopped after ${timeoutMs / 1000} s\n`), timeoutMs) : null;
    const onAbort = (): void => kill('stopped\n');
    signal?.addEventListener('abort', onAbort, { once: true });
    const end = (exitCode: number): void => {
      if (timer) clearTimeout(timer);
      clearTimeout(lastWords);
      signal?.removeEventListener('abort', onAbort);
      resolve({ exitCode, stdout, stderr: `${stderr}${note}` });
    };
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout = (stdout + chunk).slice(0, LIMIT)));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr = (stderr + chunk).slice(0, LIMIT)));
    child.once('error', (error) => {
      stderr += `${error.message}\n`;
      end(127);
    });
    child.once('close', (code, killed) => end(code ?? (killed === 'SIGKILL' ? 137 : 143)));
  });
}
