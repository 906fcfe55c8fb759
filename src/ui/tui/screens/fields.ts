import type { Question } from '../../../core/decide/question.js';
import { back } from '../../../core/interaction.js';
import { textProblem } from '../../answer-check.js';
import { blank, row, wrapped, type Row } from '../rows.js';
import type { Screen } from '../screen.js';
import { edit, textField, type TextField } from '../text-field.js';
import { heading } from './choice.js';
import { fieldRow } from './text.js';

export interface FieldsState {
  question: Extract<Question, { kind: 'fields' }>;
  canGoBack: boolean;
  fields: readonly TextField[];
  at: number;
  problem: string | null;
}

export function fieldsState(question: FieldsState['question'], canGoBack: boolean, initial: unknown): FieldsState {
  const before = typeof initial === 'object' && initial !== null && !Array.isArray(initial) ? (initial as Readonly<Record<string, string>>) : {};
  return { question, canGoBack, fields: question.fields.map(({ key, initial: usual }) => textField(before[key] ?? usual ?? '')), at: 0, problem: null };
}

/** Some texts that belong together, each on a line below its label. Enter goes to the next; the last one ends it. Secrets are dots. */
export const fieldsScreen: Screen<FieldsState, Readonly<Record<string, string>> | typeof back> = {
  press(state, key) {
    const { question, canGoBack, fields, at } = state;
    const field = fields[at];
    if (key.name === 'escape') return canGoBack ? { answer: back } : { state };
    if (!field) return { state };
    if (key.name === 'up') return { state: { ...state, at: Math.max(0, at - 1), problem: null } };
    if (key.name === 'down' || key.name === 'tab') return { state: { ...state, at: Math.min(fields.length - 1, at + 1), problem: null } };
    if (key.name === 'enter') {
      const problems = question.fields.map((asked, index) => textProblem(asked, fields[index]?.text ?? ''));
      const problem = problems[at] ?? null;
      if (problem !== null) return { state: { ...state, problem } };
      if (at < fields.length - 1) return { state: { ...state, at: at + 1, problem: null } };
      const bad = problems.findIndex((each) => each !== null);
      if (bad >= 0) return { state: { ...state, at: bad, problem: problems[bad] ?? null } };
      return { answer: Object.fromEntries(question.fields.map(({ key: name }, index) => [name, fields[index]?.text.trim() ?? ''])) };
    }
    const edited = edit(field, key, ' ');
    return { state: edited === field ? state : { ...state, fields: fields.with(at, edited), problem: null } };
  },
  rows({ question, fields, at, problem }, { width, glyphs }) {
    const rows: Row[] = [...heading(question, width)];
    for (const [index, { label, secret, optional }] of question.fields.entries()) {
      const field = fields[index];
      if (!field) continue;
      const here = index === at;
      rows.push(row({ text: here ? `${glyphs.pointer} ` : '  ', look: 'accent' }, { text: label, ...(here ? { look: 'strong' as const } : {}) }, ...(optional === true ? [{ text: '   may stay empty', look: 'dim' as const }] : [])));
      rows.push(here ? { ...fieldRow(field, width, '    ', secret), focus: true } : row(`    ${secret ? '*'.repeat([...field.text].length) : field.text}`));
    }
    if (problem !== null) rows.push(blank, ...wrapped(`${glyphs.failed} ${problem}`, width, 'bad', '  '));
    return rows;
  },
  hints: ({ canGoBack, question, at }) => [
    { key: 'Enter', does: at < question.fields.length - 1 ? 'next' : 'try them' },
    ...(canGoBack ? [{ key: 'Esc', does: 'back' }] : []),
    { key: 'Ctrl-U', does: 'clear' },
    { key: '?', does: 'why' },
  ],
};
