import { Box, Text } from 'ink';
import type { ReactNode } from 'react';
import type { Glyphs } from './glyphs.js';
import { blank, row, visibleRows, type Row, type Span } from './rows.js';
import type { Hint } from './screen.js';

export interface FrameContent {
  /** Left and right of the first line. */
  title: string;
  notice: string;
  /** What was decided so far. */
  trail: readonly { label: string; text: string }[];
  body: readonly Row[];
  /** So many rows at the end of the body never scroll away. */
  pinned: number;
  hints: readonly Hint[];
}

export interface FrameSize {
  columns: number;
  rows: number;
}

/** The rows of a whole frame: never more than the terminal has, less one, so that Ink can redraw it in place. */
export function frameRows({ title, notice, trail, body, pinned, hints }: FrameContent, { columns, rows }: FrameSize, glyphs: Glyphs): readonly Row[] {
  const width = Math.max(20, columns - 1);
  const height = Math.max(6, rows - 1);
  const gap = Math.max(2, width - [...title].length - [...notice].length);
  const top = row({ text: title, look: 'dim' }, { text: ' '.repeat(gap) }, { text: notice, look: 'dim' });
  const bottom = hintRows([...hints, { key: 'Ctrl-C', does: 'leave' }], width);
  const room = height - 1 - bottom.length - 1;
  // The trail gives way to the question when there is little room.
  const wanted = Math.max(body.length + 1, 6);
  const shown = trail.slice(-Math.max(0, Math.min(trail.length, room - wanted - 1, 6)));
  const past = room - wanted - 1 > 0 ? shown.map(({ label, text }) => row({ text: label.padEnd(12), look: 'dim' }, { text, look: 'dim' })) : [];
  const above = [top, ...(past.length > 0 ? [blank, ...past] : []), ...(rows > 18 ? [blank] : [])];
  const left = height - above.length - bottom.length - 1;
  const fixed = pinned > 0 && body.length > left ? body.slice(-pinned) : [];
  const scrolled = visibleRows(fixed.length > 0 ? body.slice(0, -pinned) : body, Math.max(2, left - fixed.length), glyphs);
  return [...above, ...scrolled, ...fixed, blank, ...bottom];
}

/** Keys and their meaning, on as few lines as they need. */
function hintRows(hints: readonly Hint[], width: number): readonly Row[] {
  const lines: Span[][] = [[]];
  let used = 0;
  for (const { key, does } of hints) {
    const length = key.length + does.length + 4;
    if (used > 0 && used + length > width) {
      lines.push([]);
      used = 0;
    }
    lines.at(-1)?.push({ text: key }, { text: ` ${does}   `, look: 'dim' });
    used += length;
  }
  return lines.slice(0, 2).map((spans) => row(...spans));
}

/** One frame in Ink. */
export function Frame({ rows, colour }: { rows: readonly Row[]; colour: boolean }): ReactNode {
  return (
    <Box flexDirection="column">
      {rows.map((line, index) => (
        // Rows have no identity of their own: their place is what they are.
        // eslint-disable-next-line react/no-array-index-key
        <Text key={index} wrap="truncate-end">
          {line.spans.length === 0 ? ' ' : line.spans.map((span, at) => <Piece key={`${index}.${at}`} span={span} colour={colour} />)}
        </Text>
      ))}
    </Box>
  );
}

function Piece({ span: { text, look }, colour }: { span: Span; colour: boolean }): ReactNode {
  switch (look) {
    case 'strong':
      return <Text bold>{text}</Text>;
    case 'dim':
      return <Text dimColor>{text}</Text>;
    case 'accent':
      return colour ? <Text color="cyan">{text}</Text> : <Text bold>{text}</Text>;
    case 'good':
      return colour ? <Text color="green">{text}</Text> : text;
    case 'bad':
      return colour ? <Text color="red">{text}</Text> : <Text bold>{text}</Text>;
    case 'cursor':
      return <Text inverse>{text}</Text>;
    default:
      return text;
  }
}
