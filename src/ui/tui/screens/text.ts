import type { Question } from '../../../core/decide/question.js';
import { back } from '../../../core/interaction.js';
import { textProblem } from '../../answer-check.js';
import { blank, row, wrapped, type Row } from '../rows.js';
import type { Screen } from '../screen.js';
import { edit, textField, type TextField } from '../text-field.js';
import { heading } from './choice.js';

export interface TextState {
  question: Extract<Question, { kind: 'text' }>;
  canGoBack: boolean;
  field: TextField;
  problem: string | null;
}

export function textState(question: TextState['question'], canGoBack: boolean, initial: unknown): TextState {
  return { question, canGoBack, field: textField(typeof initial === 'string' ? initial : question.initial), problem: null };
}

/** One line of text, checked when it is finished. A secret is shown as dots. */
export const textScreen: Screen<TextState, string | typeof back> = {
  press(state, key) {
    const { question, canGoBack, field } = state;
    if (key.name === 'escape') return canGoBack ? { answer: back } : { state };
    if (key.name === 'enter') {
      const problem = textProblem(question, field.text);
      return problem === null ? { answer: question.secret ? field.text : field.text.trim() } : { state: { ...state, problem } };
    }
    const edited = edit(field, key, ' ');
    return { state: edited === field ? state : { ...state, field: edited, problem: null } };
  },
  rows({ question, field, problem }, { width, glyphs }) {
    const rows: Row[] = [...heading(question, width), { ...fieldRow(field, width, `${glyphs.pointer} `, question.secret === true), focus: true }, blank];
    if (problem !== null) rows.push(...wrapped(`${glyphs.failed} ${problem}`, width, 'bad', '  '));
    return rows;
  },
  hints: ({ canGoBack, question }) => [
    { key: 'Enter', does: question.optional ? 'go on, also with nothing typed' : 'go on' },
    ...(canGoBack ? [{ key: 'Esc', does: 'back' }] : []),
    { key: 'Ctrl-U', does: 'clear' },
    { key: '?', does: 'why' },
  ],
};

/** The field with its cursor; of a long text the part around the cursor is shown. */
export function fieldRow({ text, cursor }: TextField, width: number, prompt: string, secret: boolean): Row {
  const characters = secret ? [...text].map(() => '*') : [...text];
  const room = Math.max(8, width - prompt.length - 2);
  const start = cursor > room ? cursor - room : 0;
  const shown = characters.slice(start, start + room);
  const place = cursor - start;
  return row({ text: prompt, look: 'accent' }, shown.slice(0, place).join(''), { text: shown[place] ?? ' ', look: 'cursor' }, shown.slice(place + 1).join(''));
}
