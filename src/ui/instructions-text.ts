import type { Instructions, Sighting } from '../core/interaction.js';
import type { ChallengeTask } from '../plugins/contract.js';
import { shellQuote } from '../core/decide/command-line.js';
import { judgePersistRecord, persistDay, txtZoneLine } from '../system/persist-record.js';

/** One thing to place: a record (perhaps of several values) or a file. `number`: by which a person calls it, from 1 in the order shown. */
export type Placement =
  | { kind: 'record'; name: string; relative: string; zone: string | null; values: readonly PlacedValue[]; /** It is not taken away again; what that means, a sentence each. */ stays: readonly string[] }
  | { kind: 'file'; number: number; index: number; name: string; url: string; path: string; content: string; shell: string };

/** A value of a record, with the tasks that it is for: one, or with a lasting record a name and its wildcard. */
export interface PlacedValue {
  number: number;
  indices: readonly number[];
  value: string;
}

/** Everything that is to be placed; values under one record name stand together (S141), each once. */
export function placements({ tasks, zones }: Instructions): readonly Placement[] {
  const places = new Map<string, number[]>();
  for (const [index, { recordName }] of tasks.entries()) {
    const place = recordName ?? `file ${index}`;
    places.set(place, [...(places.get(place) ?? []), index]);
  }
  let number = 0;
  return [...places.values()].flatMap((indices): Placement[] => {
    const [first = 0] = indices;
    const task = tasks[first];
    if (task === undefined) return [];
    const { recordName } = task;
    if (recordName === undefined) {
      const path = `.well-known/acme-challenge/${task.token}`;
      const shell = `mkdir -p .well-known/acme-challenge && printf '%s' ${shellQuote([task.validation])} > ${path}`;
      return [{ kind: 'file', number: (number += 1), index: first, name: task.identifier.shown, url: `http://${task.identifier.value}/${path}`, path, content: task.validation, shell }];
    }
    const zone = zones[recordName] ?? null;
    const relative = zone !== null && recordName.endsWith(`.${zone}`) ? recordName.slice(0, -zone.length - 1) : recordName;
    const values = [...new Set(indices.map((index) => tasks[index]?.validation ?? ''))];
    return [
      {
        kind: 'record',
        name: recordName,
        relative,
        zone,
        values: values.map((value) => ({ number: (number += 1), indices: indices.filter((index) => tasks[index]?.validation === value), value })),
        stays: staying(task),
      },
    ];
  });
}

/** How many things that is, each value for itself. */
export function placedCount(all: readonly Placement[]): number {
  return all.reduce((count, placement) => count + (placement.kind === 'record' ? placement.values.length : 1), 0);
}

/** What a record that stays goes on to allow (draft-ietf-acme-dns-persist-01 section 7: whoever has the account key can obtain). */
function staying({ identifier, persist, validation }: ChallengeTask): readonly string[] {
  if (persist === undefined) return [];
  const name = identifier.value;
  const far = judgePersistRecord(validation, { ...persist, wildcard: true }, 0).state === 'good';
  const verdict = judgePersistRecord(validation, { ...persist, wildcard: false }, 0);
  const until = verdict.state === 'good' && verdict.until !== undefined ? ` until ${persistDay(verdict.until)}` : '';
  return [
    'It stays: set once, every renewal finds it there. certwright never removes it.',
    `It lets the account of this value obtain any certificate for ${name}${far ? `, *.${name} and the names below` : ' (no other name)'}${until}, whoever has the account's key. Delete it to end that.`,
  ];
}

/** What is to be done with all of it, in a sentence. */
export function placingText(all: readonly Placement[]): string {
  const files = all.filter(({ kind }) => kind === 'file').length;
  const records = placedCount(all) - files;
  const add = `Add ${records === 1 ? 'this record' : `these ${records} records`} at your DNS provider`;
  const put = `ut ${files === 1 ? 'this file where your web server serves it' : `these ${files} files where your web server serves them`}`;
  if (files === 0) return `${add}.`;
  return records === 0 ? `P${put}.` : `${add}, and p${put}.`;
}

/** The records as a zone file would have them, TTL 300 seconds. */
export function zoneText(all: readonly Placement[]): string {
  return all.flatMap((placement) => (placement.kind === 'record' ? placement.values.map(({ value }) => txtZoneLine(placement.name, value)) : [])).join('\n');
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
  return [
    placingText(all),
    ...all.flatMap((placement) =>
      placement.kind === 'record'
        ? [
            '',
            `  Name   ${placement.relative}${placement.zone === null ? '' : `      in zone ${placement.zone} (full: ${placement.name})`}`,
            '  Type   TXT      TTL   300',
            ...(placement.values.length > 1 ? [`  ${placement.values.length} values under one name; keep both.`] : []),
            ...placement.values.map(({ value }) => `  Value  ${value}`),
            ...(placement.stays.length > 0 ? [...placement.values.map(({ value }) => `  As a line of a zone file:  ${txtZoneLine(placement.name, value)}`), '', ...placement.stays.map((sentence) => `  ${sentence}`)] : []),
          ]
        : ['', `  ${placement.url}`, `  must answer with exactly this: ${placement.content}`, '  In the folder that your web server serves:', `  ${placement.shell}`],
    ),
  ];
}
