import { CertwrightError, ChallengesFailed } from './errors.js';

/** Why something failed, for a report: the error's message, and what the CA said of each name below it. */
export function failureReason(error: unknown): string {
  if (!(error instanceof CertwrightError)) return `unexpected: ${error instanceof Error ? error.message : String(error)}`;
  if (!(error instanceof ChallengesFailed)) return error.message;
  return [error.message, ...error.failures.map(({ name, problem }) => `${name}: ${problem.detail}`)].join('\n');
}
