import { DEEPEST, failure, type Comment, type Word } from '../server-configuration/syntax.js';

/**
 * Apache's configuration as text with places: every node knows where it stands in the text it was read from, and an edit is a splice at
 * such a place, so what no edit names cannot change. The text is latin1, one character a byte. The rules are those of the server's own
 * reader (ap_cfg_getline, ap_build_config, ap_getword_conf; 2.4.71): a line is a directive, `\` before its end joins the next one to
 * it, a section is closed by a line whose first word is `</NAME>`, and the rest of that line does not count.
 */
export interface Directive {
  kind: 'directive';
  /** As it is written; names have no case. */
  name: string;
  args: readonly Word[];
  /** The line without its name, joined, as the server gets it. */
  rest: string;
  start: number;
  /** Behind its last word. */
  end: number;
}

export interface Section {
  kind: 'section';
  /** Without the `<`. */
  name: string;
  /** Up to the last `>` of the line. */
  args: readonly Word[];
  rest: string;
  start: number;
  /** Place of the last character of the opening line. */
  open: number;
  /** Place of the `</`. */
  close: number;
  /** The end of the closing line. */
  end: number;
  children: readonly Node[];
}

export type Node = Directive | Section | Comment;

/** White space by the server's apr_isspace; JavaScript's own also has 0xA0, which is half a letter of UTF-8. */
const SPACE = new Set([' ', '\t', '\n', '\v', '\f', '\r']);
const LEADING = /^[ \t\n\v\f\r]*/;
const TRAILING = /[ \t\n\v\f\r]+$/;
/** Sections whose inside is another language. */
const FOREIGN = new Set(['perl']);

/** A line as the server sees it: continued ones joined, without white space around it. */
interface Line {
  text: string;
  /** Place of a character of `text` in the file; that of its end, too. */
  at: (index: number) => number;
  start: number;
  /** The end of its last physical line, without the line feed. */
  end: number;
}

interface Reader {
  text: string;
  at: number;
}

/** All nodes of a file, in order. Throws ConfigSyntaxError. */
export function readApache(text: string): readonly Node[] {
  return readNodes({ text, at: 0 }, null, 0).nodes;
}

/** Up to the end of the text, or to the line that closes `section`. */
function readNodes(reader: Reader, section: { name: string; start: number } | null, depth: number): { nodes: readonly Node[]; closing: Line | null } {
  const nodes: Node[] = [];
  if (depth > DEEPEST) throw failure(reader.text, reader.at, 'sections are nested too deep');
  for (let line = nextLine(reader); line !== null; line = nextLine(reader)) {
    if (line.text === '') continue;
    if (line.text.startsWith('#')) {
      nodes.push({ kind: 'comment', start: line.start, end: line.end });
      continue;
    }
    const [first, ...args] = wordsOf(line);
    if (!first) continue;
    if (first.text.startsWith('</')) {
      const name = first.text.slice(2, -1);
      if (!first.text.endsWith('>')) throw failure(reader.text, line.start, `${first.text}> directive missing closing '>'`);
      if (!section) throw failure(reader.text, line.start, `${first.text} without matching <${name}> section`);
      if (name.toLowerCase() !== section.name.toLowerCase()) throw failure(reader.text, line.start, `Expected </${section.name}> but saw ${first.text}`);
      return { nodes, closing: line };
    }
    if (first.text.startsWith('<')) nodes.push(readSection(reader, line, depth));
    else nodes.push({ kind: 'directive', name: first.text, args, rest: restOf(line), start: line.start, end: args.at(-1)?.end ?? first.end });
  }
  if (section) throw failure(reader.text, section.start, `<${section.name}> was not closed.`);
  return { nodes, closing: null };
}

function readSection(reader: Reader, line: Line, depth: number): Section {
  const last = line.text.lastIndexOf('>');
  // What stands behind the last > is not read; without one the server refuses the line, or its directive does.
  const [first, ...args] = wordsOf(last < 0 ? line : { ...line, text: line.text.slice(0, last) });
  const name = (first?.text ?? '<').slice(1);
  const { nodes, closing } = FOREIGN.has(name.toLowerCase()) ? readForeign(reader, name) : readNodes(reader, { name, start: line.start }, depth + 1);
  if (!closing) throw failure(reader.text, line.start, `<${name}> was not closed.`);
  return { kind: 'section', name, args, rest: restOf({ ...line, text: last < 0 ? line.text : line.text.slice(0, last) }), start: line.start, open: line.end - 1, close: closing.start, end: closing.end, children: nodes };
}

/** Up to the line that closes a section of another language. */
function readForeign(reader: Reader, name: string): { nodes: readonly Node[]; closing: Line | null } {
  for (let line = nextLine(reader); line !== null; line = nextLine(reader)) if (line.text.toLowerCase().startsWith(`</${name.toLowerCase()}>`)) return { nodes: [], closing: line };
  return { nodes: [], closing: null };
}

/** The next line, null at the end of the text. */
function nextLine(reader: Reader): Line | null {
  const { text } = reader;
  if (reader.at >= text.length) return null;
  const pieces: { from: number; to: number }[] = [];
  for (;;) {
    const from = reader.at;
    const feed = text.indexOf('\n', from);
    const stop = feed < 0 ? text.length : feed;
    const to = feed >= 0 && stop > from && text[stop - 1] === '\r' ? stop - 1 : stop;
    reader.at = feed < 0 ? text.length : feed + 1;
    pieces.push({ from, to });
    // Only before a line feed: at the end of the file a \ is one. The server looks at what is joined so far: behind `\\` an empty line goes on, too.
    const last = pieces.findLast((piece) => piece.to > piece.from);
    const continued = feed >= 0 && last !== undefined && text[last.to - 1] === '\\';
    if (continued) last.to -= 1;
    if (!continued || reader.at >= text.length) break;
  }
  return lineOf(text, pieces);
}

function lineOf(text: string, pieces: readonly { from: number; to: number }[]): Line {
  const whole = pieces.map(({ from, to }) => text.slice(from, to)).join('');
  const before = LEADING.exec(whole)?.[0].length ?? 0;
  const trimmed = whole.slice(before).replace(TRAILING, '');
  const at = (index: number): number => {
    let left = index + before;
    for (const { from, to } of pieces) {
      if (left < to - from) return from + left;
      left -= to - from;
    }
    return pieces.at(-1)?.to ?? 0;
  };
  return { text: trimmed, at, start: at(0), end: pieces.at(-1)?.to ?? 0 };
}

/** The words of a line by ap_getword_conf: a quote counts only at the beginning of one, and one that is not closed ends with the line. */
function wordsOf({ text, at }: Pick<Line, 'text' | 'at'>): readonly Word[] {
  const words: Word[] = [];
  let here = 0;
  for (;;) {
    while (SPACE.has(text[here] ?? '')) here += 1;
    if (here >= text.length) return words;
    const from = here;
    const quote = text[here] === '"' || text[here] === "'" ? (text[here] ?? '') : '';
    if (quote !== '') here += 1;
    const inner = here;
    while (here < text.length && (quote === '' ? !SPACE.has(text[here] ?? '') : text[here] !== quote)) {
      here += quote !== '' && text[here] === '\\' && (text[here + 1] === quote || text[here + 1] === '\\') ? 2 : 1;
    }
    here = Math.min(here, text.length);
    const raw = text.slice(inner, here);
    if (quote !== '' && here < text.length) here += 1;
    words.push({ text: unescaped(raw, quote), start: at(from), end: at(here - 1) + 1 });
  }
}

/** The words of text that comes from a variable. */
export function wordTexts(text: string): readonly string[] {
  return wordsOf({ text, at: (index) => index }).map((word) => word.text);
}

function unescaped(raw: string, quote: string): string {
  if (!raw.includes('\\')) return raw;
  return raw.replace(/\\([\\"'])/g, (both, character: string) => (character === '\\' || character === quote ? character : both));
}

function restOf(line: Line): string {
  const name = /^(?:"(?:\\["\\]|[^"])*"?|'(?:\\['\\]|[^'])*'?|[^ \t\n\v\f\r]+)/.exec(line.text)?.[0] ?? '';
  return line.text.slice(name.length).replace(LEADING, '').replace(TRAILING, '');
}

/** A word as the server must read it: quoted when it holds what would end or change it. */
export function quoted(word: string): string {
  return word !== '' && !/[\s"'\\<>#]/.test(word) ? word : `"${word.replace(/[\\"]/g, '\\$&')}"`;
}
