import { withoutPrivateKeys } from './private-key-text.js';

/** More differences than this (lines taken out and put in) are shown as one block: it is not read line by line any more. */
const MOST = 2000;
/** Lines that are the same, around a change. */
const CONTEXT = 3;

interface Step {
  kind: ' ' | '-' | '+';
  text: string;
}

/**
 * Two texts as a unified diff with three lines of context, `---` and `+++` naming both sides; empty when they are the same. null =
 * the file does not exist on that side. A missing last newline is told as `diff` tells it. Private keys in PEM form are left out.
 */
export function unifiedDiff(before: string | null, after: string | null, names: { before: string; after: string }): string {
  const [old, present] = [before, after].map((text) => text && withoutPrivateKeys(text));
  if (old === present) return '';
  const steps = script(lines(old ?? null), lines(present ?? null));
  const hunks = hunksOf(steps);
  return [`--- ${before === null ? '/dev/null' : names.before}`, `+++ ${after === null ? '/dev/null' : names.after}`, ...hunks].join('\n');
}

/** Lines with their newline, so that a missing last one is a difference. */
function lines(text: string | null): readonly string[] {
  return text === null || text === '' ? [] : (text.match(/[^\n]*\n|[^\n]+$/g) ?? []);
}

/** The shortest edit script (E. W. Myers, 'An O(ND) Difference Algorithm', 1986). */
function script(before: readonly string[], after: readonly string[]): readonly Step[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < before.length - head && tail < after.length - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const same = (part: readonly string[]): Step[] => part.map((text) => ({ kind: ' ', text }));
  const middle = changes(before.slice(head, before.length - tail), after.slice(head, after.length - tail));
  return [...same(before.slice(0, head)), ...middle, ...same(before.slice(before.length - tail))];
}

function changes(before: readonly string[], after: readonly string[]): readonly Step[] {
  const furthest = new Map<number, number>([[1, 0]]);
  const history: Map<number, number>[] = [];
  for (let distance = 0; distance <= Math.min(MOST, before.length + after.length); distance += 1) {
    history.push(new Map(furthest));
    for (let diagonal = -distance; diagonal <= distance; diagonal += 2) {
      const down = diagonal === -distance || (diagonal !== distance && (furthest.get(diagonal - 1) ?? -1) < (furthest.get(diagonal + 1) ?? -1));
      let x = down ? (furthest.get(diagonal + 1) ?? 0) : (furthest.get(diagonal - 1) ?? 0) + 1;
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x += 1;
      furthest.set(diagonal, x);
      if (x >= before.length && x - diagonal >= after.length) return walkBack(before, after, history);
    }
  }
  return [...before.map((text): Step => ({ kind: '-', text })), ...after.map((text): Step => ({ kind: '+', text }))];
}

function walkBack(before: readonly string[], after: readonly string[], history: readonly Map<number, number>[]): readonly Step[] {
  const steps: Step[] = [];
  let x = before.length;
  let y = after.length;
  for (let distance = history.length - 1; distance >= 0; distance -= 1) {
    const furthest = history[distance] ?? new Map<number, number>();
    const diagonal = x - y;
    const down = diagonal === -distance || (diagonal !== distance && (furthest.get(diagonal - 1) ?? -1) < (furthest.get(diagonal + 1) ?? -1));
    const fromX = distance === 0 ? 0 : down ? (furthest.get(diagonal + 1) ?? 0) : (furthest.get(diagonal - 1) ?? 0);
    const fromY = distance === 0 ? 0 : fromX - (down ? diagonal + 1 : diagonal - 1);
    const [startX, startY] = distance === 0 ? [0, 0] : down ? [fromX, fromY + 1] : [fromX + 1, fromY];
    for (; x > startX && y > startY; x -= 1, y -= 1) steps.push({ kind: ' ', text: before[x - 1] ?? '' });
    if (distance > 0) steps.push(down ? { kind: '+', text: after[fromY] ?? '' } : { kind: '-', text: before[fromX] ?? '' });
    [x, y] = [fromX, fromY];
  }
  return steps.reverse();
}

function hunksOf(steps: readonly Step[]): readonly string[] {
  const changed = steps.flatMap(({ kind }, index) => (kind === ' ' ? [] : [index]));
  const ranges: { from: number; to: number }[] = [];
  for (const index of changed) {
    const last = ranges.at(-1);
    if (last && index - CONTEXT <= last.to) last.to = index + CONTEXT + 1;
    else ranges.push({ from: Math.max(0, index - CONTEXT), to: index + CONTEXT + 1 });
  }
  return ranges.flatMap(({ from, to }) => {
    const part = steps.slice(from, to);
    const count = (kinds: string, of: readonly Step[]): number => of.filter(({ kind }) => kinds.includes(kind)).length;
    const range = (kinds: string): string => {
      const length = count(kinds, part);
      const start = count(kinds, steps.slice(0, from)) + (length === 0 ? 0 : 1);
      return length === 1 ? String(start) : `${start},${length}`;
    };
    return [`@@ -${range(' -')} +${range(' +')} @@`, ...part.flatMap(({ kind, text }) => (text.endsWith('\n') ? [kind + text.slice(0, -1)] : [kind + text, '\\ No newline at end of file']))];
  });
}
