import { Cancelled, PluginError } from '../../core/errors.js';
import { checkHookCommand } from '../../system/hook-command.js';
import type { Authenticator, ChallengeContext, ChallengeTask } from '../contract.js';
import { callHandler, handlerFault, type Fields } from './handler.js';
import { processJsonLines, type JsonLines } from './json-lines.js';

/** How the other side is spoken to. */
type Mode = { kind: 'handler' | 'dehydrated'; program: string } | { kind: 'json' | 'text' };

/** By a program, or by whoever reads JSON lines: one challenge after the other. `lines` and `atTerminal` are parameters for tests. */
export function createExternalAuthenticator(lines: () => JsonLines = processJsonLines, atTerminal = (): boolean => process.stdin.isTTY && process.stdout.isTTY): Authenticator {
  /** What was told and must be taken back: also what failed, of which a part may be in place. */
  const told = new Set<ChallengeTask>();
  const mode = ({ options }: ChallengeContext): Mode => {
    const program = options['out_handler'];
    if (typeof program === 'string' && program !== '') return { kind: options['out_dehydrated_dns'] === true ? 'dehydrated' : 'handler', program };
    // Where a person sits, JSON lines would destroy the screen.
    return { kind: options['out_text_mode'] === true || atTerminal() ? 'text' : 'json' };
  };
  const call = async (context: ChallengeContext, program: string, command: string, fields: Fields, words: readonly string[] = [], signal: AbortSignal | undefined = context.signal): Promise<void> => {
    const asked = { program, command, fields, words };
    const result = await callHandler(asked, { environment: context.environment, timeoutMs: context.hookTimeoutMs, ...(signal ? { signal } : {}) });
    context.hookOutput({ kind: 'out-handler', command: `${program} ${command}`, name: String(fields['domain'] ?? ''), ...result });
    if (signal?.aborted) throw new Cancelled();
    const fault = handlerFault(asked, result);
    if (fault) throw fault;
  };
  return {
    challengeTypes: (identifier, wildcard) => (identifier.type === 'ip' ? [] : wildcard ? ['dns-01'] : ['dns-01', 'http-01']),
    check(context) {
      const { options, noninteractive, validateHooks, environment } = context;
      const at = mode(context);
      if ('program' in at) {
        if (validateHooks) checkHookCommand(at.program, 'out-handler', environment['PATH']);
        return;
      }
      if (!noninteractive || options['out_test_mode'] === true) return;
      throw new PluginError('out', 'Without --out-handler nobody answers in a non-interactive run.', {
        hint: 'Name a program with --out-handler, which renewals can call too; or say with --out-test-mode that a script reads the JSON lines and answers.',
      });
    },
    prepare: () => Promise.resolve(),
    async present(tasks, context) {
      const at = mode(context);
      if (at.kind === 'text') return context.instruct(tasks);
      if (context.signal.aborted) throw new Cancelled();
      if (at.kind === 'handler') await call(context, at.program, 'pre-perform', {});
      for (const task of tasks) {
        told.add(task);
        const fields = fieldsOf(task);
        if (at.kind === 'handler') await call(context, at.program, 'perform', fields);
        else if (at.kind === 'dehydrated') await call(context, at.program, 'deploy_challenge', fields, [task.identifier.value, task.token, task.validation]);
        else {
          lines().tell({ cmd: 'perform_challenge', ...fields });
          await lines().answered(context.signal);
        }
      }
      if (at.kind === 'handler') await call(context, at.program, 'post-perform', {});
    },
    async cleanUp(tasks, context) {
      const at = mode(context);
      const mine = tasks.filter((task) => told.delete(task));
      if (mine.length === 0 || at.kind === 'text') return;
      // Also after Ctrl-C: what was placed must go.
      const free = new AbortController().signal;
      const attempt = async (program: string, command: string, fields: Fields, words: readonly string[] = []): Promise<void> => {
        await call(context, program, command, fields, words, free).catch((error: unknown) => context.log('warning', error instanceof Error ? error.message : String(error)));
      };
      if (at.kind === 'handler') await attempt(at.program, 'pre-cleanup', {});
      for (const task of mine) {
        // What the CA found is not known here: the fields are there for scripts that look for them.
        const fields = { ...fieldsOf(task), status: null, validated: null, error: null };
        if (at.kind === 'handler') await attempt(at.program, 'cleanup', fields);
        else if (at.kind === 'dehydrated') await attempt(at.program, 'clean_challenge', fields, [task.identifier.value, task.token, task.validation]);
        else lines().tell({ cmd: 'cleanup', ...fields });
      }
      if (at.kind === 'handler') await attempt(at.program, 'post-cleanup', {});
    },
  };
}

function fieldsOf({ type, identifier, token, validation, keyAuthorization, recordName }: ChallengeTask): Fields {
  return {
    type,
    domain: identifier.value,
    token,
    validation,
    key_auth: keyAuthorization,
    ...(type === 'dns-01' ? { txt_domain: recordName ?? '' } : { uri: `http://${identifier.value}/.well-known/acme-challenge/${token}` }),
  };
}
