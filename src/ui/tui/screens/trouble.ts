import { ChallengesFailed, type CertwrightError } from '../../../core/errors.js';
import type { RecoveryChoice } from '../../../core/interaction.js';
import { printable, printableLine } from '../../../system/printable.js';
import { recoveryWords } from '../../recovery-words.js';
import { blank, row, wrapped, type Row } from '../rows.js';
import type { Screen } from '../screen.js';

export interface TroubleState {
  error: CertwrightError;
  choices: readonly RecoveryChoice[];
  safe: string;
  /** Warnings that were given while it was tried: often the reason. */
  warned: readonly string[];
  at: number;
  /** Every word of the CA, not only the beginning. */
  all: boolean;
}

export function troubleState(error: CertwrightError, choices: readonly RecoveryChoice[], safe: string, warned: readonly string[]): TroubleState {
  return { error, choices, safe, warned, at: 0, all: false };
}

/** What is safe first, then what failed in the CA's words, the likely cause, and what can be done. */
export const troubleScreen: Screen<TroubleState, RecoveryChoice> = {
  press(state, key) {
    const { choices, at } = state;
    if (key.name === 'up' || key.name === 'back-tab') return { state: { ...state, at: Math.max(0, at - 1) } };
    if (key.name === 'down' || key.name === 'tab') return { state: { ...state, at: Math.min(choices.length - 1, at + 1) } };
    if (key.name === 'char' && key.text === 'l') return { state: { ...state, all: !state.all } };
    const chosen = choices[at];
    return key.name === 'enter' && chosen ? { answer: chosen } : { state };
  },
  rows({ error, choices, safe, warned, at, all }, { width, glyphs }) {
    const before = [...new Set(warned)].flatMap((warning) => wrapped(`Warned before: ${printable(warning)}`, width, undefined, '  '));
    const rows: Row[] = [...wrapped(safe, width, 'strong'), blank, ...cut(before, all ? 40 : 4), ...(before.length > 0 ? [blank] : [])];
    if (error instanceof ChallengesFailed) {
      const most = all ? error.failures.length : 5;
      for (const { name, problem, advice } of error.failures.slice(0, most)) {
        rows.push(row({ text: `${glyphs.failed} `, look: 'bad' }, { text: printableLine(name), look: 'strong' }, { text: `   ${printableLine(problem.type.split(':').pop() ?? '')}`, look: 'dim' }));
        rows.push(...cut(wrapped(printable(problem.detail), width, undefined, '    '), all ? 40 : 3));
        if (advice !== undefined) rows.push(...wrapped(`Likely: ${advice}`, width, undefined, '    '));
      }
      if (error.failures.length > most) rows.push(row({ text: `    and ${error.failures.length - most} more names; l shows all`, look: 'dim' }));
      if (error.valid.length > 0) rows.push(...wrapped(`${glyphs.done} ${error.valid.join(', ')}: proved, and stays so for a while.`, width));
    } else {
      const [first = row(''), ...more] = wrapped(printable(error.message), width, undefined, '    ');
      rows.push(row({ text: `  ${glyphs.failed} `, look: 'bad' }, ...first.spans.slice(1)), ...cut(more, all ? 40 : 5));
      if (error.hint !== undefined) rows.push(...wrapped(printable(error.hint), width, undefined, '    '));
    }
    rows.push(blank);
    for (const [index, choice] of choices.entries()) {
      const here = index === at;
      const { label, hint } = recoveryWords[choice];
      rows.push({ ...row({ text: here ? `${glyphs.pointer} ` : '  ', look: 'accent' }, { text: label, ...(here ? { look: 'accent' as const } : {}) }, { text: `   ${hint}`, look: 'dim' }), focus: here });
    }
    return rows;
  },
  hints: (state, glyphs) => [
    { key: glyphs.updown, does: 'choose' },
    { key: 'Enter', does: 'go on' },
    { key: 'l', does: state.all ? 'shorter' : 'all that was said' },
  ],
};

function cut(rows: readonly Row[], most: number): readonly Row[] {
  return rows.length <= most ? rows : [...rows.slice(0, most), row({ text: '    …', look: 'dim' })];
}
