import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { HookFailed } from '../../core/errors.js';
import { extendedPath } from '../../system/process.js';
import type { ChallengeContext, ChallengeTask } from '../contract.js';

/** The variables of the guide for one challenge (S131, S132), beside the environment certwright itself was given. */
export function hookEnvironment(task: ChallengeTask, remaining: number, { identifiers, environment }: ChallengeContext): Record<string, string | undefined> {
  const domains = identifiers.filter(({ type }) => type === 'dns').map(({ value }) => value);
  return {
    ...environment,
    CERTBOT_DOMAIN: task.identifier.type === 'dns' ? task.identifier.value.replace(/^\*\./, '') : undefined,
    CERTBOT_IDENTIFIER: task.identifier.value.replace(/^\*\./, ''),
    CERTBOT_VALIDATION: task.validation,
    CERTBOT_TOKEN: task.type === 'http-01' ? task.token : undefined,
    CERTBOT_REMAINING_CHALLENGES: String(remaining),
    CERTBOT_ALL_DOMAINS: domains.join(','),
    CERTBOT_ALL_IDENTIFIERS: identifiers.map(({ value }) => value).join(','),
  };
}

/** F56: the first word must be a program that can be run. Throws HookFailed before anything is ordered. */
export function validateHook(command: string, name: string, environment: ChallengeContext['environment']): void {
  const program = command.trim().split(/\s+/)[0] ?? '';
  const path = extendedPath(environment['PATH']);
  if (program.includes('/') ? runnable(program) : path.split(':').some((folder) => runnable(join(folder, program)))) return;
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
