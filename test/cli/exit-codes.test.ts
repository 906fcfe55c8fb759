import { expect, it } from 'vitest';
import { exitCodeFor } from '../../src/cli/exit-codes.js';
import { Cancelled, Refused, UsageError } from '../../src/core/errors.js';

it('2 for words that cannot be understood, 1 for everything else', () => {
  expect([new UsageError('x'), new Refused('x'), new Cancelled(), new TypeError('x'), 'x', undefined].map(exitCodeFor)).toEqual([2, 1, 1, 1, 1, 1]);
});
