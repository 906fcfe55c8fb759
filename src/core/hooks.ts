import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { checkHookCommand, runnable } from '../system/hook-command.js';
import { HookFailed } from './errors.js';
import type { DeployOutcome, Event } from './events.js';
import type { Settings } from './settings.js';

export type HookKind = 'pre' | 'post' | 'deploy';

/** Runs a command by the shell; the outside world as a parameter. Without `input` the command's stdin is empty. */
export type RunHook = (command: string, options: { env: Record<string, string>; timeoutMs: number; input?: string }) => Promise<{ exitCode: number; stdout: string; stderr: string }>;

export interface HookWorld {
  runHook: RunHook;
  interaction: { report(event: Event): void };
}

/** A hook that would run, and whether it is a file of renewal-hooks/ or what the person configured. */
export interface Hook {
  command: string;
  from: 'directory' | 'option';
}

/** How a hook ended. */
export interface HookRun {
  kind: HookKind | 'failure';
  command: string;
  exitCode: number;
}

/** Executable files of a hook directory by byte value of their names (S89); `~` files are editors' leftovers (C26). */
export function directoryHooks(configDir: string, kind: HookKind): readonly string[] {
  return hookFiles(configDir, kind).filter(runnable);
}

/** Everything in a hook directory that is there to run, in order, also what may not be executed. */
export function hookFiles(configDir: string, kind: HookKind): readonly string[] {
  const folder = join(configDir, 'renewal-hooks', kind);
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .filter((name) => !name.endsWith('~'))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map((name) => join(folder, name));
}

/**
 * Hooks of one kind in the order they run: the directory's first, then the configured one, unless it is nothing but the path of one of
 * these (S90, S91).
 */
export function hooksOf({ values }: Settings, kind: HookKind): readonly Hook[] {
  const own = configuredHook(values, kind);
  const fromDirectory = values.directoryHooks ? directoryHooks(values.configDir, kind) : [];
  const hooks = fromDirectory.map((command): Hook => ({ command, from: 'directory' }));
  return own === undefined || fromDirectory.includes(resolve(own.trim())) ? hooks : [...hooks, { command: own, from: 'option' }];
}

/** --pre-hook, --post-hook or --deploy-hook; undefined when there is none. */
export function configuredHook({ preHook, postHook, deployHook }: Settings['values'], kind: HookKind): string | undefined {
  const own = { pre: preHook, post: postHook, deploy: deployHook }[kind];
  return own === undefined || own.trim() === '' ? undefined : own;
}

/**
 * F56: the commands that this command line and its configuration files name must be there, before anything is done. What a renewal
 * file says is not looked at here: a post hook that went missing must not keep a certificate from being renewed. Throws HookFailed.
 */
export function validateHooks({ values }: Settings, env: Readonly<Record<string, string | undefined>>): void {
  if (!values.validateHooks) return;
  for (const kind of ['pre', 'post', 'deploy'] as const) checkHookCommand(configuredHook(values, kind) ?? '', `${kind}-hook`, env['PATH']);
  checkHookCommand(values.failureHook ?? '', 'failure-hook', env['PATH']);
}

/** --strict-hooks (U18): a deploy or post hook that failed makes the run fail, once everything is done. Throws HookFailed. */
export function refuseFailedHooks(deploys: readonly DeployOutcome[], post: readonly HookRun[]): void {
  const failed = [...deploys.filter(({ state }) => state === 'failed').map(({ command }) => `deploy-hook ${command}`), ...post.filter(({ exitCode }) => exitCode !== 0).map(({ command }) => `post-hook ${command}`)];
  if (failed.length === 0) return;
  throw new HookFailed(`${failed.length} hook failure(s): ${[...new Set(failed)].join('; ')}`, { hint: 'The certificates themselves are fine; with --strict-hooks a failing hook counts as a failure.' });
}

/** Runs one hook and reports it. A failing hook stops nothing (S85); whoever wants to know gets its exit code. */
export async function runOne(kind: HookRun['kind'], command: string, env: Record<string, string>, settings: Settings, { runHook, interaction }: HookWorld, name?: string): Promise<HookRun> {
  for (const list of ['RENEWED_DOMAINS', 'FAILED_DOMAINS']) {
    if (env[`${list}_TRUNCATED`] !== undefined) interaction.report({ type: 'log', level: 'warning', message: `Limiting ${list} environment variable of the ${kind}-hook to ${(env[list] ?? '').length} characters` });
  }
  const result = await runHook(command, { env, timeoutMs: settings.values.hookTimeout * 1000 });
  interaction.report({ type: 'hook', kind: `${kind}-hook`, command, ...result, ...(name === undefined ? {} : { name }) });
  return { kind, command, exitCode: result.exitCode };
}

/** Runs all hooks of one kind one after the other. */
export async function runHooks(settings: Settings, kind: HookKind, env: Record<string, string>, world: HookWorld): Promise<readonly HookRun[]> {
  const runs: HookRun[] = [];
  for (const { command } of hooksOf(settings, kind)) runs.push(await runOne(kind, command, env, settings, world));
  return runs;
}
