import { readFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { exitCodeFor } from './cli/exit-codes.js';
import { parse } from './cli/parser.js';
import { caLabel } from './core/ca.js';
import { Cancelled, CertwrightError, Refused } from './core/errors.js';
import type { Interaction } from './core/interaction.js';
import type { OptionValues, Settings } from './core/settings.js';
import type { World } from './core/world.js';
import { builtInPlugins } from './plugins/registry.js';
import type { Sandbox } from './sandbox/sandbox.js';
import { acquireLocks } from './store/lock.js';
import { ensureDirectories, type Directories } from './store/paths.js';
import { systemClock } from './system/clock.js';
import { openLog, type Log } from './system/log.js';
import { printable } from './system/printable.js';
import { openInteraction } from './ui/open-interaction.js';

export interface RunOptions {
  /** Without node and the script. */
  args: readonly string[];
  /** The name we were called by (S01). */
  program: string;
  env?: Readonly<Record<string, string | undefined>>;
  stdin?: NodeJS.ReadStream;
  stdout?: NodeJS.WriteStream;
  stderr?: NodeJS.WriteStream;
}

interface Streams {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
}

/** Runs one command and says how it ended: 0 done, 1 failed or cancelled, 2 not understood. Never throws, never ends the process. */
export async function run({ args, program, env = process.env, stdin = process.stdin, stdout = process.stdout, stderr = process.stderr }: RunOptions): Promise<number> {
  const streams = { stdin, stdout, stderr };
  try {
    const parsed = parse({ args, env, program, plugins: builtInPlugins, readFile: readText });
    if (parsed.kind !== 'settings') {
      stdout.write(`${parsed.text.trimEnd()}\n`);
      return 0;
    }
    for (const warning of parsed.warnings) stderr.write(`${printable(warning)}\n`);
    return await runCommand(parsed.settings, args, env, streams);
  } catch (error) {
    return explain(error, program, stderr, null);
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function runCommand(asked: Settings, args: readonly string[], env: RunOptions['env'] & object, streams: Streams): Promise<number> {
  const cancel = new AbortController();
  const onSignal = (): void => cancel.abort(new Cancelled());
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  const closing: (() => unknown)[] = [];
  let log: Log | null = null;
  let interaction: Interaction | null = null;
  try {
    const sandboxed = asked.values.sandbox || asked.verb === 'sandbox' ? await startRehearsal(asked, env) : null;
    if (sandboxed) closing.push(sandboxed.close);
    const settings = sandboxed?.settings ?? asked;
    if (asked.verb === 'sandbox' && sandboxed) {
      const { leaveRunning } = await import('./core/commands/sandbox.js');
      return await leaveRunning(sandboxed.running, (line) => void streams.stdout.write(`${line}\n`), cancel.signal);
    }
    const dirs: Directories = { config: settings.values.configDir, work: settings.values.workDir, logs: settings.values.logsDir };
    ensureDirectories(dirs, { strict: settings.values.strictPermissions });
    log = openLog(dirs.logs, { maxBackups: settings.values.maxLogBackups });
    const logged = log;
    logged.write('debug', 'main', `certwright ${CERTWRIGHT_VERSION}, node ${process.versions.node}, ${[settings.program, ...masked(args)].join(' ')}`);
    interaction = await openInteraction(settings, streams, env, {
      sandbox: sandboxed !== null,
      ca: sandboxed ? 'sandbox CA' : caLabel(settings.values.server),
      program: settings.program,
      cancel: onSignal,
    });
    const open = interaction;
    closing.push(() => open.close());
    const locks = await acquireLocks([dirs.config, dirs.work, dirs.logs], { waitSeconds: settings.values.waitForLock, signal: cancel.signal });
    closing.push(() => locks.release());
    interaction.report({ type: 'log-file', path: log.path });
    const world = makeWorld({ settings, args, env, streams, dirs, log, interaction, cancel, sandboxed });
    await dispatch(settings, world);
    return 0;
  } catch (error) {
    const shown = cancel.signal.aborted ? new Cancelled() : error;
    await interaction?.close();
    return explain(shown, asked.program, streams.stderr, log, interaction);
  } finally {
    for (const close of closing.reverse()) await close();
    log?.close();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}
