import type { Question } from '../../../core/decide/question.js';
import { back } from '../../../core/interaction.js';
import type { Identifier } from '../../../core/identifier.js';
import { parseNameList } from '../../../core/names.js';
import { nameChange } from '../../name-change.js';
import { blank, row, wrapped, type Row } from '../rows.js';
import type { Screen } from '../screen.js';
import { edit, textField, type TextField } from '../text-field.js';
import { heading } from './choice.js';
import { fieldRow } from './text.js';

export interface NamesState {
  question: Extract<Question, { kind: 'names' }>;
  canGoBack: boolean;
  field: TextField;
  ticked: readonly string[];
  /** -1 = the field. */
  at: number;
  /** Enter was pressed with something wrong. */
  insisted: boolean;
}

export function namesState(question: NamesState['question'], canGoBack: boolean, initial: unknown): NamesState {
  const before = Array.isArray(initial) ? initial.map(String) : question.initial;
  const suggested = question.suggestions.map(({ name }) => name);
  return {
    question,
    canGoBack,
    field: textField(before.filter((name) => !suggested.includes(name)).join(' ')),
    ticked: before.filter((name) => suggested.includes(name)),
    // What is seen here may be ticked at once; names that change are typed.
    at: question.present || suggested.length === 0 ? -1 : 0,
    insisted: false,
  };
}

/** Names typed or pasted into one field, with those seen on this machine to tick; checked as they are typed. */
export const namesScreen: Screen<NamesState, readonly string[] | typeof back> = {
  press(state, key) {
    const { question, canGoBack, field, ticked, at } = state;
    const suggestions = question.suggestions;
    if (key.name === 'escape') return canGoBack ? { answer: back } : { state };
    if (key.name === 'enter') {
      const { identifiers, errors } = parseNameList([...ticked, field.text].join('\n'));
      return errors.length > 0 || identifiers.length === 0 ? { state: { ...state, insisted: true } } : { answer: identifiers.map(({ shown }) => shown) };
    }
    const step = { up: -1, down: 1, 'page-up': -PAGE, 'page-down': PAGE }[key.name as string];
    if (step !== undefined) {
      // The suggestions stand above the field.
      const order = [...listed(state), -1];
      const from = order.indexOf(at);
      return { state: { ...state, at: order[Math.max(0, Math.min(order.length - 1, (from < 0 ? order.length - 1 : from) + step))] ?? at } };
    }
    const here = suggestions[at]?.name;
    if (here !== undefined && key.name === 'char' && key.text === ' ') {
      const next = ticked.includes(here) ? ticked.filter((name) => name !== here) : [...ticked, here];
      // What was typed to find it is no name of its own.
      return { state: { ...state, ticked: next, ...(searched(state) === '' ? {} : { field: textField(field.text.slice(0, -searched(state).length)) }) } };
    }
    const edited = edit(field, key, ' ');
    return { state: edited === field ? state : { ...state, field: edited, at: -1, insisted: false } };
  },
  rows(state, { width, glyphs }) {
    const { question, field, ticked, at, insisted } = state;
    const rows: Row[] = [...heading(question, width)];
    const widest = Math.min(30, Math.max(0, ...question.suggestions.map(({ name }) => name.length)));
    for (const index of listed(state)) {
      const { name, note } = question.suggestions[index] ?? { name: '', note: '' };
      const here = index === at;
      rows.push({ ...row({ text: here ? `${glyphs.pointer} ` : '  ', look: 'accent' }, `${ticked.includes(name) ? glyphs.ticked : glyphs.unticked} ${name.padEnd(widest)}   `, { text: note, look: 'dim' }), focus: here });
    }
    const others = question.suggestions.length > 0 && at !== -1 && field.text === '';
    rows.push(others ? row({ text: question.suggestions.length > MANY ? '  or type others; what is typed is also looked for in the list' : '  or type others', look: 'dim' }) : { ...fieldRow(field, width, at === -1 ? `${glyphs.pointer} ` : '  ', false), focus: at === -1 });
    rows.push(blank);
    const typing = /\S$/.test(field.text) && field.cursor === [...field.text].length && !insisted;
    const { identifiers, errors } = parseNameList([...ticked, field.text].join('\n'));
    // The word under the cursor is not finished: it is not judged yet.
    const judged = typing ? errors.filter(({ text }) => !field.text.endsWith(text)) : errors;
    for (const { message } of judged) rows.push(...wrapped(`${glyphs.failed} ${message}`, width, 'bad', '  '));
    if (question.present) rows.push(...changed(question.present, identifiers, width));
    else if (identifiers.length > 0) rows.push(...wrapped(`${identifiers.length === 1 ? '1 name' : `${identifiers.length} names`}: ${identifiers.map(({ shown, value }) => (shown === value ? shown : `${shown} (${value})`)).join('  ')}`, width, 'dim', '  '));
    if (identifiers.some(({ value }) => value.startsWith('*.'))) rows.push(...wrapped('A name with * can only be proved by a DNS record.', width, 'dim', '  '));
    if (question.present && identifiers.length === 0 && judged.length === 0) rows.push(...wrapped('At least one name must be left.', width, insisted ? 'bad' : 'dim', '  '));
    else if (identifiers.length === 0 && judged.length === 0) rows.push(row({ text: insisted ? (question.suggestions.length > 0 ? '  Please tick a name with the space bar, or type one.' : '  Please type at least one name.') : question.suggestions.length > 0 ? '  None yet: tick with the space bar, or type.' : '  For example: example.com www.example.com', look: insisted ? 'bad' : 'dim' }));
    return rows;
  },
  hints: ({ canGoBack, question }) => [
    { key: 'type or paste', does: question.present ? 'names to add' : question.suggestions.length > MANY ? 'names, or a part to search' : 'names, with commas or spaces' },
    ...(question.suggestions.length > MANY ? [{ key: 'PgUp PgDn', does: 'by pages' }] : []),
    ...(question.suggestions.length > 0 ? [{ key: 'space', does: question.present ? 'tick, or take out' : 'tick' }] : []),
    { key: 'Enter', does: 'go on' },
    ...(canGoBack ? [{ key: 'Esc', does: 'back' }] : []),
    { key: '?', does: 'why' },
  ],
};

/** Names that Page up and down move by, and from how many on a list is searched by what is typed. */
const PAGE = 8;
const MANY = 12;

/** The word that is being typed: with many suggestions those are shown that have it in them. */
function searched({ question, field }: NamesState): string {
  return question.suggestions.length > MANY ? (/[^\s,;]+$/u.exec(field.text)?.[0] ?? '') : '';
}

/** The places of the suggestions that are shown. */
function listed(state: NamesState): readonly number[] {
  const word = searched(state).toLowerCase();
  return [...state.question.suggestions.entries()].flatMap(([index, { name }]) => (name.includes(word) ? [index] : []));
}

/** What the certificate gets and loses, before anything else is asked. */
function changed(present: readonly string[], identifiers: readonly Identifier[], width: number): readonly Row[] {
  const change = nameChange(present, identifiers);
  if (change.added.length + change.removed.length === 0) return wrapped('No change yet: take names out with space, or type names to add.', width, 'dim', '  ');
  const line = (sign: string, names: readonly string[]): readonly Row[] => (names.length === 0 ? [] : wrapped(names.map((name) => `${sign} ${name}`).join('  '), width, 'accent', '  '));
  return [...line('+', change.added), ...line('-', change.removed)];
}
