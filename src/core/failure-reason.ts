import { CertwrightError, ChallengesFailed } from './errors.js';

/** Why something failed, for a report: the error's message, and what the CA said of each name below it. */
export function failureReason(error: unknown): string {
  if (!(error instanceof CertwrightError)) return `unexpected: ${error instanceof Error ? error.message : String(error)}`;
  if (!(error instanceof ChallengesFailed)) return error.message;
  return [error.message, ...error.failures.map(({ name, problem }) => `${name}: ${problem.detail}`)].join('\n');
}

/** What to do about it, for the same report; of challenges the likely cause for each name. Undefined when nothing better is known than the reason. */
export function failureHint(error: unknown): string | undefined {
  if (!(error instanceof CertwrightError)) return undefined;
  if (!(error instanceof ChallengesFailed)) return error.hint;
  const advised = error.failures.flatMap(({ name, advice }) => (advice === undefined ? [] : [`${name}: ${advice}`]));
  return advised.length === 0 ? undefined : advised.join('\n');
}
