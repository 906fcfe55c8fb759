import type { ChallengeTask } from '../plugins/contract.js';

/** Remembers which answers the CA has fetched, so that the order is polled when there is something to see. */
export function watchServed(): { mark: (task: ChallengeTask) => void; all: (tasks: readonly ChallengeTask[]) => Promise<void> } {
  const seen = new Set<string>();
  let waiting: { missing: Set<string>; resolve: () => void }[] = [];
  return {
    mark({ token }) {
      if (seen.has(token)) return;
      seen.add(token);
      for (const { missing, resolve } of waiting) if (missing.delete(token) && missing.size === 0) resolve();
      waiting = waiting.filter(({ missing }) => missing.size > 0);
    },
    all(tasks) {
      const missing = new Set(tasks.map(({ token }) => token).filter((token) => !seen.has(token)));
      if (missing.size === 0) return Promise.resolve();
      return new Promise((resolve) => waiting.push({ missing, resolve }));
    },
  };
}
