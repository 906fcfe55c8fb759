import { UsageError } from '../core/errors.js';

/** certbot's exit codes for failures: 2 when the words could not be understood, 1 for everything else. */
export function exitCodeFor(error: unknown): 1 | 2 {
  return error instanceof UsageError ? 2 : 1;
}
