import type { Plan } from '../../../core/decide/plan.js';
import { shellQuote } from '../../../core/decide/command-line.js';
import { back, type ReviewChoice } from '../../../core/interaction.js';
import { planLines } from '../../plan-text.js';
import { blank, labelled, row, type Row } from '../rows.js';
import type { Screen } from '../screen.js';

export interface ReviewState {
  plan: Plan;
  command: readonly string[];
  canGoBack: boolean;
  /** A rehearsal inside the sandbox would be the same thing twice. */
  sandbox: boolean;
  at: number;
  copied: boolean;
  /** First line shown, when the plan is longer than the screen. */
  scroll: number;
}

export function reviewState(plan: Plan, command: readonly string[], canGoBack: boolean, sandbox: boolean): ReviewState {
  return { plan, command, canGoBack, sandbox, at: 0, copied: false, scroll: 0 };
}

function choicesOf({ plan, canGoBack, sandbox }: ReviewState): readonly { label: string; value: ReviewChoice }[] {
  return [{ label: 'Do it', value: 'do' }, ...(sandbox || plan.kind !== 'obtain' ? [] : [{ label: 'Rehearse on the sandbox first', value: 'rehearse' as const }]), ...(canGoBack ? [{ label: 'Back', value: back } as const] : [])];
}

/** The whole plan and the command that says the same, before anything is done. */
export const reviewScreen: Screen<ReviewState, ReviewChoice> = {
  press(state, key) {
    const choices = choicesOf(state);
    if (key.name === 'escape' && state.canGoBack) return { answer: back };
    if (key.name === 'left' || key.name === 'back-tab') return { state: { ...state, at: Math.max(0, state.at - 1) } };
    if (key.name === 'right' || key.name === 'tab') return { state: { ...state, at: Math.min(choices.length - 1, state.at + 1) } };
    if (key.name === 'up' || key.name === 'page-up') return { state: { ...state, scroll: Math.max(0, state.scroll - (key.name === 'up' ? 1 : 8)) } };
    if (key.name === 'down' || key.name === 'page-down') return { state: { ...state, scroll: Math.min(planLines(state.plan).length + 4, state.scroll + (key.name === 'down' ? 1 : 8)) } };
    if (key.name === 'char' && key.text === 'c') return { copy: shellQuote(state.command), state: { ...state, copied: true } };
    const chosen = choices[state.at];
    return key.name === 'enter' && chosen ? { answer: chosen.value } : { state };
  },
  rows(state, { width, glyphs }) {
    const { plan, command, at, copied, scroll } = state;
    const lines: Row[] = planLines(plan).flatMap(({ label, value }) => labelled(`  ${label}`, value, width, 16));
    lines.push(...labelled('  The same', shellQuote(command), width, 16));
    const first = Math.min(scroll, Math.max(0, lines.length - 2));
    const above = first > 0 ? [row({ text: `  ${glyphs.up} ${first} more`, look: 'dim' })] : [];
    const buttons = choicesOf(state).flatMap(({ label }, index) => [{ text: index === at ? `${glyphs.pointer} ${label}` : `  ${label}`, ...(index === at ? { look: 'accent' as const } : {}) }, { text: '    ' }]);
    return [row({ text: 'Ready. Nothing has been changed yet.', look: 'strong' }), ...above, ...lines.slice(first), blank, row(...buttons), ...(copied ? [row({ text: 'The command is in the clipboard, if your terminal allows it.', look: 'dim' })] : [])];
  },
  hints: ({ canGoBack }, glyphs) => [
    { key: 'Tab', does: 'choose' },
    { key: 'Enter', does: 'go on' },
    { key: glyphs.updown, does: 'scroll' },
    { key: 'c', does: 'copy the command' },
    ...(canGoBack ? [{ key: 'Esc', does: 'back' }] : []),
  ],
};

/** Rows at the end that must stay visible: the choice. */
export const REVIEW_PINNED = 2;
