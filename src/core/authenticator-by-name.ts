import type { Authenticator, ChallengeContext, ChallengeTask } from '../plugins/contract.js';
import type { ObtainPlan } from './decide/plan.js';

/**
 * Several authenticators as one (U03): each gets the tasks of its names, as the plan says. They begin one after the other, for two may
 * change the same server; then all waits run at once. Whatever one of them throws, the others clean up all the same.
 */
export function authenticatorByName(loaded: ReadonlyMap<string, Authenticator>, { proofs, authenticator: main }: Pick<ObtainPlan, 'proofs' | 'authenticator'>): Authenticator {
  const names = new Map(proofs.map(({ identifier, authenticator }) => [identifier.value, authenticator]));
  const all = [...loaded.values()];
  const by = (value: string, wildcard: boolean): Authenticator => {
    const found = loaded.get(names.get(wildcard && !value.startsWith('*.') ? `*.${value}` : value) ?? main);
    if (!found) throw new Error(`no authenticator for ${value}`);
    return found;
  };
  const parts = (tasks: readonly ChallengeTask[]): readonly { authenticator: Authenticator; own: readonly ChallengeTask[] }[] =>
    all.map((authenticator) => ({ authenticator, own: tasks.filter(({ identifier, wildcard }) => by(identifier.value, wildcard) === authenticator) })).filter(({ own }) => own.length > 0);

  return {
    challengeTypes: (identifier, wildcard) => by(identifier.value, wildcard).challengeTypes(identifier, wildcard),
    check(context) {
      for (const authenticator of all) authenticator.check?.(context);
    },
    async prepare(context) {
      const ready: Authenticator[] = [];
      try {
        for (const authenticator of all) {
          await authenticator.prepare(context);
          ready.push(authenticator);
        }
      } catch (error) {
        // Nobody else gives back what the first ones took.
        await cleanUpEach(ready.map((authenticator) => ({ authenticator, own: [] })), context).catch(() => undefined);
        throw error;
      }
    },
    async present(tasks, context) {
      for (const { authenticator, own } of parts(tasks)) await authenticator.present(own, context);
    },
    async wait(tasks, context) {
      const waits = await Promise.allSettled(parts(tasks).map(({ authenticator, own }) => authenticator.wait?.(own, context)));
      for (const wait of waits) if (wait.status === 'rejected') throw wait.reason;
    },
    cleanUp: (tasks, context) => cleanUpEach(tasks.length > 0 ? parts(tasks) : all.map((authenticator) => ({ authenticator, own: [] })), context),
  };
}

async function cleanUpEach(parts: readonly { authenticator: Authenticator; own: readonly ChallengeTask[] }[], context: ChallengeContext): Promise<void> {
  const failures: unknown[] = [];
  for (const { authenticator, own } of parts) {
    try {
      await authenticator.cleanUp(own, context);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
