import type { ChallengeTask } from '../plugins/contract.js';

/** Remembers which answers the CA has fetched, so that the order is polled when there is something to see. */
export function watchServed(): { mark: (task: ChallengeTask) => void; all: (tasks: readonly ChallengeTask[]) => Promise<void> } {
  const seen = new Set<string>();
  let waiting: { tokens: readonly string[]; resolve: () => void }[] = [];
  const complete = (tokens: readonly string[]): boolean => tokens.every((token) => seen.has(token));
  return {
    mark(task) {
      seen.add(task.token);
      for (const { tokens, resolve } of waiting) if (complete(tokens)) resolve();
      waiting = waiting.filter(({ tokens }) => !complete(tokens));
    },
    all(tasks) {
      const tokens = tasks.map(({ token }) => token);
      if (complete(tokens)) return Promise.resolve();
      return new Promise((resolve) => waiting.push({ tokens, resolve }));
    },
  };
}
