import { Cancelled, HookFailed, PluginError } from '../../core/errors.js';
import { checkHookCommand } from '../../system/hook-command.js';
import { printable } from '../../system/printable.js';
import { runShell, type ShellResult } from '../../system/process.js';
import type { Authenticator, ChallengeContext, ChallengeTask } from '../contract.js';
import { bareName, hookEnvironment } from './hooks.js';

/** What the authentication hook printed, by task, for CERTBOT_AUTH_OUTPUT of its clean-up. */
const outputs = new WeakMap<ChallengeTask, string>();
/** Lines of a failed hook's error output that its error tells. */
const TOLD = 5;

const text = (context: ChallengeContext, option: string): string | null => {
  const value = context.options[option];
  return typeof value === 'string' && value !== '' ? value : null;
};

/** By the person's own scripts (S133, S134), one after the other as they are written for; or by hand, all at once. */
export const manualAuthenticator: Authenticator = {
  challengeTypes: (identifier, wildcard) => (identifier.type === 'ip' ? ['http-01'] : wildcard ? ['dns-01', 'dns-account-01', 'dns-persist-01'] : ['http-01', 'dns-01', 'dns-account-01', 'dns-persist-01']),
  check(context) {
    const auth = text(context, 'manual_auth_hook');
    if (auth === null && context.noninteractive) {
      throw new PluginError('manual', 'An authentication script must be provided with --manual-auth-hook when using the manual plugin non-interactively.', {
        hint: 'Without -n and in a terminal, you are shown what to place where.',
      });
    }
    if (!context.validateHooks) return;
    checkHookCommand(auth ?? '', 'manual-auth-hook', context.environment['PATH']);
    checkHookCommand(text(context, 'manual_cleanup_hook') ?? '', 'manual-cleanup-hook', context.environment['PATH']);
  },
  prepare: () => Promise.resolve(),
  async present(tasks, context) {
    const auth = text(context, 'manual_auth_hook');
    if (auth === null) return context.instruct(tasks);
    if (context.signal.aborted) throw new Cancelled();
    for (const task of tasks) {
      const result = await runShell(auth, { env: hookEnvironment(task, tasks, context), timeoutMs: context.hookTimeoutMs, signal: context.signal });
      context.hookOutput({ kind: 'manual-auth-hook', command: auth, name: bareName(task), ...result });
      outputs.set(task, result.stdout.trim());
      if (context.signal.aborted) throw new Cancelled();
      // RFC 8555 section 8.2: the CA is asked only when the answer is believed to be there (T08).
      if (result.exitCode !== 0 && context.selfCheck) throw authHookFailed(auth, task, result);
    }
  },
  async cleanUp(tasks, context) {
    const cleanup = text(context, 'manual_cleanup_hook');
    if (cleanup === null) return;
    for (const task of tasks) {
      const output = outputs.get(task);
      // Its authentication hook never ran, or it was cleaned up before; and what was set for good stays.
      if (output === undefined || task.type === 'dns-persist-01') continue;
      outputs.delete(task);
      const env = { ...hookEnvironment(task, tasks, context), CERTBOT_AUTH_OUTPUT: output };
      // Also after Ctrl-C: what the first hook placed must go.
      const result = await runShell(cleanup, { env, timeoutMs: context.hookTimeoutMs });
      context.hookOutput({ kind: 'manual-cleanup-hook', command: cleanup, name: bareName(task), ...result });
    }
  },
};

function authHookFailed(command: string, task: ChallengeTask, { exitCode, stderr }: ShellResult): HookFailed {
  const said = printable(stderr).trim().split('\n').filter((line) => line !== '').slice(0, TOLD);
  return new HookFailed([`The manual-auth-hook for ${task.identifier.shown} reported error code ${exitCode}: ${command}`, ...said.map((line) => `  ${line}`)].join('\n'), {
    names: [task.wildcard ? `*.${task.identifier.value}` : task.identifier.value],
    hint: 'The certificate authority was not asked to look, so nothing is used up: mend the hook and run the same command again. --no-self-check asks it all the same.',
  });
}
