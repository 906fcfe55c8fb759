import { resolve } from 'node:path';
import { UsageError } from '../core/errors.js';
import { parseNameList } from '../core/names.js';
import type { OptionValues, PluginValue, Settings, Source, Verb } from '../core/settings.js';
import type { PluginDescriptor, PluginOption } from '../plugins/contract.js';
import { applyOptions, type Applied } from './apply.js';
import { readArguments, takesValue, type Given } from './argv.js';
import { readConfigFile, type ConfigEntry } from './config-file.js';
import { configFilePaths, defaultValues, PRODUCTION, STAGING, userDirectories } from './defaults.js';
import { helpText } from './help.js';
import type { CliOption } from './option.js';
import { cliOptions } from './options.js';
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
  const options: readonly AnyOption[] = [...cliOptions, ...plugins.flatMap((plugin) => plugin.options)];
  if (args.includes('--version')) return { kind: 'version', text: `${program} ${CERTWRIGHT_VERSION}` };
  const { verb, rest } = splitVerb(args, options);
  const topic = helpTopic(rest, verb);
  if (topic !== null) return { kind: 'help', text: helpText(topic, program, cliOptions, plugins) };

  const given = readArguments(rest, options, program);
  const flags = applyOptions(given, 'flag');
  const files = configFiles(given, env, readFile);
  const file = applyOptions(fromFiles(files, options, given, program), 'file');
  const sources: Record<string, Source> = { ...file.sources, ...flags.sources };
  const values: OptionValues = { ...defaultValues, ...file.values, ...flags.values };
  if (sources['webroot_path'] === 'flag') delete file.plugin['webroot_map'];
  const plugin: Record<string, PluginValue> = { ...defaultsOf(plugins), ...file.plugin, ...flags.plugin };
  const settings: Settings = { verb: verb ?? 'run', verbGiven: verb !== null, values, plugin, sources, words: wordsInOrder(flags, options), program };
  return { kind: 'settings', settings: deepFreeze(consistent(settings, env)), warnings: [...file.warnings, ...flags.warnings] };
}

/** The verb may stand anywhere (S01); a word that is the value of an option is not one. */
function splitVerb(args: readonly string[], options: readonly AnyOption[]): { verb: Verb | null; rest: readonly string[] } {
  const values = new Set(options.filter(takesValue).flatMap(({ flags }) => flags));
  for (const [index, word] of args.entries()) {
    if (word === '--') break;
    const verb = Object.hasOwn(verbs, word) ? verbs[word] : undefined;
    if (verb === undefined || values.has(args[index - 1] ?? '') || isHelp(args[index - 1])) continue;
    return { verb: verb.verb, rest: args.toSpliced(index, 1) };
  }
  return { verb: null, rest: args };
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

function configFiles(given: readonly Given[], env: ParseRequest['env'], readFile: ParseRequest['readFile']): readonly ConfigEntry[] {
  const entries: ConfigEntry[] = [];
  const read = (path: string, needed: boolean): void => {
    let text: string | null;
    try {
      text = readFile(path);
    } catch (cause) {
      if (!needed && (cause as NodeJS.ErrnoException).code === 'EACCES') return;
      throw new UsageError(`Unable to open config file: ${path}. Error: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
    if (text !== null) entries.push(...readConfigFile(text, path));
    else if (needed) throw new UsageError(`Unable to open config file: ${path}. Error: No such file or directory`);
  };
  for (const path of configFilePaths(env)) read(path, false);
  for (const { option, value } of given) if ('topic' in option && option.kind === 'config-file' && value !== null) read(resolve(value), true);
  return entries;
}

const YES = /^(true|yes|1|on)$/i;
const NO = /^(false|no|0|off)$/i;

/** A file's lines as options; what was given as a flag too is replaced whole, lists as well. */
function fromFiles(entries: readonly ConfigEntry[], options: readonly AnyOption[], given: readonly Given[], program: string): readonly Given[] {
  const overridden = new Set(given.map(({ option }) => destination(option)).filter((dest) => dest !== null));
  const result: Given[] = [];
  for (const { key, value, path, line } of entries) {
    const at = `${path}, line ${line}`;
    const flag = `--${key.replace(/^-+/, '').replaceAll('_', '-')}`;
    const option = options.find(({ flags }) => flags.includes(flag));
    if (!option) throw new UsageError(`${at}: ${program} has no option ${key}.`, { hint: 'Options stand in this file by their long names, without the dashes.' });
    const dest = destination(option);
    if (dest !== null && overridden.has(dest)) continue;
    const words = typeof value === 'string' ? [value] : value;
    if (takesValue(option)) {
      for (const word of words) result.push({ option, value: word });
    } else if (option.kind === 'count' && /^\d+$/.test(words[0] ?? '')) {
      for (let times = Math.min(9, Number(words[0])); times > 0; times -= 1) result.push({ option, value: null });
    } else if (words.length !== 1 || !(YES.test(words[0] ?? '') || NO.test(words[0] ?? ''))) {
      throw new UsageError(`${at}: Unexpected value for ${key}: '${words.join(', ')}'. Expecting 'true', 'false', 'yes', 'no', '1' or '0'`);
    } else if (YES.test(words[0] ?? '')) result.push({ option, value: null });
    try {
      applyOptions(result.slice(-1), 'file');
    } catch (error) {
      throw error instanceof UsageError ? new UsageError(`${at}: ${error.message}`, { cause: error }) : error;
    }
  }
  return result;
}

function destination(option: AnyOption): string | null {
  return 'dest' in option ? option.dest : null;
}

function defaultsOf(plugins: readonly PluginDescriptor[]): Record<string, PluginValue> {
  return Object.fromEntries(plugins.flatMap(({ options }) => options.filter((option) => option.default !== undefined).map((option) => [option.dest, option.default])));
}

function wordsInOrder({ words }: Applied, options: readonly AnyOption[]): Settings['words'] {
  const order = ['config', ...options.map(destination)];
  return Object.fromEntries(Object.entries(words).sort(([a], [b]) => order.indexOf(a) - order.indexOf(b)));
}

/** What follows from several options together, and what contradicts itself (certbot's rules and words). */
function consistent(settings: Settings, env: ParseRequest['env']): Settings {
  const { verb, sources } = settings;
  const values: OptionValues = { ...settings.values };
  const given = (option: string): boolean => sources[option] !== undefined;
  const all = { ...sources };
  if (values.noninteractiveMode && values.forceInteractive) throw new UsageError('Flag for non-interactive mode and --force-interactive conflict');
  if (values.quiet && values.forceInteractive) throw new UsageError('--quiet and --force-interactive conflict');
  if (values.userDirs) {
    for (const [option, path] of Object.entries(userDirectories(env))) if (!given(option)) Object.assign(values, { [option]: path });
  }
  if (values.staging || values.dryRun) {
    if (values.staging && given('server') && values.server !== STAGING && values.server !== PRODUCTION) throw new UsageError('--server value conflicts with --staging');
    if (values.staging || values.server === PRODUCTION) values.server = values.sandbox ? values.server : STAGING;
    if (values.staging) all['server'] = sources['staging'] ?? 'flag';
  }
  if (values.dryRun) {
    if (verb !== 'certonly' && verb !== 'renew' && verb !== 'reconfigure') throw new UsageError(`--dry-run currently only works with the 'certonly' or 'renew' subcommands ('${verb}')`);
    values.breakMyCerts = true;
    values.tos = true;
    if (values.email === undefined) values.registerUnsafelyWithoutEmail = true;
  }
  if (values.csr !== undefined) {
    if (verb !== 'certonly') throw new UsageError('Currently, a CSR file may only be specified when obtaining a new or replacement via the certonly command. Please try the certonly command instead.');
    if (values.allowSubsetOfNames) throw new UsageError('--allow-subset-of-names cannot be used with --csr');
    if (given('certname')) throw new UsageError('--cert-name cannot be used with --csr: no lineage is made for a request of your own.');
  }
  if (values.allowSubsetOfNames && parseNameList(values.domains.join('\n')).identifiers.some(({ value }) => value.startsWith('*.'))) {
    throw new UsageError('Using --allow-subset-of-names with a wildcard domain is not supported.');
  }
  if (values.configurator !== undefined) {
    if (given('authenticator') || given('installer')) throw new UsageError('Too many flags setting configurators/installers/authenticators');
    Object.assign(values, { authenticator: values.configurator, installer: values.configurator });
    all['authenticator'] = all['installer'] = sources['configurator'] ?? 'flag';
  }
  const missing = [values.authenticator, values.installer].find((name) => name !== undefined && /^(nginx|apache|dns-[a-z0-9-]+)$/.test(name));
  if (missing !== undefined) {
    throw new UsageError(`The ${missing} plugin is not built in yet.`, { hint: 'Use --webroot with the folder that your server serves, --standalone or --manual; certbot works on the same directories meanwhile.' });
  }
  if (given('certname') && (values.certname === '' || /[/\u0000]|^\.\.?$/.test(values.certname ?? ''))) throw new UsageError(`argument --cert-name: ${JSON.stringify(values.certname)} cannot be a file name`);
  return { ...settings, values, sources: all };
}

function deepFreeze(settings: Settings): Settings {
  for (const part of [settings.values, settings.plugin, settings.sources, settings.words]) Object.freeze(part);
  return Object.freeze(settings);
}
