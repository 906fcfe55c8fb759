import type { Glyphs } from './glyphs.js';
import type { Key } from './keys.js';
import type { Row } from './rows.js';

/** What a screen may know when it is drawn. */
export interface View {
  /** Characters. */
  width: number;
  glyphs: Glyphs;
  /** Milliseconds since the epoch. */
  now: number;
  /** Counts up while something moves; stands still with --no-motion. */
  tick: number;
}

/** A key and what it does here, for the line at the bottom. */
export interface Hint {
  key: string;
  does: string;
}

/**
 * One screen: plain state, changed by keys, drawn as rows. Everything is a pure function, so each screen is tested without a
 * terminal; the answer of the person ends it.
 */
export interface Screen<State, Answer> {
  press(state: State, key: Key): { state: State } | { answer: Answer } | { copy: string; state: State };
  rows(state: State, view: View): readonly Row[];
  hints(state: State, glyphs: Glyphs): readonly Hint[];
}
