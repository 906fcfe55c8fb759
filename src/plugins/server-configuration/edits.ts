/** A file of a server's configuration. */
export interface ConfigurationFile {
  /** Without symbolic links: this is where an edit goes. */
  path: string;
  /** latin1. */
  text: string;
}

/** A block or section that holds others. */
export interface ConfigurationBlock {
  start: number;
  /** Place of the character behind which its inside begins: nginx's `{`, the last one of an opening line of Apache's. */
  open: number;
  /** Place where its end begins: nginx's `}`, Apache's `</`. */
  close: number;
  children: readonly { start: number }[];
}

/** One change of a file: what stands from `from` to `to` becomes `text`. Places are those of the text as it was read. */
export interface Edit {
  from: number;
  to: number;
  text: string;
}

/** The changes of one run, by real path. Those that meet at one place are applied in the order in which they were added. */
export type Edits = ReadonlyMap<string, readonly Edit[]>;

/** Gathers edits; each file is known by its real path. */
export class EditList {
  private readonly edits = new Map<string, Edit[]>();

  add(file: ConfigurationFile, edit: Edit): void {
    const own = this.edits.get(file.path) ?? [];
    own.push(edit);
    this.edits.set(file.path, own);
  }

  all(): Edits {
    return this.edits;
  }
}

/** The text with its edits; they must not overlap. */
export function spliced(text: string, edits: readonly Edit[]): string {
  const ordered = edits.map((edit, order) => ({ edit, order })).sort((a, b) => a.edit.from - b.edit.from || a.edit.to - b.edit.to || a.order - b.order);
  const parts: string[] = [];
  let at = 0;
  for (const { edit } of ordered) {
    if (edit.from < at) throw new Error(`edits overlap at ${edit.from}`);
    parts.push(text.slice(at, edit.from), edit.text);
    at = edit.to;
  }
  return parts.join('') + text.slice(at);
}

/** The line ending of the file: that of its first line. */
export function newlineOf({ text }: ConfigurationFile): '\n' | '\r\n' {
  const first = text.indexOf('\n');
  return first > 0 && text[first - 1] === '\r' ? '\r\n' : '\n';
}

/** The white space before a node when it is the first thing in its line; null when something stands before it. */
export function indentOf({ text }: ConfigurationFile, at: number): string | null {
  const line = text.lastIndexOf('\n', at - 1) + 1;
  const before = text.slice(line, at);
  return /^[ \t]*$/.test(before) ? before : null;
}

/** How lines inside this block are indented: as its first line is, else four spaces more than the block (a tab more where tabs are used). */
export function innerIndent(file: ConfigurationFile, block: ConfigurationBlock): string {
  for (const child of block.children) {
    const indent = indentOf(file, child.start);
    if (indent !== null) return indent;
  }
  const own = indentOf(file, block.start) ?? '';
  return own.includes('\t') ? `${own}\t` : `${own}    `;
}

/** Lines at the end of a block, before its end; what stands before them keeps its line. */
export function atEnd(file: ConfigurationFile, block: ConfigurationBlock, lines: readonly string[]): Edit {
  const newline = newlineOf(file);
  const indent = innerIndent(file, block);
  const body = lines.map((line) => (line === '' ? '' : `${indent}${line}`)).join(newline);
  const closing = indentOf(file, block.close);
  // The end has a line of its own: the new lines come before that line.
  if (closing !== null && block.close - closing.length > block.open) return { from: block.close - closing.length, to: block.close - closing.length, text: `${body}${newline}` };
  const kept = file.text.slice(block.open + 1, block.close).replace(/[ \t]+$/, '');
  const from = block.open + 1 + kept.length;
  return { from, to: block.close, text: `${newline}${body}${newline}${indentOf(file, block.start) ?? ''}` };
}

/** Lines at the start of a block. */
export function atStart(file: ConfigurationFile, block: ConfigurationBlock, lines: readonly string[]): Edit {
  const newline = newlineOf(file);
  const indent = innerIndent(file, block);
  return { from: block.open + 1, to: block.open + 1, text: lines.map((line) => `${newline}${indent}${line}`).join('') };
}

/** Takes a node away, with its whole line when nothing else stands in it but the comment that is `comment`. */
export function removed(file: ConfigurationFile, node: { start: number; end: number }, comment: RegExp = /^$/): Edit {
  const { text } = file;
  const lineEnd = text.indexOf('\n', node.end);
  const rest = text.slice(node.end, lineEnd < 0 ? text.length : lineEnd).replace(/\r$/, '');
  const indent = indentOf(file, node.start);
  const alone = rest.trim() === '' || comment.test(rest.trim());
  if (indent !== null && alone) return { from: node.start - indent.length, to: lineEnd < 0 ? text.length : lineEnd + 1, text: '' };
  return { from: node.start, to: alone && lineEnd >= 0 ? node.end + rest.length : node.end, text: '' };
}
