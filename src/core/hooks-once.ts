import type { HooksAround } from './carry-out.js';
import type { RenewalOutcome } from './events.js';
import { LONGEST_LIST, postEnvironment } from './hook-environment.js';
import { hooksOf, runOne, type HookRun, type HookWorld, type RunHook } from './hooks.js';
import type { Settings } from './settings.js';

/**
 * F55: each distinct pre hook runs once in the process, before the first certificate that needs it; post hooks are collected and
 * run at the end, each once, also after failures.
 */
export function hooksOnce(world: HookWorld): { around: HooksAround; end(outcomes: readonly RenewalOutcome[]): Promise<readonly HookRun[]> } {
  const before = new Map<string, Promise<unknown>>();
  const after = new Map<string, Settings>();
  return {
    around: {
      async before(settings) {
        for (const { command } of hooksOf(settings, 'post')) if (!after.has(command)) after.set(command, settings);
        for (const { command } of hooksOf(settings, 'pre')) {
          const running = before.get(command) ?? runOne('pre', command, {}, settings, world);
          before.set(command, running);
          await running;
        }
      },
      after: () => Promise.resolve([]),
    },
    async end(outcomes) {
      const names = (state: RenewalOutcome['state']): readonly string[] => outcomes.filter((outcome) => outcome.state === state).flatMap(({ names: domains }) => domains ?? []);
      const dropped = outcomes.flatMap((outcome) => outcome.dropped ?? []);
      const env = postEnvironment(names('renewed'), [...names('failed'), ...dropped], LONGEST_LIST.renew);
      const runs: HookRun[] = [];
      for (const [command, settings] of after) runs.push(await runOne('post', command, env, settings, world));
      return runs;
    },
  };
}

/** Hooks of certificates that are worked on at the same time still run one after the other, as their authors expect. */
export function inOrder(runHook: RunHook): RunHook {
  let last: Promise<unknown> = Promise.resolve();
  return (command, options) => {
    const turn = last.then(() => runHook(command, options));
    last = turn.catch(() => undefined);
    return turn;
  };
}
