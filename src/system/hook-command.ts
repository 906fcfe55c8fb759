import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { HookFailed } from '../core/errors.js';

/** Where administration programs are, for callers with a short PATH such as cron (F56). */
const SBIN = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin'];

/** PATH with the usual administration directories at its end. */
export function extendedPath(path: string | undefined): string {
  const given = (path ?? '').split(':').filter((part) => part !== '');
  return [...given, ...SBIN.filter((folder) => !given.includes(folder))].join(':');
}

/** The file that a program's name means, looked up in `path` and the usual administration directories; null when there is none. */
export function findProgram(program: string, path: string | undefined): string | null {
  if (program === '') return null;
  if (program.includes('/')) return runnable(program) ? program : null;
  return extendedPath(path).split(':').map((folder) => join(folder, program)).find(runnable) ?? null;
}

/**
 * F56: the first word of a hook's command must be a program that can be run. `name` is what the command is for
 * (`pre-hook`, `manual-auth-hook`). Throws HookFailed in certbot's words, in their right order (T19).
 */
export function checkHookCommand(command: string, name: string, path: string | undefined): void {
  const program = command.trim().split(/\s+/)[0] ?? '';
  if (program === '' || findProgram(program, path) !== null) return;
  if (existsSync(program)) {
    throw new HookFailed(`${name} command ${program} exists, but is not executable.`, { hint: `Nothing was done yet. Make it executable: chmod +x ${program}` });
  }
  throw new HookFailed(`Unable to find ${name} command ${program} in the PATH.\n(PATH is ${extendedPath(path)})`, {
    hint: 'Nothing was done yet. Give the full path of an executable file; for words of the shell --disable-hook-validation leaves this check out.',
  });
}

/** Is this a file that may be executed? */
export function runnable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
