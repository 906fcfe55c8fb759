import { MissingFlag, PluginError } from '../core/errors.js';
import type { Event } from '../core/events.js';
import type { Interaction } from '../core/interaction.js';

/**
 * Nobody is asked: a question is answered by its safe answer, or is the error that names its flags. `consent`: somebody said so (-n or
 * -q); without it what cannot be undone is not done.
 */
export function flagsOnly(print: (event: Event) => void, { consent }: { consent: boolean }): Interaction {
  return {
    ask(question) {
      if (question.unattended !== undefined && (consent || question.consent !== true)) return Promise.resolve(question.unattended);
      return Promise.reject(new MissingFlag(question.missing ?? question.title, question.flags));
    },
    review: () => Promise.resolve('do'),
    recover: () => Promise.resolve('quit'),
    instruct: () =>
      Promise.reject(
        new PluginError('manual', 'An authentication script must be provided with --manual-auth-hook when using the manual plugin non-interactively.', {
          hint: 'Nobody can be asked here: this is not a terminal, or -n was given.',
        }),
      ),
    report: print,
    close: () => Promise.resolve(),
  };
}
