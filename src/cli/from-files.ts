import { resolve } from 'node:path';
import { UsageError } from '../core/errors.js';
import type { PluginOption } from '../plugins/contract.js';
import { applyOptions } from './apply.js';
import { missingPlugin, takesValue, type Given } from './argv.js';
import { readConfigFile, type ConfigEntry } from './config-file.js';
import { configFilePaths } from './defaults.js';
import type { CliOption } from './option.js';

type AnyOption = CliOption | PluginOption;

/** What the configuration files say, once the command line has taken what it says itself. */
export interface FromFiles {
  given: readonly Given[];
  warnings: readonly string[];
}

/** The files that count, in the order they are read: the usual two where they exist, then every -c. Throws UsageError. */
export function configFiles(given: readonly Given[], env: Readonly<Record<string, string | undefined>>, readFile: (path: string) => string | null): readonly (readonly ConfigEntry[])[] {
  const usual = configFilePaths(env).map((path) => ({ path, needed: false }));
  const named = given.flatMap(({ option, value }) => (option.kind === 'config-file' && value !== null ? [{ path: resolve(value), needed: true }] : []));
  return [...usual, ...named].map(({ path, needed }) => {
    let text: string | null;
    try {
      text = readFile(path);
    } catch (cause) {
      if (!needed && (cause as NodeJS.ErrnoException).code === 'EACCES') return [];
      throw new UsageError(`Unable to open config file: ${path}. Error: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
    if (text === null && needed) throw new UsageError(`Unable to open config file: ${path}. Error: No such file or directory`);
    return text === null ? [] : readConfigFile(text, path);
  });
}

/**
 * The files' lines as options. As certbot's: what the command line says replaces a line whole, lists too; so does a later
 * file, and a later line of the same name. What is replaced may be wrong. Throws UsageError with file and line.
 */
export function fromFiles(files: readonly (readonly ConfigEntry[])[], options: readonly AnyOption[], given: readonly Given[], program: string): FromFiles {
  const taken = new Set(given.map(({ option }) => destination(option)));
  const warnings: string[] = [];
  const kept: (readonly Given[])[] = [];
  for (const entries of files.toReversed()) {
    const lines = [...new Map(entries.map((entry) => [entry.key, entry])).values()].flatMap((entry) => asOptions(entry, { options, taken, program, warnings }));
    kept.unshift(lines);
    for (const { option } of lines) taken.add(destination(option));
  }
  return { given: kept.flat(), warnings };
}

/** What an option sets; options that set nothing are told apart by their flag. */
export function destination(option: AnyOption): string {
  return 'dest' in option ? option.dest : (option.flags.at(-1) ?? '');
}

const YES = /^(true|yes|1)$/i;
const NO = /^(false|no|0)$/i;
/** Options that add up when they are given several times. */
const GATHERING = new Set(['names', 'name-changes', 'challenges', 'list', 'map']);

interface Reading {
  options: readonly AnyOption[];
  /** What is said elsewhere, by destination. */
  taken: ReadonlySet<string>;
  program: string;
  warnings: string[];
}

function asOptions({ key, value, path, line }: ConfigEntry, { options, taken, program, warnings }: Reading): readonly Given[] {
  const at = `${path}, line ${line}`;
  const name = key.replace(/^-+/, '').replaceAll('_', '-');
  const option = options.find(({ flags }) => flags.includes(`--${name}`));
  if (!option) {
    const plugin = missingPlugin(name);
    if (plugin === null) throw new UsageError(`${at}: ${program} has no option ${key}.`, { hint: 'Options stand in this file by their long names, without the dashes.' });
    warnings.push(`${at}: ${key} has no effect: the ${plugin} plugin is not built in yet.`);
    return [];
  }
  if (taken.has(destination(option))) return [];
  const words = typeof value === 'string' ? [value] : value;
  if (words.length !== 1 && !GATHERING.has(option.kind)) throw new UsageError(`${at}: ${key} takes one value, not the list [${words.join(', ')}].`);
  const found: readonly Given[] = takesValue(option) ? words.map((word) => ({ option, value: word })) : Array.from({ length: times(option, words[0] ?? '', key, at) }, () => ({ option, value: null }));
  try {
    applyOptions(found, 'file');
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(`${at}: ${error.message}`, { cause: error }) : error;
  }
  return found;
}

/** How often an option without a value is meant: `true` once, `verbose = 2` twice. */
function times(option: AnyOption, word: string, key: string, at: string): number {
  if (option.kind === 'count' && /^\d+$/.test(word)) return Math.min(9, Number(word));
  if (YES.test(word)) return 1;
  if (NO.test(word)) return 0;
  throw new UsageError(`${at}: Unexpected value for ${key}: '${word}'. Expecting 'true', 'false', 'yes', 'no', '1' or '0'`);
}
