import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { printable } from '../../system/printable.js';
import { pathOf } from '../server-configuration/path-text.js';
import { statements, type NginxTree } from './tree.js';

/** Bytes of the log that are looked at: some lines for each address that cannot be had. */
const MOST = 64 * 1024;

/**
 * What nginx will write from now on into the error log of its main context about why it does not go on; asked for afterwards: the lines,
 * each once, after a colon and line break. Null when there are none, or the log is no file that this configuration names in full.
 */
export function newComplaints(tree: NginxTree): () => string | null {
  const said = statements(tree, tree.root).flatMap(({ node }) => (node.kind === 'directive' && node.name === 'error_log' ? (node.args[0]?.text ?? []) : []));
  const path = pathOf(said.at(-1) ?? '');
  const sizeOf = (): number => (isAbsolute(path) ? (statSync(path, { throwIfNoEntry: false })?.size ?? 0) : 0);
  const from = sizeOf();
  return () => {
    const length = Math.min(MOST, sizeOf() - from);
    if (length <= 0) return null;
    const bytes = Buffer.alloc(length);
    const file = openSync(path, 'r');
    try {
      readSync(file, bytes, 0, length, from);
    } finally {
      closeSync(file);
    }
    const words = printable(bytes.toString('utf8')).split('\n').flatMap((line) => /\[(?:emerg|alert|crit)\] (?:\d+#\d+: )?(.*)$/.exec(line)?.[1] ?? []);
    return words.length === 0 ? null : `:\n${[...new Set(words)].join('\n')}`;
  };
}
