import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const MAGIC = /[*?[]/;
const SURROGATE = /[\ud800-\udfff]/;

/** Is this the pattern of an include rather than the path of one file? (nginx and Apache look for these characters too.) */
export function isPattern(path: string): boolean {
  return MAGIC.test(path);
}

/**
 * The paths that an absolute pattern stands for, as glob(3) finds them: `*`, `?` and `[…]` within one folder's names, names
 * that begin with a dot only when the pattern does, sorted by byte value. Folders that cannot be read hold nothing. `list` gives the
 * names in a folder.
 */
export function glob(pattern: string, list: (folder: string) => readonly string[] = namesIn): readonly string[] {
  let found: readonly string[] = ['/'];
  for (const part of pattern.split('/').filter((piece) => piece !== '')) {
    found = isPattern(part) ? found.flatMap((folder) => matching(list(folder), part).map((name) => join(folder, name))) : found.map((folder) => join(folder, part));
  }
  return found;
}

/** The names in a folder; none when it cannot be read. */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Sorted as strcmp has it. */
export function sorted(names: readonly string[]): readonly string[] {
  // Below the surrogates the units of JavaScript stand in the order of their bytes.
  return names.some((name) => SURROGATE.test(name)) ? names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))) : names.toSorted();
}

function matching(names: readonly string[], pattern: string): readonly string[] {
  let expression: RegExp;
  try {
    expression = new RegExp(`^${pattern.replace(/\[[!^]?\]?[^\]]*\]|[*?]|[^*?[]+|\[/g, translated)}$`, 's');
  } catch {
    // Such as `[z-a]`: it stands for nothing.
    return [];
  }
  return sorted(names.filter((name) => (pattern.startsWith('.') || !name.startsWith('.')) && expression.test(name)));
}

function translated(piece: string): string {
  if (piece === '*') return '[^/]*';
  if (piece === '?') return '[^/]';
  if (piece.startsWith('[') && piece.length > 1) return `[${piece.startsWith('[!') || piece.startsWith('[^') ? '^' : ''}${piece.replace(/^\[[!^]?/, '').slice(0, -1).replace(/[\\\]]/g, '\\$&')}]`;
  return piece.replace(/[.+^${}()|\\[\]]/g, '\\$&');
}
