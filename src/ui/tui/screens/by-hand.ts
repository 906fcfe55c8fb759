import type { Instructions, Sighting } from '../../../core/interaction.js';
import { isSeen, placedCount, placements, placingText, sightingText, zoneText, type Placement } from '../../instructions-text.js';
import { blank, labelled, row, wrapped, type Row } from '../rows.js';
import type { Screen, View } from '../screen.js';

export interface ByHandState {
  instructions: Instructions;
  all: readonly Placement[];
  seen: Readonly<Record<number, readonly Sighting[]>>;
  /** When the outside was asked last, milliseconds; null = not yet. */
  lookedAt: number | null;
  /** Enter was pressed although not all is seen: the next Enter goes on. */
  warned: boolean;
  note: string | null;
  scroll: number;
}

export function byHandState(instructions: Instructions): ByHandState {
  return { instructions, all: placements(instructions), seen: {}, lookedAt: null, warned: false, note: null, scroll: 0 };
}

export function missing({ instructions, seen }: ByHandState): number {
  return instructions.tasks.filter((_, index) => !isSeen(seen[index])).length;
}

/** Everything a person has to place, on one screen, watched. Answered when the person goes on. */
export const byHandScreen: Screen<ByHandState, 'go'> = {
  press(state, key) {
    const values = placedValues(state.all);
    if (key.name === 'enter') {
      const left = missing(state);
      if (left === 0 || state.warned) return { answer: 'go' };
      return { state: { ...state, warned: true, note: `${left} of ${state.instructions.tasks.length} cannot be seen yet; the CA would probably fail. Enter once more goes on anyway.` } };
    }
    if (key.name === 'char' && /^[1-9]$/.test(key.text)) {
      const value = values[Number(key.text) - 1];
      return value === undefined ? { state } : { copy: value, state: { ...state, note: `Value ${key.text} is in the clipboard, if your terminal allows it.` } };
    }
    if (key.name === 'char' && key.text === 'c') {
      const shell = state.all.flatMap((placement) => (placement.kind === 'file' ? [placement.shell] : []));
      return { copy: [zoneText(state.all), ...shell].filter((text) => text !== '').join('\n'), state: { ...state, note: 'Everything is in the clipboard, if your terminal allows it.' } };
    }
    if (key.name === 'up') return { state: { ...state, scroll: Math.max(0, state.scroll - 1) } };
    if (key.name === 'down') return { state: { ...state, scroll: state.scroll + 1 } };
    return { state };
  },
  rows(state, view) {
    const { all, instructions, note } = state;
    const left = missing(state);
    const { expires } = instructions;
    // These stay above what scrolls: with several values the end is out of sight.
    const head: readonly Row[] = [
      ...wrapped(placingText(all), view.width, 'strong'),
      ...wrapped(left === 0 ? 'Everything can be seen. Going on.' : `Waiting for ${left === 1 ? 'one more answer' : `${left} more answers`}${state.lookedAt === null ? '' : `, asked ${Math.max(0, Math.round((view.now - state.lookedAt) / 1000))} s ago`}. It goes on by itself.`, view.width, 'dim'),
      ...(expires ? wrapped(`You can close this window: \`certwright resume\` continues with the same values until ${momentText(expires)}.`, view.width, 'dim') : []),
      ...(note === null ? [] : wrapped(note, view.width, state.warned ? 'bad' : 'dim')),
    ];
    const rows = all.flatMap((placement) => (placement.kind === 'record' ? recordRows(placement, state, view) : fileRows(placement, state, view)));
    const first = Math.max(0, Math.min(state.scroll, rows.length - 2));
    return [...head.map((each) => ({ ...each, stays: true })), ...(first > 0 ? [row({ text: `  ${view.glyphs.up} ${first} more`, look: 'dim' }), ...rows.slice(first)] : rows)];
  },
  hints: (state, glyphs) => [
    { key: placedCount(state.all) === 1 ? '1' : `1-${Math.min(9, placedCount(state.all))}`, does: 'copy a value' },
    { key: 'c', does: 'copy all' },
    { key: 'Enter', does: missing(state) === 0 ? 'go on' : 'go on anyway' },
    { key: glyphs.updown, does: 'scroll' },
  ],
};

function placedValues(all: readonly Placement[]): readonly string[] {
  return all.flatMap((placement) => (placement.kind === 'record' ? placement.values.map(({ value }) => value) : [placement.content]));
}

function recordRows({ name, relative, zone, values, stays }: Extract<Placement, { kind: 'record' }>, { seen }: ByHandState, { width, glyphs }: View): readonly Row[] {
  const rows: Row[] = [
    blank,
    row({ text: '  Name   ', look: 'dim' }, { text: relative, look: 'strong' }, ...(zone === null ? [] : [{ text: `      in zone ${zone}`, look: 'dim' as const }])),
    ...(zone === null ? [] : [row({ text: `         full: ${name}`, look: 'dim' })]),
    row({ text: '  Type   ', look: 'dim' }, 'TXT', { text: '      TTL   ', look: 'dim' }, '300'),
    ...(values.length > 1 ? [row(`         ${values.length} values stand under this one name; keep both.`)] : []),
  ];
  for (const { number, indices, value } of values) {
    rows.push(...wrapped(value, width - 9).map((line, at) => row({ text: at === 0 ? `  ${String(number).padEnd(6)} ` : '         ', look: 'dim' }, ...line.spans)));
    // What is good for the name need not be for its wildcard.
    rows.push(sightingRow(seen[indices.find((index) => !isSeen(seen[index])) ?? indices[0] ?? 0], glyphs, width));
  }
  if (stays.length > 0) rows.push(blank, ...stays.flatMap((sentence) => wrapped(sentence, width, undefined, '  ')));
  return rows;
}

function fileRows({ number, index, url, content, shell }: Extract<Placement, { kind: 'file' }>, { seen }: ByHandState, { width, glyphs }: View): readonly Row[] {
  return [
    blank,
    ...labelled(`  ${number}`, url, width, 5),
    row({ text: '     must answer with exactly', look: 'dim' }),
    ...wrapped(content, width, undefined, '     '),
    row({ text: '     in the folder that the web server serves:', look: 'dim' }),
    ...wrapped(shell, width, undefined, '     '),
    sightingRow(seen[index], glyphs, width),
  ];
}

function sightingRow(sightings: readonly Sighting[] | undefined, glyphs: View['glyphs'], width: number): Row {
  if (!sightings) return row({ text: '         looking', look: 'dim' });
  if (sightings.length === 0) return row({ text: '         nobody could be asked', look: 'dim' });
  const spans = sightings.flatMap((sighting) => {
    const good = sighting.state === 'seen';
    const sign = good ? glyphs.done : sighting.state === 'wrong' ? glyphs.failed : glyphs.waiting;
    return [{ text: `${sign} `, look: good ? ('good' as const) : sighting.state === 'wrong' ? ('bad' as const) : ('dim' as const) }, { text: `${sightingText(sighting).slice(0, width)}   ` }];
  });
  return row('         ', ...spans);
}

/** Local time to the minute. */
function momentText(at: Date): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}
