import type { Question } from '../../../core/decide/question.js';
import { back } from '../../../core/interaction.js';
import { following, row, wrapped, type Row } from '../rows.js';
import type { Screen } from '../screen.js';
import { heading } from './choice.js';

export interface ChecklistState {
  question: Extract<Question, { kind: 'checklist' }>;
  canGoBack: boolean;
  ticked: readonly string[];
  at: number;
  /** Enter was pressed with too few. */
  insisted: boolean;
}

export function checklistState(question: ChecklistState['question'], canGoBack: boolean, initial: unknown): ChecklistState {
  const before = Array.isArray(initial) ? initial.map(String) : question.initial;
  return { question, canGoBack, ticked: question.choices.map(({ value }) => value).filter((value) => before.includes(value)), at: 0, insisted: false };
}

/** Some of several answers: space ticks, Enter takes what is ticked. */
export const checklistScreen: Screen<ChecklistState, readonly string[] | typeof back> = {
  press(state, key) {
    const { question, canGoBack, ticked, at } = state;
    const { choices } = question;
    if (key.name === 'escape' && canGoBack) return { answer: back };
    if (key.name === 'up' || key.name === 'back-tab') return { state: { ...state, at: Math.max(0, at - 1) } };
    if (key.name === 'down' || key.name === 'tab') return { state: { ...state, at: Math.min(choices.length - 1, at + 1) } };
    const here = choices[at]?.value;
    if (here !== undefined && key.name === 'char' && key.text === ' ') {
      const next = ticked.includes(here) ? ticked.filter((value) => value !== here) : choices.map(({ value }) => value).filter((value) => value === here || ticked.includes(value));
      return { state: { ...state, ticked: next, insisted: false } };
    }
    if (key.name === 'enter') return ticked.length < question.least ? { state: { ...state, insisted: true } } : { answer: ticked };
    return { state };
  },
  rows({ question, ticked, at, insisted }, { width, glyphs }) {
    const rows: Row[] = [...heading(question, width)];
    for (const [index, { value, label, hint }] of question.choices.entries()) {
      const here = index === at;
      rows.push({ ...row({ text: here ? `${glyphs.pointer} ` : '  ', look: 'accent' }, { text: `${ticked.includes(value) ? glyphs.ticked : glyphs.unticked} ${label}`, ...(here ? { look: 'accent' as const } : {}) }), focus: here });
      if (hint !== undefined) rows.push(...following(wrapped(hint, width, 'dim', '      ')));
    }
    if (insisted) rows.push(row({ text: `  Tick at least ${question.least === 1 ? 'one' : question.least} with the space bar.`, look: 'bad' }));
    return rows;
  },
  hints: ({ canGoBack }, glyphs) => [
    { key: glyphs.updown, does: 'move' },
    { key: 'space', does: 'tick' },
    { key: 'Enter', does: 'go on' },
    ...(canGoBack ? [{ key: 'Esc', does: 'back' }] : []),
    { key: '?', does: 'why this is asked' },
  ],
};
