import { ConfigSyntaxError } from './config-syntax-error.js';

/**
 * The dialect of Python's configobj in which renewal files are written: comments, nested `[[sections]]`, lists with commas,
 * three ways of quoting. A document keeps every line as it is; only lines that are changed are written anew, with
 * configobj's own rules of quoting, so that certbot reads back exactly what was meant.
 */
export type ConfigValue = string | readonly string[];

export interface ConfigSection {
  values: Readonly<Record<string, ConfigValue>>;
  sections: Readonly<Record<string, ConfigSection>>;
}

interface Other {
  kind: 'other';
  text: string;
}
interface Heading {
  kind: 'section';
  text: string;
  path: readonly string[];
}
interface Entry {
  kind: 'entry';
  /** One line, or several when the value is triple-quoted over lines. */
  text: string;
  path: readonly string[];
  indent: string;
  key: string;
  value: ConfigValue;
  /** With its `#` and the space before it; empty when there is none. */
  comment: string;
}
type Line = Other | Heading | Entry;

/** A parsed file; plain data, changed only by making a new one. */
export interface ConfigDocument {
  lines: readonly Line[];
  /** The file ended with a line feed. */
  ended: boolean;
  newline: '\n' | '\r\n';
}

const KEYWORD = /^(\s*)(".*?"|'.*?'|[^'"=].*?)\s*=\s*(.*)$/;
const HEADING = /^(\s*)((?:\[\s*)+)("\s*\S.*?\s*"|'\s*\S.*?\s*'|[^'"\s].*?)((?:\s*\])+)\s*(#.*)?$/;
const VALUE = /^(?:((?:(?:".*?"|'.*?'|[^'",#][^,#]*?)\s*,\s*)*)(".*?"|'.*?'|[^'",#\s][^,]*?|(?<!,))?|(,))\s*(#.*)?$/;
const ITEM = /(".*?"|'.*?'|[^'",#]?.*?)\s*,\s*/g;

/** Reads a whole file. Throws ConfigSyntaxError. */
export function parseConfig(text: string): ConfigDocument {
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const ended = text === '' || text.endsWith('\n');
  const source = text.replace(/^\ufeff/, '').split(/\r?\n/);
  if (ended) source.pop();
  const lines: Line[] = [];
  /** Names that a place has already, by the place. */
  const seen = new Map<string, Set<string>>();
  const once = (name: string, where: readonly string[], what: string, line: number): void => {
    const place = where.join('\n');
    const names = seen.get(place) ?? new Set();
    if (names.has(name)) throw new ConfigSyntaxError(line, `${what} ${name} stands here twice`);
    seen.set(place, names.add(name));
  };
  let path: readonly string[] = [];
  for (let at = 0; at < source.length; at += 1) {
    const line = source[at] ?? '';
    const bare = line.trim();
    if (bare === '' || bare.startsWith('#')) {
      lines.push({ kind: 'other', text: line });
      continue;
    }
    const heading = bare.startsWith('[') ? HEADING.exec(line) : null;
    if (heading) {
      const depth = (heading[2] ?? '').split('[').length - 1;
      if (depth !== (heading[4] ?? '').split(']').length - 1) throw new ConfigSyntaxError(at + 1, 'a section needs as many ] as [');
      if (depth > path.length + 1) throw new ConfigSyntaxError(at + 1, 'this section is nested too deep');
      const parent = path.slice(0, depth - 1);
      const name = unquote(heading[3] ?? '');
      once(name, parent, 'the section', at + 1);
      path = [...parent, name];
      lines.push({ kind: 'section', text: line, path });
      continue;
    }
    const entry = KEYWORD.exec(line);
    if (!entry) throw new ConfigSyntaxError(at + 1, 'neither a section nor `name = value`');
    const [, indent = '', rawKey = '', raw = ''] = entry;
    const key = unquote(rawKey);
    once(key, path, 'the option', at + 1);
    const first = at;
    let parsed: { value: ConfigValue; comment: string };
    if (raw.startsWith("'''") || raw.startsWith('"""')) {
      const block = tripleQuoted(raw, source, at);
      at = block.last;
      parsed = block;
    } else parsed = plainValue(raw, at + 1);
    lines.push({ kind: 'entry', text: at === first ? line : source.slice(first, at + 1).join(newline), path, indent, key, ...parsed });
  }
  return { lines, ended, newline };
}

/** Values and sections as data. */
export function configTree(document: ConfigDocument): ConfigSection {
  interface Draft {
    values: Record<string, ConfigValue>;
    sections: Record<string, Draft>;
  }
  const root: Draft = { values: Object.create(null) as Draft['values'], sections: Object.create(null) as Draft['sections'] };
  const at = (path: readonly string[]): Draft => {
    let here = root;
    for (const name of path) here = here.sections[name] ??= { values: Object.create(null) as Draft['values'], sections: Object.create(null) as Draft['sections'] };
    return here;
  };
  for (const line of document.lines) {
    if (line.kind === 'section') at(line.path);
    else if (line.kind === 'entry') at(line.path).values[line.key] = line.value;
  }
  return root;
}

export function configText({ lines, ended, newline }: ConfigDocument): string {
  return lines.map(({ text }) => text).join(newline) + (ended && lines.length > 0 ? newline : '');
}

/**
 * Sets one value: a line that is there keeps its place, indentation and comment, and is untouched when it says the same; a
 * new one comes after the last value of its section, which is made at the end when it is not there. Throws
 * ConfigSyntaxError for a value that configobj cannot express.
 */
export function setValue(document: ConfigDocument, path: readonly string[], key: string, value: ConfigValue): ConfigDocument {
  const found = document.lines.findIndex((line) => line.kind === 'entry' && line.key === key && samePath(line.path, path));
  const old = document.lines[found];
  if (old?.kind === 'entry') {
    if (JSON.stringify(old.value) === JSON.stringify(value)) return document;
    const text = `${old.indent}${quoteKey(key)} = ${quoteValue(value)}${old.comment}`;
    return { ...document, lines: document.lines.with(found, { ...old, text, value }) };
  }
  const prepared = path.length === 0 ? document : addSection(document, path);
  const siblings = prepared.lines.map((line, index) => ({ line, index })).filter(({ line }) => line.kind === 'entry' && samePath(line.path, path));
  const heading = prepared.lines.findIndex((line) => line.kind === 'section' && samePath(line.path, path));
  const last = siblings.at(-1);
  const indent = last?.line.kind === 'entry' ? last.line.indent : '';
  const entry: Entry = { kind: 'entry', text: `${indent}${quoteKey(key)} = ${quoteValue(value)}`, path, indent, key, value, comment: '' };
  const position = last ? last.index + 1 : path.length > 0 ? heading + 1 : firstHeading(prepared);
  return { ...prepared, lines: prepared.lines.toSpliced(position, 0, entry), ended: true };
}

/** Removes a value with the comment lines of its own that stand right above it (configobj does the same). */
export function removeValue(document: ConfigDocument, path: readonly string[], key: string): ConfigDocument {
  const found = document.lines.findIndex((line) => line.kind === 'entry' && line.key === key && samePath(line.path, path));
  return found < 0 ? document : { ...document, lines: document.lines.toSpliced(found, 1) };
}

/** Removes a section with everything below it. */
export function removeSection(document: ConfigDocument, path: readonly string[]): ConfigDocument {
  return { ...document, lines: document.lines.filter((line) => line.kind === 'other' || !path.every((name, depth) => line.path[depth] === name)) };
}

/** Adds an empty section after the last line of its parent, with comment lines above it. */
export function addSection(document: ConfigDocument, path: readonly string[], above: readonly string[] = []): ConfigDocument {
  if (document.lines.some((line) => line.kind === 'section' && samePath(line.path, path))) return document;
  const parent = path.slice(0, -1);
  const prepared = parent.length > 0 ? addSection(document, parent) : document;
  let position = prepared.lines.length;
  if (parent.length > 0) {
    position = prepared.lines.findLastIndex((line) => line.kind !== 'other' && parent.every((name, depth) => line.path[depth] === name)) + 1;
  }
  const name = path.at(-1) ?? '';
  const heading: Heading = { kind: 'section', text: `${'['.repeat(path.length)}${quoteKey(name)}${']'.repeat(path.length)}`, path };
  const added: readonly Line[] = [...above.map((text): Other => ({ kind: 'other', text })), heading];
  return { ...prepared, lines: prepared.lines.toSpliced(position, 0, ...added), ended: true };
}

function samePath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index]);
}

function firstHeading({ lines }: ConfigDocument): number {
  const heading = lines.findIndex(({ kind }) => kind === 'section');
  if (heading < 0) return lines.length;
  // Comments right above the heading belong to it.
  let position = heading;
  while (position > 0 && lines[position - 1]?.kind === 'other') position -= 1;
  return position;
}

function unquote(text: string): string {
  const mark = text[0];
  return text.length > 1 && (mark === '"' || mark === "'") && text.endsWith(mark) ? text.slice(1, -1) : text;
}

function plainValue(raw: string, line: number): { value: ConfigValue; comment: string } {
  // Nearly all values are such, and a renewal reads thousands.
  if (!/['",#]/.test(raw)) return { value: raw.trimEnd(), comment: '' };
  const match = VALUE.exec(raw);
  if (!match) throw new ConfigSyntaxError(line, 'the value is badly quoted, or an invalid list');
  const [, list = '', single, empty, remark] = match;
  const comment = remark === undefined ? '' : ` ${remark}`;
  if (empty !== undefined) return { value: [], comment };
  const items = [...list.matchAll(ITEM)].map(([, item = '']) => unquote(item));
  if (list === '') return { value: unquote(single ?? ''), comment };
  return { value: single === undefined || single === '' ? items : [...items, unquote(single)], comment };
}

function tripleQuoted(raw: string, source: readonly string[], start: number): { value: string; comment: string; last: number } {
  const mark = raw.slice(0, 3);
  const closing = mark === "'''" ? /^(.*?)'{3}\s*(#.*)?$/ : /^(.*?)"{3}\s*(#.*)?$/;
  const parts: string[] = [];
  for (let at = start; at < source.length; at += 1) {
    const line = at === start ? raw.slice(3) : (source[at] ?? '');
    if (!line.includes(mark)) {
      parts.push(line);
      continue;
    }
    const end = closing.exec(line);
    if (!end) throw new ConfigSyntaxError(start + 1, 'something stands after the closing quotes');
    return { value: [...parts, end[1] ?? ''].join('\n'), comment: end[2] === undefined ? '' : ` ${end[2]}`, last: at };
  }
  throw new ConfigSyntaxError(start + 1, `the quotes ${mark} are never closed`);
}

/** A value as configobj writes it. Throws ConfigSyntaxError when it cannot be expressed. */
export function quoteValue(value: ConfigValue): string {
  if (typeof value === 'string') return quote(value, true);
  if (value.length === 0) return ',';
  if (value.length === 1) return `${quote(value[0] ?? '', false)},`;
  return value.map((item) => quote(item, false)).join(', ');
}

function quoteKey(key: string): string {
  return quote(key, false);
}

function quote(text: string, multiline: boolean): string {
  if (text === '') return '""';
  const [single, double, lines] = [text.includes("'"), text.includes('"'), /[\r\n]/.test(text)];
  if (multiline && ((single && double) || lines)) {
    if (!text.includes("'''")) return `'''${text}'''`;
    if (!text.includes('"""')) return `"""${text}"""`;
    throw new ConfigSyntaxError(0, 'a value with both kinds of triple quotes cannot be saved');
  }
  if (lines) throw new ConfigSyntaxError(0, 'a name or list item with line breaks cannot be saved');
  const edge = /^[\s'"]|[\s'"]$/.test(text);
  if (!edge && !text.includes(',') && !text.includes('#')) return text;
  if (single && double) throw new ConfigSyntaxError(0, 'a name or list item with both kinds of quotes cannot be saved');
  return double ? `'${text}'` : `"${text}"`;
}
