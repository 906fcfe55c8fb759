/** A piece of a line with one look. Meaning is never in the colour alone. */
export interface Span {
  text: string;
  look?: 'strong' | 'dim' | 'accent' | 'good' | 'bad' | 'cursor';
}

/** One line of the screen; it is cut at the right edge, never broken. */
export interface Row {
  spans: readonly Span[];
  /** The line that must be visible. */
  focus?: boolean;
  /** A line at the beginning that stays above what scrolls: the question, and what is told with it, are always seen. */
  stays?: boolean;
  /** It explains the line before it, or goes on with it: the two scroll as one piece. */
  follows?: boolean;
}

export function row(...spans: readonly (Span | string)[]): Row {
  return { spans: spans.map((span) => (typeof span === 'string' ? { text: span } : span)) };
}

export const blank: Row = { spans: [] };

export function rowText({ spans }: Row): string {
  return spans.map(({ text }) => text).join('');
}

/** Text broken at spaces into lines of at most `width` characters; a longer word is cut. */
export function wrapText(text: string, width: number): readonly string[] {
  const limit = Math.max(10, width);
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of paragraph.split(' ')) {
      let rest = word;
      if (line !== '' && [...line].length + 1 + [...rest].length > limit) {
        lines.push(line);
        line = '';
      }
      while ([...rest].length > limit) {
        lines.push([...rest].slice(0, limit).join(''));
        rest = [...rest].slice(limit).join('');
      }
      line = line === '' ? rest : `${line} ${rest}`;
    }
    lines.push(line);
  }
  return lines;
}

/** Wrapped lines as rows, with `indent` in front of each. */
export function wrapped(text: string, width: number, look?: Span['look'], indent = ''): readonly Row[] {
  return wrapText(text, width - indent.length).map((line) => row(indent, look === undefined ? line : { text: line, look }));
}

/** `label` in a column, the text beside it, wrapped. */
export function labelled(label: string, text: string, width: number, column = 14): readonly Row[] {
  return wrapText(text, width - column).map((line, index) => row({ text: (index === 0 ? label : '').padEnd(column), look: 'dim' }, line));
}

/** These lines belong to what stands before them. */
export function following(rows: readonly Row[]): readonly Row[] {
  return rows.map((each) => ({ ...each, follows: true }));
}

/** The part of the rows that fits into `height` lines, with the focused one in it, in whole pieces; what is hidden is said. */
export function visibleRows(rows: readonly Row[], height: number, glyphs: { up: string; down: string }): readonly Row[] {
  if (rows.length <= height) return rows;
  const head = rows.findIndex(({ stays }) => stays !== true);
  if (head > 0 && height > 3) {
    // Half of the place at most; the question itself comes last.
    const kept = rows.slice(Math.max(0, head - Math.floor(height / 2)), head);
    return [...kept, ...visibleRows(rows.slice(head), height - kept.length, glyphs)];
  }
  const inner = Math.max(1, height - 2);
  const focus = Math.max(0, rows.findIndex((each) => each.focus));
  /** The next beginning of a piece. */
  const boundary = (from: number): number => {
    let at = from;
    while (rows[at]?.follows) at += 1;
    return at;
  };
  const after = boundary(focus + 1);
  const wanted = Math.max(0, Math.min(rows.length - inner, focus - Math.floor(inner / 2)));
  const start = Math.min(focus, boundary(Math.max(wanted, after - inner)));
  let end = Math.min(rows.length, start + inner);
  while (end > after && rows[end]?.follows) end -= 1;
  const above = start > 0 ? row({ text: `  ${glyphs.up} ${start} more`, look: 'dim' }) : blank;
  const below = end < rows.length ? row({ text: `  ${glyphs.down} ${rows.length - end} more`, look: 'dim' }) : blank;
  return [above, ...rows.slice(start, end), ...Array.from({ length: inner - (end - start) }, () => blank), below].slice(0, height);
}
