import { lstatSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { isPattern } from '../server-configuration/glob.js';
import { pathOf } from '../server-configuration/path-text.js';
import type { NginxTree } from './tree.js';
import { oldestStart } from './workers.js';

/** Milliseconds by which a file must be older: processes know their time in hundredths of a second. */
const CLEARLY = 50;

/**
 * Is this configuration the one that these processes of nginx work with? Then nginx has accepted it, and need not be asked. It is when they
 * all began after the last change of each file, and of each folder in which files are looked for. False when that cannot be told.
 */
export function isInForce(tree: NginxTree, workers: readonly number[] | null): boolean {
  const started = workers === null || workers.length === 0 || tree.unread.length > 0 ? null : oldestStart(workers);
  if (started === null) return false;
  const paths = new Set<string>();
  for (const path of tree.files.keys()) paths.add(path).add(dirname(path));
  for (const include of tree.included.keys()) {
    const named = pathOf(include.args[0]?.text ?? '');
    const path = isAbsolute(named) ? named : join(dirname(tree.root.path), named);
    if (isPattern(dirname(path))) return false;
    // The folder, and the file itself when it is a link.
    paths.add(dirname(path));
    if (!isPattern(path)) paths.add(path);
  }
  try {
    return [...paths].every((path) => lstatSync(path).ctimeMs + CLEARLY < started);
  } catch {
    return false;
  }
}
