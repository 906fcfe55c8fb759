import { DEEPEST, failure, type Comment, type Word } from '../server-configuration/syntax.js';

/**
 * nginx's configuration as text with places: every node knows where it stands in the text it was read from, and an edit is a
 * splice at such a place, so what no edit names cannot change. The text is latin1, one character a byte: comments in any
 * encoding survive. The rules of words are those of nginx's own reader (ngx_conf_read_token, 1.22).
 */
export interface Directive {
  kind: 'directive';
  name: string;
  args: readonly Word[];
  start: number;
  /** Behind the `;`. */
  end: number;
}

export interface Block {
  kind: 'block';
  name: string;
  args: readonly Word[];
  start: number;
  /** Place of the `{`. */
  open: number;
  /** Place of the `}`. */
  close: number;
  end: number;
  /** Empty for blocks of another language (Lua, njs). */
  children: readonly Node[];
}

export type Node = Directive | Block | Comment;

const SPACE = new Set([' ', '\t', '\r', '\n']);
const ESCAPES: Readonly<Record<string, string>> = { '"': '"', "'": "'", '\\': '\\', t: '\t', r: '\r', n: '\n' };

interface Reader {
  text: string;
  at: number;
}

/** All nodes of a file, in order. Throws ConfigSyntaxError. */
export function readNginx(text: string): readonly Node[] {
  const reader: Reader = { text, at: 0 };
  const nodes = readNodes(reader, 0);
  if (reader.at < text.length) throw failure(reader.text, reader.at, 'a } without its {');
  return nodes;
}

/** Up to the end of the text, or to a `}` that is left for the caller. */
function readNodes(reader: Reader, depth: number): readonly Node[] {
  const { text } = reader;
  const nodes: Node[] = [];
  if (depth > DEEPEST) throw failure(reader.text, reader.at, 'blocks are nested too deep');
  for (;;) {
    skipSpace(reader);
    const start = reader.at;
    if (start >= text.length || text[start] === '}') return nodes;
    if (text[start] === '#') nodes.push(readComment(reader));
    else readStatement(reader, depth, nodes);
  }
}

/** Words up to `;` or a block. Comments between the words become nodes of their own, before the statement. */
function readStatement(reader: Reader, depth: number, nodes: Node[]): void {
  const { text } = reader;
  const start = reader.at;
  const words: Word[] = [];
  for (;;) {
    skipSpace(reader);
    const character = text[reader.at];
    if (character === undefined) throw failure(reader.text, start, 'a directive that ends with neither ; nor a block');
    if (character === '#') {
      nodes.push(readComment(reader));
      continue;
    }
    const [first, ...args] = words;
    if (character === ';') {
      if (!first) throw failure(reader.text, reader.at, 'a ; without a directive');
      reader.at += 1;
      nodes.push({ kind: 'directive', name: first.text, args, start, end: reader.at });
      return;
    }
    if (character === '{') {
      if (!first) throw failure(reader.text, reader.at, 'a { without a name');
      nodes.push(readBlock(reader, depth, first.text, args, start));
      return;
    }
    if (character === '}') throw failure(reader.text, reader.at, 'a } inside a directive');
    words.push(readWord(reader));
  }
}

function readBlock(reader: Reader, depth: number, name: string, args: readonly Word[], start: number): Block {
  const open = reader.at;
  reader.at += 1;
  const foreign = FOREIGN.exec(name);
  if (foreign) skipForeign(reader, open, foreign[1] === 'lua' ? 'lua' : 'script');
  const children = foreign ? [] : readNodes(reader, depth + 1);
  const close = reader.at;
  if (reader.text[close] !== '}') throw failure(reader.text, open, `the block ${name} is not closed`);
  reader.at += 1;
  return { kind: 'block', name, args, start, open, close, end: reader.at, children };
}

function readComment(reader: Reader): Comment {
  const start = reader.at;
  const line = reader.text.indexOf('\n', start);
  const end = line < 0 ? reader.text.length : reader.text[line - 1] === '\r' ? line - 1 : line;
  reader.at = end;
  return { kind: 'comment', start, end };
}

/** A word without quotes, escapes and variables, as nearly all are. */
const PLAIN_WORD = /[^ \t\r\n;{"'\\$][^ \t\r\n;{\\$]*(?=[ \t\r\n;{])/y;

/**
 * One word: a quote counts as one only at its beginning, `\` takes the next character along, and `${` does not open a block.
 */
function readWord(reader: Reader): Word {
  const { text } = reader;
  const start = reader.at;
  PLAIN_WORD.lastIndex = start;
  if (PLAIN_WORD.test(text)) {
    reader.at = PLAIN_WORD.lastIndex;
    return { text: text.slice(start, reader.at), start, end: reader.at };
  }
  const quote = text[start] === '"' || text[start] === "'" ? text[start] : null;
  let at = quote === null ? start : start + 1;
  let variable = false;
  for (;;) {
    const character = text[at];
    if (character === undefined) {
      if (quote !== null) throw failure(reader.text, start, 'a quoted word that does not end');
      break;
    }
    if (character === '\\') {
      at += 2;
      variable = false;
      continue;
    }
    if (quote !== null && character === quote) break;
    if (quote === null && (SPACE.has(character) || character === ';' || (character === '{' && !variable))) break;
    variable = character === '$' || (variable && character === '{');
    at += 1;
  }
  at = Math.min(at, text.length);
  const inner = text.slice(quote === null ? start : start + 1, at);
  reader.at = quote === null ? at : at + 1;
  const next = text[reader.at];
  if (quote !== null && next !== undefined && !SPACE.has(next) && next !== ';' && next !== '{' && next !== ')') throw failure(reader.text, reader.at, 'text right behind a closing quote');
  return { text: inner.replace(/\\(["'\\trn])/g, (_, escaped: string) => ESCAPES[escaped] ?? escaped), start, end: reader.at };
}

const SPACES = /[ \t\r\n]*/y;

function skipSpace(reader: Reader): void {
  SPACES.lastIndex = reader.at;
  SPACES.test(reader.text);
  reader.at = SPACES.lastIndex;
}

/** Blocks whose inside is another language. */
const FOREIGN = /_by_(lua|njs|js|perl)_block$/;

/** Moves to the `}` that ends a block of another language; braces in its strings and comments do not count. */
function skipForeign(reader: Reader, open: number, language: 'lua' | 'script'): void {
  const { text } = reader;
  let depth = 0;
  while (reader.at < text.length) {
    const character = text[reader.at] ?? '';
    if (character === '"' || character === "'" || (language === 'script' && character === '`')) skipString(reader, open, character);
    else if (language === 'lua' && text.startsWith('--', reader.at)) skipLuaComment(reader);
    else if (language === 'lua' && longBracket(text, reader.at) !== null) skipLong(reader, open);
    else if (language === 'script' && text.startsWith('//', reader.at)) toLineEnd(reader);
    else if (language === 'script' && text.startsWith('/*', reader.at)) reader.at = behind(reader, open, '*/');
    else if (character === '}' && depth === 0) return;
    else {
      if (character === '{') depth += 1;
      if (character === '}') depth -= 1;
      reader.at += 1;
    }
  }
}

function skipString(reader: Reader, open: number, quote: string): void {
  for (reader.at += 1; reader.at < reader.text.length; reader.at += 1) {
    const character = reader.text[reader.at];
    if (character === '\\') reader.at += 1;
    else if (character === quote) {
      reader.at += 1;
      return;
    }
  }
  throw failure(reader.text, open, 'a text in a block of another language does not end');
}

function skipLuaComment(reader: Reader): void {
  if (longBracket(reader.text, reader.at + 2) === null) return toLineEnd(reader);
  const start = reader.at;
  reader.at += 2;
  return skipLong(reader, start);
}

/** `[[`, `[=[` …: how it is closed; null when none begins here. */
function longBracket(text: string, at: number): string | null {
  const found = /^\[(=*)\[/.exec(text.slice(at, at + 32));
  return found ? `]${found[1]}]` : null;
}

function skipLong(reader: Reader, open: number): void {
  reader.at = behind(reader, open, longBracket(reader.text, reader.at) ?? ']]');
}

function behind(reader: Reader, open: number, end: string): number {
  const found = reader.text.indexOf(end, reader.at);
  if (found < 0) throw failure(reader.text, open, 'a block of another language does not end');
  return found + end.length;
}

function toLineEnd(reader: Reader): void {
  const line = reader.text.indexOf('\n', reader.at);
  reader.at = line < 0 ? reader.text.length : line;
}

/** A word as nginx must read it: quoted when it holds what would end it. */
export function quoted(word: string): string {
  return word !== '' && !/[\s;{}"'\\$#]/.test(word) ? word : `"${word.replace(/[\\"]/g, '\\$&')}"`;
}
