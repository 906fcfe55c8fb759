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

/** As strcmp has it. */
export function byBytes(a: string, b: string): number {
  // Below the surrogates the units of JavaScript stand in the order of their bytes.
  if (!SURROGATE.test(a) && !SURROGATE.test(b)) return a < b ? -1 : Number(a > b);
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function matching(names: readonly string[], pattern: string): readonly string[] {
  let expression: RegExp;
  try {
    expression = new RegExp(`^${pattern.replace(/\[[!^]?\]?[^\]]*\]|[*?]|[^*?[]+|\[/g, translated)}$`, 's');
  } catch {
    // Such as `[z-a]`: it stands for nothing.
    return [];
  }
  return names.filter((name) => (pattern.startsWith('.') || !name.startsWith('.')) && expression.test(name)).sort(byBytes);
}

function translated(piece: string): string {
  if (piece === '*') return '[^/]*';
  if (piece === '?') return '[^/]';
  if (piece.startsWith('[') && piece.length > 1) return `[${piece.startsWith('[!') || piece.startsWith('[^') ? '^' : ''}${piece.replace(/^\[[!^]?/, '').slice(0, -1).replace(/[\\\]]/g, '\\$&')}]`;
  return piece.replace(/[.+^${}()|\\[\]]/g, '\\$&');
}
