import type { Hook } from '../hooks.js';

/** As `store/deploy-queue` keeps it. */
export interface WaitingDeploy extends Hook {
  since: string;
  exitCode?: number;
}

export interface DeploysDue {
  /** To be run now, in order. */
  run: readonly WaitingDeploy[];
  /** Stays in the queue unasked: --no-directory-hooks. */
  keep: readonly WaitingDeploy[];
  /** A person has taken the hook away meanwhile. */
  dropped: readonly WaitingDeploy[];
}

/**
 * Which waiting deploy hooks of a certificate run again (N26). `present`: its deploy hooks as they are now, those of the directory
 * among them in any case. Whoever mends a hook may give it another command: what --deploy-hook says now runs in the place of what
 * it said then. Pure.
 */
export function deploysDue(queue: readonly WaitingDeploy[], present: readonly Hook[], { directoryHooks }: { directoryHooks: boolean }): DeploysDue {
  const run: WaitingDeploy[] = [];
  const keep: WaitingDeploy[] = [];
  const dropped: WaitingDeploy[] = [];
  for (const waiting of queue) {
    const now = present.find(({ command, from }) => from === waiting.from && (from === 'option' || command === waiting.command));
    if (!now) dropped.push(waiting);
    else if (waiting.from === 'directory' && !directoryHooks) keep.push(waiting);
    else run.push({ ...waiting, command: now.command });
  }
  return { run, keep, dropped };
}
