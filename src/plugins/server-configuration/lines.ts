import type { ConfigurationFile } from './edits.js';

/** Where each line of a file begins; found once, for thousands of blocks may stand in one file. */
const beginnings = new WeakMap<ConfigurationFile, readonly number[]>();

/** The number of the line in which this place of the file stands, from 1. */
export function lineAt(file: ConfigurationFile, at: number): number {
  const known = beginnings.get(file) ?? beginningsOf(file.text);
  beginnings.set(file, known);
  let [low, high] = [0, known.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((known[middle] ?? 0) <= at) low = middle;
    else high = middle;
  }
  return low + 1;
}

function beginningsOf(text: string): readonly number[] {
  const found = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) found.push(at + 1);
  return found;
}
