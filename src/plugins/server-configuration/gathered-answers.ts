import type { Authenticator, ChallengeContext, ChallengeTask } from '../contract.js';

/** Milliseconds in which the answers of several certificates are gathered into one change. */
const GATHER = 40;

/** A web server that can be made to answer http-01 itself. */
export interface AnsweringServer<Open> {
  /** Finds it. Throws PluginError. */
  open(context: ChallengeContext): Promise<Open>;
  /** Changes its configuration, by the context's changeForNow, and returns when it answers. Throws PluginError. */
  place(open: Open, tasks: readonly ChallengeTask[], context: ChallengeContext): Promise<void>;
  /** Has it use what was put back. Throws PluginError. */
  reload(open: Open): Promise<void>;
}

/**
 * A web server answers http-01 itself. Answers of several certificates that come within a moment are one change and one reload; the last
 * one that is cleaned up has the configuration put back, by one more reload.
 */
export function answeringAuthenticator<Open>(server: AnsweringServer<Open>): Authenticator {
  let opened: Promise<Open> | null = null;
  let waiting: { tasks: readonly ChallengeTask[]; resolve: () => void; reject: (error: unknown) => void }[] = [];
  const present = new Set<ChallengeTask>();
  let turn: Promise<unknown> = Promise.resolve();

  const change = async (context: ChallengeContext): Promise<void> => {
    const group = waiting;
    waiting = [];
    try {
      const open = await (opened ??= server.open(context));
      // What is there from before is part of the new change, for a file is kept only once.
      if (present.size > 0) await context.putBack();
      for (const { tasks } of group) for (const task of tasks) present.add(task);
      await server.place(open, [...present], context);
      for (const { resolve } of group) resolve();
    } catch (error) {
      for (const { tasks } of group) for (const task of tasks) present.delete(task);
      for (const { reject } of group) reject(error);
    }
  };
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = turn.then(work);
    turn = next.catch(() => undefined);
    return next;
  };

  return {
    challengeTypes: (identifier, wildcard) => (identifier.type === 'dns' && !wildcard ? ['http-01'] : []),
    async prepare(context) {
      await (opened ??= server.open(context));
    },
    present(tasks, context) {
      return new Promise((resolve, reject) => {
        waiting.push({ tasks, resolve, reject });
        if (waiting.length === 1) setTimeout(() => void inTurn(() => change(context)), GATHER);
      });
    },
    async cleanUp(tasks, context) {
      const mine = tasks.filter((task) => present.delete(task));
      if (mine.length === 0 || present.size > 0 || waiting.length > 0) return;
      await inTurn(async () => {
        if (present.size > 0) return;
        await context.putBack();
        const open = await opened;
        if (open) await server.reload(open);
      });
    },
  };
}
