import type { Instructions, Sighting } from '../core/interaction.js';
import { shellQuote } from '../core/decide/command-line.js';

/** One thing to place: a record (perhaps of several values) or a file. */
export type Placement =
  | { kind: 'record'; name: string; relative: string; zone: string | null; values: readonly { index: number; value: string }[] }
  | { kind: 'file'; index: number; name: string; url: string; path: string; content: string; shell: string };

/** Everything that is to be placed; values under one record name stand together (S141). */
export function placements({ tasks, zones }: Instructions): readonly Placement[] {
  const all: Placement[] = [];
  for (const [index, task] of tasks.entries()) {
    const { recordName } = task;
    if (recordName === undefined) {
      const path = `.well-known/acme-challenge/${task.token}`;
      const shell = `mkdir -p .well-known/acme-challenge && printf '%s' ${shellQuote([task.validation])} > ${path}`;
      all.push({ kind: 'file', index, name: task.identifier.shown, url: `http://${task.identifier.value}/${path}`, path, content: task.validation, shell });
      continue;
    }
    const known = all.find((placement) => placement.kind === 'record' && placement.name === recordName);
    if (known?.kind === 'record') {
      all[all.indexOf(known)] = { ...known, values: [...known.values, { index, value: task.validation }] };
      continue;
    }
    const zone = zones[recordName] ?? null;
    const relative = zone !== null && recordName.endsWith(`.${zone}`) ? recordName.slice(0, -zone.length - 1) : recordName;
    all.push({ kind: 'record', name: recordName, relative, zone, values: [{ index, value: task.validation }] });
  }
  return all;
}

/** The records as a zone file would have them, TTL 300 seconds. */
export function zoneText(all: readonly Placement[]): string {
  return all.flatMap((placement) => (placement.kind === 'record' ? placement.values.map(({ value }) => `${placement.name}. 300 IN TXT "${value}"`) : [])).join('\n');
}

export function sightingText({ at, state, found }: Sighting): string {
  switch (state) {
    case 'seen':
      return `${at} seen`;
    case 'not-yet':
      return `${at} not yet`;
    case 'wrong':
      return `${at} wrong value${found === undefined ? '' : `: ${found}`}`;
    case 'unreachable':
      return `${at} no answer${found === undefined ? '' : `: ${found}`}`;
  }
}

export function isSeen(sightings: readonly Sighting[] | undefined): boolean {
  return sightings !== undefined && sightings.length > 0 && sightings.every(({ state }) => state === 'seen');
}

/** All placements as plain lines. */
export function instructionLines(instructions: Instructions): readonly string[] {
  const all = placements(instructions);
  const count = instructions.tasks.length;
  const records = all.some(({ kind }) => kind === 'record');
  return [
    records ? `Add ${count === 1 ? 'this record' : `these ${count} records`} at your DNS provider.` : `Put ${count === 1 ? 'this file' : `these ${count} files`} where your web server serves them.`,
    ...all.flatMap((placement) =>
      placement.kind === 'record'
        ? [
            '',
            `  Name   ${placement.relative}${placement.zone === null ? '' : `      in zone ${placement.zone} (full: ${placement.name})`}`,
            '  Type   TXT      TTL   300',
            ...(placement.values.length > 1 ? [`  ${placement.values.length} values under one name; keep both.`] : []),
            ...placement.values.map(({ value }) => `  Value  ${value}`),
          ]
        : ['', `  ${placement.url}`, `  must answer with exactly this: ${placement.content}`, '  In the folder that your web server serves:', `  ${placement.shell}`],
    ),
  ];
}
