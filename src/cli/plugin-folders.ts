import { isAbsolute, resolve } from 'node:path';
import { UsageError } from '../core/errors.js';
import { configFiles } from './from-files.js';
import { cliOptions } from './options.js';
import type { Given } from './argv.js';

/**
 * The folders of --plugin-dir, which must be known before the rest can be understood: their plugins bring options. As elsewhere flags go
 * before files, and later files before earlier ones. Absolute paths. Throws UsageError for a configuration file that cannot be read.
 */
export function pluginFolders(args: readonly string[], env: Readonly<Record<string, string | undefined>>, readFile: (path: string) => string | null): readonly string[] {
  const said = valuesOf(args, ['--plugin-dir']);
  if (said.length > 0) return said.map((path) => resolve(path));
  const option = cliOptions.find(({ kind }) => kind === 'config-file');
  const given = option ? valuesOf(args, option.flags).map((value): Given => ({ option, value })) : [];
  const lines = configFiles(given, env, readFile).flatMap((entries) => entries.filter(({ key }) => key.replace(/^-+/, '').replaceAll('_', '-') === 'plugin-dir'));
  const last = lines.at(-1);
  if (!last) return [];
  const folders = typeof last.value === 'string' ? [last.value] : last.value;
  // A timer runs in whatever folder it likes.
  if (!folders.every((folder) => isAbsolute(folder))) throw new UsageError(`${last.path}, line ${last.line}: ${last.key} must be the full path of a folder.`);
  return folders;
}

function valuesOf(args: readonly string[], flags: readonly string[]): readonly string[] {
  const end = args.indexOf('--');
  const words = end < 0 ? args : args.slice(0, end);
  return words.flatMap((word, index) => {
    const equals = word.startsWith('--') ? word.indexOf('=') : -1;
    if (!isMeant(equals < 0 ? word : word.slice(0, equals), flags)) return [];
    if (equals >= 0) return [word.slice(equals + 1)];
    const next = words[index + 1];
    return next === undefined ? [] : [next];
  });
}

/** Is the word one of these flags, or an abbreviation that no other option of ours begins with? (argparse's rule, which has the last word.) */
function isMeant(word: string, flags: readonly string[]): boolean {
  if (flags.includes(word)) return true;
  const known = cliOptions.flatMap((option) => option.flags);
  return /^--./.test(word) && !known.includes(word) && known.some((flag) => flag.startsWith(word)) && known.every((flag) => !flag.startsWith(word) || flags.includes(flag));
}
