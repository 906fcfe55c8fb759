import type { InstallPlan, Plan } from '../../../core/decide/plan.js';
import { shellQuote } from '../../../core/decide/command-line.js';
import { back, type ReviewChoice } from '../../../core/interaction.js';
import { planLines } from '../../plan-text.js';
import { changeLines } from '../../server-change-text.js';
import type { Key } from '../keys.js';
import { blank, labelled, row, wrapped, type Row } from '../rows.js';
import type { Screen, View } from '../screen.js';

export interface ReviewState {
  plan: Plan | InstallPlan;
  command: readonly string[];
  canGoBack: boolean;
  /** A rehearsal inside the sandbox would be the same thing twice. */
  sandbox: boolean;
  at: number;
  copied: boolean;
  /** First line shown, when the plan is longer than the screen. */
  scroll: number;
  /** Every line that changes in a server's files, shown instead of the plan while `reading`. */
  changes: readonly string[];
  reading: boolean;
}

export function reviewState(plan: ReviewState['plan'], command: readonly string[], canGoBack: boolean, sandbox: boolean): ReviewState {
  const steps = plan.kind === 'obtain' || plan.kind === 'keep' || plan.kind === 'install' ? (plan.installation?.steps ?? []) : [];
  return { plan, command, canGoBack, sandbox, at: 0, copied: false, scroll: 0, changes: changeLines(steps), reading: false };
}

function choicesOf({ plan, canGoBack, sandbox }: ReviewState): readonly { label: string; value: ReviewChoice }[] {
  return [{ label: 'Do it', value: 'do' }, ...(sandbox || plan.kind !== 'obtain' ? [] : [{ label: 'Rehearse on the sandbox first', value: 'rehearse' as const }]), ...(canGoBack ? [{ label: 'Back', value: back } as const] : []), ...(plan.kind === 'install' ? [{ label: 'Quit', value: 'quit' as const }] : [])];
}

/** Width of the narrowest terminal that has all there is: so far down can be scrolled, and on a wider one the last lines stay. */
const NARROW = 59;

function planRows({ plan, command }: ReviewState, width: number): readonly Row[] {
  return [...planLines(plan).flatMap(({ label, value }) => labelled(`  ${label}`, value, width, 16)), ...labelled('  The same', shellQuote(command), width, 16)];
}

/** The whole plan and the command that says the same, before anything is done. */
export const reviewScreen: Screen<ReviewState, ReviewChoice> = {
  press(state, key) {
    if (state.reading) return { state: pressReading(state, key) };
    const choices = choicesOf(state);
    if (key.name === 'char' && key.text === 'd' && state.changes.length > 0) return { state: { ...state, reading: true, scroll: 0 } };
    if (key.name === 'escape' && state.canGoBack) return { answer: back };
    if (key.name === 'left' || key.name === 'back-tab') return { state: { ...state, at: Math.max(0, state.at - 1) } };
    if (key.name === 'right' || key.name === 'tab') return { state: { ...state, at: Math.min(choices.length - 1, state.at + 1) } };
    if (key.name === 'up' || key.name === 'page-up') return { state: { ...state, scroll: Math.max(0, state.scroll - (key.name === 'up' ? 1 : 8)) } };
    if (key.name === 'down' || key.name === 'page-down') return { state: { ...state, scroll: Math.min(planRows(state, NARROW).length - 2, state.scroll + (key.name === 'down' ? 1 : 8)) } };
    if (key.name === 'char' && key.text === 'c') return { copy: shellQuote(state.command), state: { ...state, copied: true } };
    const chosen = choices[state.at];
    return key.name === 'enter' && chosen ? { answer: chosen.value } : { state };
  },
  rows(state, { width, glyphs }) {
    if (state.reading) return readingRows(state, { width, glyphs });
    const { at, copied, scroll } = state;
    const lines = planRows(state, width);
    const first = Math.min(scroll, Math.max(0, lines.length - 2));
    const above = first > 0 ? [row({ text: `  ${glyphs.up} ${first} more`, look: 'dim' })] : [];
    const buttons = choicesOf(state).flatMap(({ label }, index) => [{ text: index === at ? `${glyphs.pointer} ${label}` : `  ${label}`, ...(index === at ? { look: 'accent' as const } : {}) }, { text: '    ' }]);
    const ready = wrapped(`Ready. Nothing has been changed yet.${state.changes.length > 0 ? ' Press d to see every line that will be.' : ''}`, width, 'strong');
    return [...ready, ...above, ...lines.slice(first), blank, row(...buttons), ...(copied ? [row({ text: 'The command is in the clipboard, if your terminal allows it.', look: 'dim' })] : [])];
  },
  hints: ({ canGoBack, changes, reading }, glyphs) => reading ? [{ key: glyphs.updown, does: 'scroll' }, { key: 'PgUp PgDn', does: 'by pages' }, { key: 'd', does: 'back to the plan' }] : [
    { key: 'Tab', does: 'choose' },
    { key: 'Enter', does: 'go on' },
    { key: glyphs.updown, does: 'scroll' },
    ...(changes.length > 0 ? [{ key: 'd', does: 'differences' }] : []),
    { key: 'c', does: 'copy the command' },
    ...(canGoBack ? [{ key: 'Esc', does: 'back' }] : []),
  ],
};

/** Rows at the end that must stay visible: the choice. */
export function reviewPinned({ reading, copied }: ReviewState): number {
  if (reading) return 0;
  return copied ? 3 : 2;
}

/** Lines that one press of Page down moves by: fewer than the smallest screen shows. */
const PAGE = 8;

/** Only moves in the differences, or goes back to the plan: nothing is done from here. */
function pressReading(state: ReviewState, key: Key): ReviewState {
  const { scroll, changes } = state;
  const to = (line: number): ReviewState => ({ ...state, scroll: Math.max(0, Math.min(changes.length - 3, line)) });
  if (key.name === 'up' || key.name === 'back-tab') return to(scroll - 1);
  if (key.name === 'down' || key.name === 'tab') return to(scroll + 1);
  if (key.name === 'page-up') return to(scroll - PAGE);
  if (key.name === 'page-down' || (key.name === 'char' && key.text === ' ')) return to(scroll + PAGE);
  if (key.name === 'home') return to(0);
  if (key.name === 'end') return to(changes.length);
  return key.name === 'escape' || key.name === 'enter' || (key.name === 'char' && /^[dq]$/.test(key.text)) ? { ...state, reading: false, scroll: 0 } : state;
}

function readingRows({ changes, scroll }: ReviewState, { width, glyphs }: Pick<View, 'width' | 'glyphs'>): readonly Row[] {
  const title = { ...row({ text: 'Not written yet: + lines will come, - lines will go.', look: 'strong' }), stays: true };
  const above = scroll > 0 ? row({ text: `  ${glyphs.up} ${scroll} more`, look: 'dim' }) : blank;
  return [title, above, ...changes.slice(scroll).flatMap((line) => changeRows(line, width))];
}

/** The sign in front says what the colour says; a long line goes on below, so that nothing is hidden. */
function changeRows(line: string, width: number): readonly Row[] {
  const look = /^(?:---|\+\+\+) /.test(line) ? 'strong' : line.startsWith('+') ? 'good' : line.startsWith('-') ? 'bad' : line.startsWith('@@') ? 'accent' : undefined;
  // Spaces in front would be cut away.
  const characters = [...line.replace(/^ +/, (spaces) => '\u00a0'.repeat(spaces.length))];
  const first = characters.slice(0, width).join('');
  const rest = characters.slice(width);
  const parts = [first];
  for (let at = 0; at < rest.length; at += width - 2) parts.push(`  ${rest.slice(at, at + width - 2).join('')}`);
  return parts.map((text) => row(look === undefined ? text : { text, look }));
}
