import { findProgram } from './hook-command.js';
import { printable } from './printable.js';
import { runShell } from './process.js';

/** Milliseconds for a service to stop and start. */
const LIMIT = 120_000;

/** Restarts a service of this system by systemctl, or where there is none by `service`. Returns null when it was done, else what was run and what it said. */
export async function restartService(name: string, { environment, signal }: { environment: Readonly<Record<string, string | undefined>>; signal: AbortSignal }): Promise<string | null> {
  const command = findProgram('systemctl', environment['PATH']) === null ? `service ${name} restart` : `systemctl restart ${name}.service`;
  const { exitCode, stdout, stderr } = await runShell(command, { env: environment, timeoutMs: LIMIT, signal });
  return exitCode === 0 ? null : `\`${command}\` ended with ${exitCode}. ${printable(`${stderr}${stdout}`).trim()}`.trim();
}
