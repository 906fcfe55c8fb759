import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Event } from './events.js';
import type { Settings } from './settings.js';

export type HookKind = 'pre' | 'post' | 'deploy';

/** Runs a command by the shell; the outside world as a parameter. */
export type RunHook = (command: string, options: { env: Record<string, string>; timeoutMs: number }) => Promise<{ exitCode: number; stdout: string; stderr: string }>;

/** Executable files of a hook directory by byte value of their names (S89); `~` files are editors' leftovers (C26). */
export function directoryHooks(configDir: string, kind: HookKind): readonly string[] {
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
    .map((name) => join(folder, name))
    .filter(executable);
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Hooks of one kind in the order they run: the directory's first, then the configured one unless it is one of these (S90, S91). */
export function hooksOf(settings: Settings, kind: HookKind): readonly string[] {
  const { directoryHooks: useDirectory, configDir, preHook, postHook, deployHook } = settings.values;
  const own = { pre: preHook, post: postHook, deploy: deployHook }[kind];
  const fromDirectory = useDirectory ? directoryHooks(configDir, kind) : [];
  return own === undefined || own === '' || fromDirectory.includes(own) ? fromDirectory : [...fromDirectory, own];
}

/** Runs the hooks one after the other. A failing hook is reported and does not stop anything (S85). */
export async function runHooks(settings: Settings, kind: HookKind, env: Record<string, string>, run: RunHook, report: (event: Event) => void): Promise<void> {
  for (const command of hooksOf(settings, kind)) {
    const result = await run(command, { env, timeoutMs: settings.values.hookTimeout * 1000 });
    report({ type: 'hook', kind: `${kind}-hook`, command, ...result });
  }
}
