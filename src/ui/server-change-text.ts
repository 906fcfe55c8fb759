import { merged, type ChangeStep } from '../core/change-step.js';
import { printable, printableLine } from '../system/printable.js';
import { unifiedDiff } from '../system/unified-diff.js';

/** One file of a server's configuration, from what it is to what it will be after all steps. */
export interface FileDifference {
  path: string;
  isNew: boolean;
  isRemoved: boolean;
  added: number;
  removed: number;
  /** Unified, control characters made visible. */
  lines: readonly string[];
}

/** By the steps of a plan, which do not change: a screen asks for each frame. */
const known = new WeakMap<readonly ChangeStep[], readonly FileDifference[]>();

/** The difference of every file that these steps write. */
export function fileDifferences(steps: readonly ChangeStep[]): readonly FileDifference[] {
  const before = known.get(steps);
  if (before) return before;
  const { files, removes = [] } = merged(steps);
  const differences = [...files.map(({ path, before: old, after }) => differenceOf(path, old, after)), ...removes.map(({ path, before: old }) => differenceOf(path, old, null))];
  known.set(steps, differences);
  return differences;
}

function differenceOf(path: string, before: string | null, after: string | null): FileDifference {
  const lines = unifiedDiff(before === null ? null : asText(before), after === null ? null : asText(after), { before: path, after: path }).split('\n').map(printable);
  const count = (sign: string): number => lines.slice(2).filter((line) => line.startsWith(sign)).length;
  return { path, isNew: before === null, isRemoved: after === null, added: count('+'), removed: count('-'), lines };
}

/** Texts of a plan have a character for each byte. */
function asText(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}

/** Everything that these steps do, to the letter: warnings, commands, links, then the difference of every file. */
export function changeLines(steps: readonly ChangeStep[]): readonly string[] {
  const { warnings, commands, links } = merged(steps);
  return [
    ...warnings.map((warning) => printableLine(warning)),
    ...commands.map(({ run }) => `runs ${printableLine(run.join(' '))}`),
    ...links.map(({ path, target }) => `links ${printableLine(path)} -> ${printableLine(target)}`),
    ...fileDifferences(steps).flatMap(({ lines }) => lines),
  ];
}
