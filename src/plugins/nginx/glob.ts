import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const MAGIC = /[*?[]/;

/** Is this the pattern of an include rather than the path of one file? (nginx looks for these characters too.) */
export function isPattern(path: string): boolean {
  return MAGIC.test(path);
}

/**
 * The paths that an absolute pattern stands for, as glob(3) finds them for nginx: `*`, `?` and `[…]` within one folder's names, names
 * that begin with a dot only when the pattern does, sorted by byte value. Folders that cannot be read hold nothing.
 */
export function glob(pattern: string): readonly string[] {
  let found: readonly string[] = ['/'];
  for (const part of pattern.split('/').filter((piece) => piece !== '')) {
    found = isPattern(part) ? found.flatMap((folder) => matching(folder, part)) : found.map((folder) => join(folder, part));
  }
  return found;
}

function matching(folder: string, pattern: string): readonly string[] {
  const expression = new RegExp(`^${pattern.replace(/\[[!^]?\]?[^\]]*\]|[*?]|[^*?[]+|\[/g, translated)}$`, 's');
  let names: string[];
  try {
    names = readdirSync(folder, 'latin1');
  } catch {
    return [];
  }
  return names
    .filter((name) => (pattern.startsWith('.') || !name.startsWith('.')) && expression.test(name))
    .sort((a, b) => Buffer.compare(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1')))
    .map((name) => join(folder, name));
}

function translated(piece: string): string {
  if (piece === '*') return '[^/]*';
  if (piece === '?') return '[^/]';
  if (piece.startsWith('[') && piece.length > 1) return `[${piece.startsWith('[!') || piece.startsWith('[^') ? '^' : ''}${piece.replace(/^\[[!^]?/, '').slice(0, -1).replace(/[\\\]]/g, '\\$&')}]`;
  return piece.replace(/[.+^${}()|\\[\]]/g, '\\$&');
}
