import type { HooksAround } from './carry-out.js';
import type { RenewalOutcome } from './events.js';
import { hooksOf, type RunHook } from './hooks.js';
import type { World } from './world.js';

/** certbot cuts the lists in the environment of post hooks of `renew` at this many characters (C24). */
const LONGEST_LIST = 16_000;

/**
 * F55: each distinct pre hook runs once in the process, before the first certificate that needs it; post hooks are collected and
 * run at the end, each once, also after failures.
 */
export function sharedHooks({ interaction, runHook }: World): { around: HooksAround; end(outcomes: readonly RenewalOutcome[]): Promise<void> } {
  const before = new Map<string, Promise<void>>();
  const after = new Map<string, number>();
  const run = async (kind: string, command: string, env: Record<string, string>, timeoutMs: number): Promise<void> => {
    const result = await runHook(command, { env, timeoutMs });
    interaction.report({ type: 'hook', kind, command, ...result });
  };
  return {
    around: {
      async before(settings) {
        const timeoutMs = settings.values.hookTimeout * 1000;
        for (const command of hooksOf(settings, 'post')) after.set(command, timeoutMs);
        for (const command of hooksOf(settings, 'pre')) {
          const running = before.get(command) ?? run('pre-hook', command, {}, timeoutMs);
          before.set(command, running);
          await running;
        }
      },
      after: () => Promise.resolve(),
    },
    async end(outcomes) {
      const names = (state: RenewalOutcome['state']): string =>
        outcomes
          .filter((outcome) => outcome.state === state)
          .flatMap(({ names: domains }) => domains ?? [])
          .join(' ')
          .slice(0, LONGEST_LIST);
      for (const [command, timeoutMs] of after) await run('post-hook', command, { RENEWED_DOMAINS: names('renewed'), FAILED_DOMAINS: names('failed') }, timeoutMs);
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
