import type { Choice, Question } from '../../../core/decide/question.js';
import { back } from '../../../core/interaction.js';
import { printable } from '../../../system/printable.js';
import { blank, following, row, wrapped, type Row } from '../rows.js';
import type { Screen, View } from '../screen.js';

export interface ChoiceState {
  question: Extract<Question, { kind: 'choice' }>;
  canGoBack: boolean;
  at: number;
  /** First of the facts that is shown, when they are many. */
  scroll: number;
}

/** More facts than this scroll, above answers that stay; Page up and down move by so many. */
const FACTS = 6;

export function choiceState(question: ChoiceState['question'], canGoBack: boolean, initial: unknown): ChoiceState {
  const wanted = typeof initial === 'string' ? initial : question.recommended;
  const found = question.choices.findIndex(({ value, disabled }) => value === wanted && disabled === undefined);
  const first = question.choices.findIndex(({ disabled }) => disabled === undefined);
  return { question, canGoBack, at: Math.max(0, found >= 0 ? found : first), scroll: 0 };
}

/** One of several answers; what cannot be chosen now stays visible with its reason. */
export const choiceScreen: Screen<ChoiceState, string | typeof back> = {
  press(state, key) {
    const { question, canGoBack, at } = state;
    if (key.name === 'escape' && canGoBack) return { answer: back };
    if (key.name === 'up' || key.name === 'back-tab') return { state: { ...state, at: next(question.choices, at, -1) } };
    if (key.name === 'down' || key.name === 'tab') return { state: { ...state, at: next(question.choices, at, 1) } };
    if (key.name === 'page-up') return { state: { ...state, scroll: Math.max(0, state.scroll - FACTS) } };
    if (key.name === 'page-down') return { state: { ...state, scroll: Math.max(0, Math.min((question.facts?.length ?? 0) - FACTS, state.scroll + FACTS)) } };
    if (key.name === 'char' && /^[1-9]$/.test(key.text)) {
      const index = Number(key.text) - 1;
      return { state: question.choices[index] !== undefined && question.choices[index]?.disabled === undefined ? { ...state, at: index } : state };
    }
    const chosen = question.choices[at];
    if (key.name === 'enter' && chosen && chosen.disabled === undefined) return { answer: chosen.value };
    return { state };
  },
  rows({ question, at, scroll }, { width, glyphs }) {
    const facts = question.facts ?? [];
    const above = scroll > 0 ? [`${glyphs.up} ${scroll} more`] : [];
    return [...heading({ ...question, facts: [...above, ...facts.slice(scroll)] }, width), ...answerRows({ question, at }, { width, glyphs })];
  },
  hints: ({ canGoBack, question }, glyphs) => [
    { key: glyphs.updown, does: 'choose' },
    ...((question.facts?.length ?? 0) > FACTS ? [{ key: 'PgUp PgDn', does: 'scroll' }] : []),
    { key: 'Enter', does: 'go on' },
    ...(canGoBack ? [{ key: 'Esc', does: 'back' }] : []),
    { key: '?', does: 'why this is asked' },
  ],
};

/** So many rows at the end stay when many facts scroll above them. */
export function choicePinned({ question, at }: ChoiceState, view: View): number {
  return (question.facts?.length ?? 0) > FACTS && question.choices.length <= FACTS ? answerRows({ question, at }, view).length + 1 : 0;
}

function answerRows({ question, at }: Pick<ChoiceState, 'question' | 'at'>, { width, glyphs }: Pick<View, 'width' | 'glyphs'>): readonly Row[] {
  const rows: Row[] = [];
  for (const [index, choice] of question.choices.entries()) {
    const here = index === at;
    const note = choice.disabled === undefined ? choice.hint : `not now: ${choice.disabled}`;
    const recommended = choice.value === question.recommended && question.choices.length > 1 && choice.disabled === undefined && question.even !== true;
    rows.push({
      ...row(
        { text: here ? `${glyphs.pointer} ` : '  ', look: 'accent' },
        { text: choice.label, ...(choice.disabled === undefined ? (here ? { look: 'accent' as const } : {}) : { look: 'dim' as const }) },
        ...(recommended ? [{ text: '   recommended', look: 'dim' as const }] : []),
        ...(choice.flag === undefined ? [] : [{ text: `   ${choice.flag}`, look: 'dim' as const }]),
      ),
      focus: here,
    });
    if (note !== undefined) rows.push(...following(wrapped(note, width, 'dim', '      ')));
  }
  return rows;
}

/** Title, the field's term beside it, and the facts. */
export function heading(question: Question, width: number): readonly Row[] {
  const [first = row(''), ...more] = wrapped(question.title, width, 'strong');
  const term = question.term !== undefined && question.title.length + question.term.length + 3 < width ? [{ text: `   ${question.term}`, look: 'dim' as const }] : [];
  const facts = (question.facts ?? []).flatMap((fact) => wrapped(printable(fact), width, undefined, '  '));
  return [...[row(...first.spans, ...term), ...more].map((line) => ({ ...line, stays: true })), ...facts, ...(facts.length > 0 ? [blank] : [])];
}

function next(choices: readonly Choice[], from: number, step: 1 | -1): number {
  for (let index = from + step; index >= 0 && index < choices.length; index += step) if (choices[index]?.disabled === undefined) return index;
  return from;
}
