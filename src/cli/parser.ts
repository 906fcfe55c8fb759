import type { OptionValues, PluginValue, Settings, Source, Verb } from '../core/settings.js';
import type { PluginDescriptor, PluginOption } from '../plugins/contract.js';
import { applyOptions, type Applied } from './apply.js';
import { readArguments, takesValue } from './argv.js';
import { completionScript } from './completion.js';
import { consistent } from './consistent.js';
import { defaultValues } from './defaults.js';
import { configFiles, destination, fromFiles } from './from-files.js';
import { helpText } from './help.js';
import { manPage } from './man-page.js';
import type { CliOption } from './option.js';
import { cliOptions, dnsFlags } from './options.js';
import { verbs } from './verbs.js';

export interface ParseRequest {
  /** Without node and the script. */
  args: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  program: string;
  plugins: readonly PluginDescriptor[];
  /** The text of a file, null when it does not exist. */
  readFile: (path: string) => string | null;
}

export type Parsed = { kind: 'settings'; settings: Settings; warnings: readonly string[] } | { kind: 'help' | 'version'; text: string };

type AnyOption = CliOption | PluginOption;

/**
 * Command line and configuration files as Settings: flags go before files, files before defaults; every value knows where it
 * came from. Throws UsageError with a message that names the word, or the file and line.
 */
export function parse({ args, env, program, plugins, readFile }: ParseRequest): Parsed {
  const own = [...cliOptions, ...dnsFlags(plugins)];
  const options: readonly AnyOption[] = [...own, ...plugins.flatMap((plugin) => plugin.options)];
  // The name of what answers, whatever it was called by: a script that looks for certbot's version must not find ours.
  if (args.includes('--version')) return { kind: 'version', text: `certwright ${CERTWRIGHT_VERSION}` };
  const { verb, rest } = splitVerb(args[0] === 'help' ? ['--help', ...args.slice(1)] : args, options);
  const topic = helpTopic(rest, verb);
  if (topic !== null) return { kind: 'help', text: helpText(topic, program, own, plugins) };

  const { given, operands } = readArguments(rest, options, program, verb === null ? 0 : (verbs[verb]?.operands?.most ?? 0));
  if (verb === 'completion') return { kind: 'help', text: completionScript(operands[0], program, own, plugins) };
  if (verb === 'man') return { kind: 'help', text: manPage(own, plugins, CERTWRIGHT_VERSION) };
  const flags = applyOptions(given, 'flag');
  const lines = fromFiles(configFiles(given, env, readFile), options, given, program);
  const file = applyOptions(lines.given, 'file');
  const sources: Record<string, Source> = { ...file.sources, ...flags.sources };
  const values: OptionValues = { ...defaultValues, ...file.values, ...flags.values };
  if (sources['webroot_path'] === 'flag') delete file.plugin['webroot_map'];
  const plugin: Record<string, PluginValue> = { ...defaultsOf(plugins), ...file.plugin, ...flags.plugin };
  const settings: Settings = { verb: verb ?? 'run', operands, verbGiven: verb !== null, values, plugin, sources, words: wordsInOrder(flags, options), program };
  // -q is for cron, where every line becomes a mail (S93).
  const warnings = values.quiet ? [] : [...lines.warnings, ...file.warnings, ...flags.warnings];
  return { kind: 'settings', settings: deepFreeze(consistent(settings, env, plugins)), warnings };
}

/** The verb may stand anywhere (S01); a word that is the value of an option is not one. */
function splitVerb(args: readonly string[], options: readonly AnyOption[]): { verb: Verb | null; rest: readonly string[] } {
  for (const [index, word] of args.entries()) {
    if (word === '--') break;
    const verb = Object.hasOwn(verbs, word) ? verbs[word] : undefined;
    const before = args[index - 1] ?? '';
    if (verb === undefined || isHelp(before) || wantsNext(before, options)) continue;
    return { verb: verb.verb, rest: args.toSpliced(index, 1) };
  }
  return { verb: null, rest: args };
}

/** Is the word after this one its value? Knows `--cert-na` (abbreviated) and `-nd` (several in one word). */
function wantsNext(word: string, options: readonly AnyOption[]): boolean {
  if (word.startsWith('--')) {
    const exact = options.find(({ flags }) => flags.includes(word));
    if (exact) return takesValue(exact);
    const meant = options.filter(({ flags }) => word.length > 2 && flags.some((flag) => flag.startsWith(word)));
    return meant.length > 0 && meant.every(takesValue);
  }
  if (!/^-[a-z]+$/i.test(word)) return false;
  const letters = Array.from(word.slice(1), (letter) => options.find(({ flags }) => flags.includes(`-${letter}`)));
  const last = letters.pop();
  return last !== undefined && takesValue(last) && letters.every((option) => option !== undefined && !takesValue(option));
}

const isHelp = (word: string | undefined): boolean => word === '-h' || word === '--help';

function helpTopic(args: readonly string[], verb: Verb | null): string | null {
  const at = args.findIndex((word) => isHelp(word) || word.startsWith('--help='));
  if (at < 0) return null;
  const word = args[at] ?? '';
  if (word.startsWith('--help=')) return word.slice('--help='.length);
  const next = args[at + 1];
  return next !== undefined && !next.startsWith('-') ? next : (verb ?? '');
}

function defaultsOf(plugins: readonly PluginDescriptor[]): Record<string, PluginValue> {
  return Object.fromEntries(plugins.flatMap(({ options }) => options.filter((option) => option.default !== undefined).map((option) => [option.dest, option.default])));
}

function wordsInOrder({ words }: Applied, options: readonly AnyOption[]): Settings['words'] {
  const order = ['config', ...options.map(destination)];
  return Object.fromEntries(Object.entries(words).sort(([a], [b]) => order.indexOf(a) - order.indexOf(b)));
}

function deepFreeze(settings: Settings): Settings {
  for (const part of [settings.values, settings.plugin, settings.sources, settings.words]) Object.freeze(part);
  return Object.freeze(settings);
}
