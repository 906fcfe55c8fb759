/** Signs of the screens, for terminals with UTF-8 and without. */
export interface Glyphs {
  pointer: string;
  done: string;
  failed: string;
  waiting: string;
  ticked: string;
  unticked: string;
  up: string;
  down: string;
  updown: string;
  spinner: readonly string[];
  dash: string;
}

const unicode: Glyphs = {
  pointer: '❯', done: '✓', failed: '✗', waiting: '·', ticked: '[x]', unticked: '[ ]', up: '↑', down: '↓', updown: '↑↓', spinner: [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'], dash: '–',
};
const ascii: Glyphs = {
  pointer: '>', done: '+', failed: 'x', waiting: '-', ticked: '[x]', unticked: '[ ]', up: '^', down: 'v', updown: 'Up/Down', spinner: ['|', '/', '-', '\\'], dash: '-',
};

/** `motion` false: what works on something stands still. */
export function glyphsFor({ asciiOnly, motion }: { asciiOnly: boolean; motion: boolean }): Glyphs {
  const glyphs = asciiOnly ? ascii : unicode;
  return motion ? glyphs : { ...glyphs, spinner: ['*'] };
}
