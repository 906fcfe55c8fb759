import type { Question } from '../../../core/decide/question.js';
import { back } from '../../../core/interaction.js';
import { blank, row, wrapped, type Row } from '../rows.js';
import type { Screen } from '../screen.js';
import { edit, textField, type TextField } from '../text-field.js';
import { heading } from './choice.js';
import { fieldRow } from './text.js';

export interface FoldersState {
  question: Extract<Question, { kind: 'folders' }>;
  canGoBack: boolean;
  fields: readonly TextField[];
  at: number;
  problem: string | null;
}

export function foldersState(question: FoldersState['question'], canGoBack: boolean, initial: unknown): FoldersState {
  const before = typeof initial === 'object' && initial !== null && !Array.isArray(initial) ? (initial as Readonly<Record<string, string>>) : question.initial;
  return { question, canGoBack, fields: question.names.map((name) => textField(before[name] ?? '')), at: 0, problem: null };
}

/** A folder for each name. Enter goes to the next; the last one ends it. Tab puts this folder into all that follow. */
export const foldersScreen: Screen<FoldersState, Readonly<Record<string, string>> | typeof back> = {
  press(state, key) {
    const { question, canGoBack, fields, at } = state;
    const field = fields[at];
    if (key.name === 'escape') return canGoBack ? { answer: back } : { state };
    if (!field) return { state };
    if (key.name === 'up') return { state: { ...state, at: Math.max(0, at - 1), problem: null } };
    if (key.name === 'down') return { state: { ...state, at: Math.min(fields.length - 1, at + 1), problem: null } };
    if (key.name === 'tab') return { state: { ...state, fields: fields.map((each, index) => (index > at ? textField(field.text) : each)), problem: null } };
    if (key.name === 'enter') {
      const problem = folderProblem(field.text);
      if (problem !== null) return { state: { ...state, problem } };
      if (at < fields.length - 1) return { state: { ...state, at: at + 1, problem: null } };
      const bad = fields.findIndex(({ text }) => folderProblem(text) !== null);
      if (bad >= 0) return { state: { ...state, at: bad, problem: folderProblem(fields[bad]?.text ?? '') } };
      return { answer: Object.fromEntries(question.names.map((name, index) => [name, fields[index]?.text.trim() ?? ''])) };
    }
    const edited = edit(field, key, '');
    return { state: edited === field ? state : { ...state, fields: fields.with(at, edited), problem: null } };
  },
  rows({ question, fields, at, problem }, { width, glyphs }) {
    const rows: Row[] = [...heading(question, width)];
    for (const [index, name] of question.names.entries()) {
      const field = fields[index];
      if (!field) continue;
      const here = index === at;
      rows.push(row({ text: here ? `${glyphs.pointer} ` : '  ', look: 'accent' }, { text: name, ...(here ? { look: 'strong' as const } : {}) }));
      rows.push(here ? { ...fieldRow(field, width, '    ', false), focus: true } : row(`    ${field.text}`));
    }
    if (problem !== null) rows.push(blank, ...wrapped(`${glyphs.failed} ${problem}`, width, 'bad', '  '));
    return rows;
  },
  hints: ({ canGoBack, question }) => [
    { key: 'Enter', does: 'next' },
    ...(question.names.length > 1 ? [{ key: 'Tab', does: 'the same for all below' }] : []),
    ...(canGoBack ? [{ key: 'Esc', does: 'back' }] : []),
    { key: 'Ctrl-U', does: 'clear' },
    { key: '?', does: 'why' },
  ],
};

function folderProblem(text: string): string | null {
  return text.trim().startsWith('/') ? null : 'Give the full path of a folder, beginning with /.';
}
