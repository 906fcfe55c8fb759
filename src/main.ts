import { readFileSync } from 'node:fs';
import { exitCodeFor } from './cli/exit-codes.js';
import { parse } from './cli/parser.js';
import { commands } from './commands.js';
import { caLabel } from './core/ca.js';
import { Cancelled, CertwrightError, ChallengesFailed, Refused } from './core/errors.js';
import type { Event } from './core/events.js';
import type { Interaction } from './core/interaction.js';
import type { Settings } from './core/settings.js';
import type { World } from './core/world.js';
import { cliOptions } from './cli/options.js';
import { pluginFolders } from './cli/plugin-folders.js';
import { gatherPlugins } from './plugins/gathered.js';
import type { PluginDescriptor } from './plugins/contract.js';
import type { Rehearsal } from './rehearsal.js';
import { changesUnfinished } from './store/checkpoint.js';
import { locksOfRun } from './store/lock.js';
import { ensureDirectories, type Directories } from './store/paths.js';
import { openLog, type Log } from './system/log.js';
import { printable } from './system/printable.js';
import { openInteraction } from './ui/open-interaction.js';
import { makeWorld } from './world.js';

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

interface Call {
  program: string;
  args: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  plugins: readonly PluginDescriptor[];
}

/** Runs one command and says how it ended: 0 done, 1 failed or cancelled, 2 not understood. Never throws, never ends the process. */
export async function run({ args, program, env = process.env, stdin = process.stdin, stdout = process.stdout, stderr = process.stderr }: RunOptions): Promise<number> {
  const bare: Call = { program, args, env, stdin, stdout, stderr, plugins: [] };
  try {
    const { plugins, warnings } = await gatherPlugins(pluginFolders(args, env, readText), cliOptions.flatMap(({ flags }) => flags));
    const call: Call = { ...bare, plugins };
    const parsed = settingsFrom(call, args);
    if (parsed.kind !== 'settings') {
      stdout.write(`${parsed.text.trimEnd()}\n`);
      return 0;
    }
    // -q is for cron, where every line becomes a mail (S93).
    for (const warning of [...(parsed.settings.values.quiet ? [] : warnings), ...parsed.warnings]) stderr.write(`${printable(warning)}\n`);
    return await runCommand(parsed.settings, call);
  } catch (error) {
    return explain(error, bare, null, null);
  }
}

function settingsFrom({ env, program, plugins }: Call, args: readonly string[]): ReturnType<typeof parse> {
  return parse({ args, env, program, plugins, readFile: readText });
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function runCommand(asked: Settings, call: Call): Promise<number> {
  const cancel = new AbortController();
  const onSignal = (): void => cancel.abort(new Cancelled());
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  const closing: (() => unknown)[] = [];
  let log: Log | null = null;
  let interaction: Interaction | null = null;
  try {
    const rehearsal = await rehearsalFor(asked, call);
    if (rehearsal) closing.push(() => rehearsal.close());
    const settings = rehearsal?.settings ?? asked;
    const { configDir, workDir, logsDir, strictPermissions, maxLogBackups, waitForLock } = settings.values;
    if (rehearsal && asked.verb === 'sandbox') {
      const { leaveRunning } = await import('./leave-running.js');
      return await leaveRunning(rehearsal, (line) => void call.stdout.write(`${line}\n`), cancel.signal);
    }
    const dirs: Directories = { config: configDir, work: workDir, logs: logsDir };
    ensureDirectories(dirs, { strict: strictPermissions });
    log = openLog(dirs.logs, { maxBackups: maxLogBackups });
    log.write('debug', 'main', `certwright ${CERTWRIGHT_VERSION}, node ${process.versions.node}: ${[settings.program, ...withoutSecrets(call.args)].join(' ')}`);
    interaction = logged(
      await openInteraction(settings, call, call.env, {
        sandbox: rehearsal !== null,
        ca: rehearsal ? 'sandbox CA' : caLabel(settings.values.server),
        program: settings.program,
        cancel: onSignal,
      }),
      log,
    );
    const locks = locksOfRun({ waitSeconds: waitForLock, signal: cancel.signal });
    closing.push(() => locks.release());
    const world = makeWorld({ args: call.args, plugins: call.plugins, env: rehearsal?.env ?? call.env, dirs, log, interaction, signal: cancel.signal, locks, rehearsal, attended: call.stdin.isTTY });
    await locks.take([dirs.config, dirs.work, dirs.logs]).catch(async (error: unknown) => {
      await (await import('./core/notify.js')).tellEarlyEnd(error, settings, world);
      throw error;
    });
    interaction.report({ type: 'log-file', path: log.path });
    if (changesUnfinished(dirs)) await (await import('./core/put-right.js')).putServersRight(world);
    await dispatch(settings, world, call);
    await interaction.close();
    return 0;
  } catch (error) {
    return await explain(cancel.signal.aborted ? new Cancelled() : error, call, log, interaction);
  } finally {
    for (const close of closing.reverse()) await close();
    log?.close();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

/** `--sandbox` and `certwright sandbox`: the embedded CA, started for this command; null otherwise. */
async function rehearsalFor(asked: Settings, { env }: Call): Promise<Rehearsal | null> {
  if (!asked.values.sandbox && asked.verb !== 'sandbox') return null;
  const { startRehearsal } = await import('./rehearsal.js');
  return startRehearsal(asked, env);
}

/** Everything that is reported stands in the log too, where a support question begins. */
function logged(interaction: Interaction, log: Log): Interaction {
  return {
    ask: (question, at) => interaction.ask(question, at),
    review: (plan, at) => interaction.review(plan, at),
    recover: (error, choices, at) => interaction.recover(error, choices, at),
    instruct: (instructions) => interaction.instruct(instructions),
    close: () => interaction.close(),
    report(event: Event) {
      if (event.type === 'log') log.write(event.level, 'core', event.message);
      // An exchange with the CA stands there already, with all that was said.
      else if (event.type !== 'log-file' && event.type !== 'acme') log.write('debug', 'event', JSON.stringify(event));
      interaction.report(event);
    },
  };
}

async function dispatch(settings: Settings, world: World, call: Call): Promise<void> {
  const { verb } = settings;
  if (verb === 'resume') return resume(settings, world, call);
  if (verb === 'run' || verb === 'certonly') {
    const { obtain } = await import('./core/commands/obtain.js');
    const outcome = await obtain(settings, world);
    if ('instead' in outcome) await dispatch({ ...settings, verb: outcome.instead, operands: outcome.instead === 'schedule' ? ['install'] : [] }, world, call);
    return;
  }
  const load = commands[verb];
  if (!load) {
    throw new Refused(`certwright does not know how to ${verb.replaceAll('_', '-')} yet.`, {
      hint: `certbot works on the same directories: certbot ${verb} --config-dir ${world.dirs.config} does it meanwhile.`,
    });
  }
  await (await load())(settings, world);
}

/** `resume`: runs again, with the same words, every command whose order was not saved yet (N09). */
async function resume({ values }: Settings, world: World, call: Call): Promise<void> {
  const [{ listPending }, { putRight }, { obtain }] = await Promise.all([import('./store/pending.js'), import('./core/put-right.js'), import('./core/commands/obtain.js')]);
  await putRight(world);
  const waiting = listPending(world.dirs);
  if (waiting.length === 0) {
    world.interaction.report({ type: 'log', level: 'info', message: 'Nothing to resume: no order of an earlier run is open.' });
    return;
  }
  for (const { command } of waiting) {
    const parsed = settingsFrom(call, command);
    if (parsed.kind !== 'settings') continue;
    // The directories are those that were looked at, and a sandbox is the one that runs now.
    const { configDir, workDir, logsDir, server, http01Port, http01Address, httpsPort } = values;
    const here = { configDir, workDir, logsDir, ...(world.sandbox ? { server, http01Port, http01Address, httpsPort } : {}) };
    await obtain({ ...parsed.settings, values: { ...parsed.settings.values, ...here } }, { ...world, args: command });
  }
}

/** The words of the command without what must not stand in a log. */
function withoutSecrets(args: readonly string[]): readonly string[] {
  return args.map((word, index) => {
    if (/^--eab-h[a-z-]*=/.test(word)) return `${word.slice(0, word.indexOf('='))}=…`;
    // The path of a webhook's address is often its password.
    const webhook = args[index - 1] === '--notify' || word.startsWith('--notify=') ? /^((?:--notify=)?https?:\/\/[^/?#]*).+/.exec(word) : null;
    if (webhook) return `${webhook[1]}/…`;
    return /^--eab-h[a-z-]*$/.test(args[index - 1] ?? '') && !word.startsWith('-') ? '…' : word;
  });
}

/** Says what went wrong, once, where this run speaks to its person; a bug's stack goes to the log only. Returns the exit code. */
async function explain(error: unknown, { stderr, program }: Call, log: Log | null, interaction: Interaction | null): Promise<number> {
  const expected = error instanceof CertwrightError;
  const message = expected ? error.message : `Something unexpected happened in ${program}: ${error instanceof Error ? error.message : String(error)}`;
  const hint = expected ? error.hint : log ? `This is a fault of ours; the log says where: ${log.path}` : 'This is a fault of ours. Run it again with -v, and tell us.';
  if (!expected) log?.write('error', 'main', error instanceof Error ? (error.stack ?? error.message) : String(error));
  if (interaction) {
    interaction.report({
      type: 'failed',
      code: expected ? error.code : 'bug',
      message,
      ...(hint === undefined ? {} : { hint }),
      ...(error instanceof ChallengesFailed ? { failures: error.failures.map(({ name, problem, advice }) => ({ name, problem, ...(advice === undefined ? {} : { advice }) })) } : {}),
    });
    await interaction.close();
  } else {
    stderr.write(`${printable(message)}\n${hint === undefined ? '' : `${printable(hint)}\n`}`);
  }
  return exitCodeFor(error);
}
