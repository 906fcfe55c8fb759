import { execFile } from 'node:child_process';
import { PluginError } from '../../core/errors.js';
import { extendedPath } from '../../system/hook-command.js';
import { printable } from '../../system/printable.js';
import { runShell } from '../../system/process.js';

/** Milliseconds for one call: a test loads every certificate, a reload waits for the new process to have done so. */
const LIMIT = 60_000;

export interface Caller {
  environment: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

/** Throws PluginError when there is no HAProxy here. */
export async function requireHaproxy(caller: Caller): Promise<void> {
  await call(['-v'], caller);
}

/** `haproxy -c`: null when the configuration is good with the certificates that are there now, else its own words. Throws PluginError. */
export async function configurationFault(configuration: string, caller: Caller): Promise<string | null> {
  const { ok, output } = await call(['-c', '-f', configuration], caller);
  return ok ? null : output.trim();
}

/** Runs the command that has HAProxy read its files anew. Throws PluginError with what it said. */
export async function runReload(command: string, { environment, signal }: Caller): Promise<void> {
  const { exitCode, stdout, stderr } = await runShell(command, { env: environment, timeoutMs: LIMIT, signal });
  if (exitCode === 0) return;
  throw new PluginError('haproxy-installer', `HAProxy could not be reloaded: \`${command}\` ended with ${exitCode}.\n${printable(`${stderr}${stdout}`).trim()}`, { hint: 'Say with --haproxy-installer-haproxy-restart how HAProxy is reloaded here.' });
}

function call(args: readonly string[], { environment, signal }: Caller): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve, reject) => {
    execFile('haproxy', args, { timeout: LIMIT, signal, env: { ...environment, PATH: extendedPath(environment['PATH']) }, maxBuffer: 4 << 20 }, (error, stdout, stderr) => {
      if (error && 'code' in error && error.code === 'ENOENT') reject(new PluginError('haproxy-installer', 'There is no program haproxy here.', { hint: 'Install HAProxy first.' }));
      else resolve({ ok: error === null, output: printable(`${stdout}${stderr}`) });
    });
  });
}
