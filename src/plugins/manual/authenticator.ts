import { Cancelled, PluginError } from '../../core/errors.js';
import { runShell } from '../../system/process.js';
import type { Authenticator, ChallengeContext, ChallengeTask } from '../contract.js';
import { hookEnvironment, validateHook } from './hooks.js';

/** What the authentication hook printed, by task, for CERTBOT_AUTH_OUTPUT of its clean-up. */
const outputs = new WeakMap<ChallengeTask, string>();

const text = (context: ChallengeContext, option: string): string | null => {
  const value = context.options[option];
  return typeof value === 'string' && value !== '' ? value : null;
};

/** By the person's own scripts (S133, S134), one after the other as they are written for; or by hand, all at once. */
export const manualAuthenticator: Authenticator = {
  challengeTypes: (identifier, wildcard) => (identifier.type === 'ip' ? ['http-01'] : wildcard ? ['dns-01', 'dns-account-01', 'dns-persist-01'] : ['http-01', 'dns-01', 'dns-account-01', 'dns-persist-01']),
  prepare(context) {
    const auth = text(context, 'manual_auth_hook');
    const cleanup = text(context, 'manual_cleanup_hook');
    if (auth === null && context.noninteractive) {
      throw new PluginError('manual', 'An authentication script must be provided with --manual-auth-hook when using the manual plugin non-interactively.', {
        hint: 'Without -n and in a terminal, you are shown what to place where.',
      });
    }
    if (context.validateHooks) {
      if (auth !== null) validateHook(auth, 'manual-auth-hook', context.environment);
      if (cleanup !== null) validateHook(cleanup, 'manual-cleanup-hook', context.environment);
    }
    return Promise.resolve();
  },
  async present(tasks, context) {
    const auth = text(context, 'manual_auth_hook');
    if (auth === null) return context.instruct(tasks);
    if (context.signal.aborted) throw new Cancelled();
    for (const task of tasks) {
      const result = await runShell(auth, { env: hookEnvironment(task, tasks, context), signal: context.signal });
      context.hookOutput('manual-auth-hook', result);
      outputs.set(task, result.stdout.trim());
      if (context.signal.aborted) throw new Cancelled();
    }
  },
  async cleanUp(tasks, context) {
    const cleanup = text(context, 'manual_cleanup_hook');
    if (cleanup === null) return;
    for (const task of tasks) {
      const output = outputs.get(task);
      // Its authentication hook never ran, or it was cleaned up before.
      if (output === undefined) continue;
      outputs.delete(task);
      const env = { ...hookEnvironment(task, tasks, context), CERTBOT_AUTH_OUTPUT: output };
      // Also after Ctrl-C: what the first hook placed must go.
      const result = await runShell(cleanup, { env });
      context.hookOutput('manual-cleanup-hook', result);
    }
  },
};
