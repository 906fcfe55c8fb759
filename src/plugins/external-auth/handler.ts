import { HookFailed } from '../../core/errors.js';
import { printable } from '../../system/printable.js';
import { runShell, type ShellResult } from '../../system/process.js';

/** What a handler is told: every field is a variable, plain and with the prefix `cbot_`. */
export type Fields = Readonly<Record<string, string | number | null>>;

export interface HandlerCall {
  program: string;
  command: string;
  /** More words: those of dehydrated's hooks. */
  words?: readonly string[];
  fields: Fields;
}

export interface HandlerWorld {
  environment: Readonly<Record<string, string | undefined>>;
  /** Milliseconds; 0 = no limit. */
  timeoutMs: number;
  signal?: AbortSignal;
}

/** Lines of a failed handler's output that its error tells. */
const TOLD = 5;

/** Runs PROGRAM COMMAND. Never throws for how it ends: see `handlerFault`. */
export function callHandler({ program, command, words = [], fields }: HandlerCall, { environment, timeoutMs, signal }: HandlerWorld): Promise<ShellResult> {
  const told = { cmd: command, ...fields };
  const variables = Object.entries(told).filter(([, value]) => value !== null).map(([name, value]) => [name, String(value)] as const);
  const env = {
    ...environment,
    ...Object.fromEntries(variables.flatMap(([name, value]) => [[name, value], [`cbot_${name}`, value]])),
    cbot_json: JSON.stringify(told),
  };
  return runShell([program, ...[command, ...words].map(quoted)].join(' '), { env, timeoutMs, ...(signal ? { signal } : {}) });
}

/** Null when it did its work, or said that it has none to do here: a handler answers `NotImplemented` to commands that it does not know. */
export function handlerFault({ program, command, fields }: HandlerCall, { exitCode, stdout, stderr }: ShellResult): HookFailed | null {
  if (exitCode === 0 || /NotImplemented/.test(stdout)) return null;
  const said = printable(`${stderr}${stdout}`).trim().split('\n').filter((line) => line !== '').slice(0, TOLD);
  const domain = fields['domain'];
  return new HookFailed([`The handler ended with ${exitCode}: ${program} ${command}${domain === undefined ? '' : ` (${String(domain)})`}`, ...said.map((line) => `  ${line}`)].join('\n'), {
    ...(domain === undefined ? {} : { names: [String(domain)] }),
    hint: 'Mend the program of --out-handler and run the same command again. For a command that it does not know it must print NotImplemented.',
  });
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
