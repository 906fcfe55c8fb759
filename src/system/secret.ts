import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Refused } from '../core/errors.js';
import { printableLine } from './printable.js';

/** Where a secret is read from; a value that names one of these is no secret itself and may be saved and logged. */
const SOURCE = /^(env|file|cmd|credential):(.*)$/s;

/** Does the value name a place (`env:NAME`, `file:PATH`, `cmd:COMMAND`, `credential:NAME`) instead of being the secret? */
export function namesSecret(value: string): boolean {
  return SOURCE.test(value);
}

/** Milliseconds a command may take; a password store may ask for a touch or a PIN. */
const PATIENCE = 60_000;

/**
 * The secret that an option means (U31): the variable of `env:NAME`, the first line of `file:PATH`, the first line that `cmd:COMMAND`
 * (by /bin/sh) writes, the systemd credential of `credential:NAME`; any other value is the secret itself. It is read anew each time
 * and never kept. `what` names the option in errors, which never hold the secret. Throws Refused when there is nothing.
 */
export async function readSecret(value: string, what: string, { env, signal }: { env: Readonly<Record<string, string | undefined>>; signal?: AbortSignal }): Promise<string> {
  const [, kind, place = ''] = SOURCE.exec(value) ?? [];
  if (kind === undefined) return value;
  const no = (why: string, hint?: string): Refused => new Refused(`The value of ${what} cannot be had from ${printableLine(value, 200)}: ${why}.`, hint === undefined ? {} : { hint });
  const found = await lookUp(kind, place, { env, ...(signal === undefined ? {} : { signal }) }, no);
  if (found === '') throw no('there is nothing in it');
  return found;
}

async function lookUp(kind: string, place: string, { env, signal }: { env: Readonly<Record<string, string | undefined>>; signal?: AbortSignal }, no: (why: string, hint?: string) => Refused): Promise<string> {
  switch (kind) {
    case 'env':
      return env[place] ?? '';
    case 'file':
      return firstLine(readText(place, no));
    case 'credential': {
      const folder = env['CREDENTIALS_DIRECTORY'];
      if (folder === undefined || folder === '') throw no('this does not run as a service with credentials', 'systemd sets $CREDENTIALS_DIRECTORY for services that have LoadCredential= or SetCredential=.');
      if (place === '' || basename(place) !== place || place.startsWith('.')) throw no('a credential has a plain name');
      return firstLine(readText(join(folder, place), no));
    }
    default: {
      const { runShell } = await import('./process.js');
      const { exitCode, stdout } = await runShell(place, { env, timeoutMs: PATIENCE, ...(signal === undefined ? {} : { signal }) });
      // What it wrote may hold the secret, or a part of it: none of it is repeated.
      if (exitCode !== 0) throw no(`the command ended with status ${exitCode}`, 'Run it by hand to see what it says.');
      return firstLine(stdout);
    }
  }
}

function readText(path: string, no: (why: string) => Refused): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw no(code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' || code === 'EPERM' ? 'it may not be read' : `it cannot be read (${code ?? 'unknown'})`);
  }
}

function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0] ?? '';
}
