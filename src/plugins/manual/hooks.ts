import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { HookFailed } from '../../core/errors.js';
import { extendedPath } from '../../system/process.js';
import type { ChallengeContext, ChallengeTask } from '../contract.js';

/**
 * The variables of the guide for one challenge (S131, S132, C25), beside the environment certwright itself was given. As in
 * certbot, "all" are the names that are challenged now, without `*.`, and addresses stand in the DOMAIN variables too.
 */
export function hookEnvironment(task: ChallengeTask, tasks: readonly ChallengeTask[], { environment }: Pick<ChallengeContext, 'environment'>): Record<string, string | undefined> {
  const bare = ({ identifier }: ChallengeTask): string => identifier.value.replace(/^\*\./, '');
  const all = tasks.map(bare).join(',');
  return {
    ...environment,
    CERTBOT_DOMAIN: bare(task),
    CERTBOT_IDENTIFIER: bare(task),
    CERTBOT_VALIDATION: task.validation,
    CERTBOT_TOKEN: task.type === 'http-01' ? task.token : undefined,
    CERTBOT_REMAINING_CHALLENGES: String(tasks.length - tasks.indexOf(task) - 1),
    CERTBOT_ALL_DOMAINS: all,
    CERTBOT_ALL_IDENTIFIERS: all,
  };
}

/** F56: the first word must be a program that can be run. Throws HookFailed before anything is ordered. */
export function validateHook(command: string, name: string, environment: ChallengeContext['environment']): void {
  const program = command.trim().split(/\s+/)[0] ?? '';
  const path = extendedPath(environment['PATH']);
  if (program.includes('/') ? runnable(program) : path.split(':').some((folder) => runnable(join(folder, program)))) return;
  if (program.includes('/') && existsSync(program)) {
    throw new HookFailed(`The ${name} command ${program} is there, but it is not a file that may be executed.`, { hint: `Make it executable: chmod +x ${program}` });
  }
  throw new HookFailed(`Unable to find ${name} command ${program} in the PATH.\n(PATH is ${path})`, {
    hint: 'Give the full path of an executable file. --disable-hook-validation skips this check.',
  });
}

function runnable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
