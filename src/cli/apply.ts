import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { UsageError } from '../core/errors.js';
import { parseNameList } from '../core/names.js';
import { secretWords } from '../core/secret-words.js';
import type { OptionValues, PluginValue, Source } from '../core/settings.js';
import type { PluginOption } from '../plugins/contract.js';
import type { Given } from './argv.js';
import { authenticatorsByPosition, type ByPosition } from './authenticators-by-position.js';
import type { CliOption } from './option.js';

/** What options add up to. */
export interface Applied {
  values: Partial<OptionValues>;
  plugin: Record<string, PluginValue>;
  sources: Record<string, Source>;
  words: Record<string, readonly string[]>;
  warnings: string[];
}

/** Options of the screen, not of the job: they are not part of a printed command. */
const UNSPOKEN = new Set(['noninteractiveMode', 'forceInteractive', 'quiet', 'verboseCount', 'debug', 'plain', 'json', 'noMotion', 'plan']);
const CHALLENGES: Readonly<Record<string, string>> = {
  http: 'http-01', 'http-01': 'http-01', dns: 'dns-01', 'dns-01': 'dns-01', 'tls-alpn': 'tls-alpn-01', 'tls-alpn-01': 'tls-alpn-01', 'dns-account-01': 'dns-account-01', 'dns-persist-01': 'dns-persist-01',
};

/**
 * Adds options up in their order: the last one wins, names gather, each -w is for the -d after it, and so is each of several authenticators. Throws UsageError that
 * names the option and the value.
 */
export function applyOptions(given: readonly Given[], source: 'flag' | 'file'): Applied {
  const applied: Applied = { values: {}, plugin: {}, sources: {}, words: {}, warnings: [] };
  // The order of the lines in a file says nothing.
  const several = source === 'flag' ? authenticatorsByPosition(given) : null;
  const roots = new WebRoots(given.some(({ option }) => option.kind === 'name-changes'), (name) => several === null || several.names[name] === 'webroot');
  const plugins = new Map<string, string>();
  for (const { option, value } of given) {
    if (value?.includes('\u0000')) throw wrong(option.flags.at(-1) ?? '', 'a NUL character cannot be part of it');
    if ('topic' in option) applyOwn(option, value ?? '', applied, source, roots, plugins);
    else applyPlugin(option, value ?? '', applied, source, roots);
  }
  const [wished, other] = new Set(plugins.values());
  if (several) applySeveral(several, applied, source);
  else if (other !== undefined) throw new UsageError(`Too many flags setting configurators/installers/authenticators: ${shown(wished ?? '')} and ${shown(other)}`);
  roots.finish(applied, source);
  return applied;
}

function applyOwn(option: CliOption, value: string, applied: Applied, source: Source, roots: WebRoots, plugins: Map<string, string>): void {
  const flag = option.flags.at(-1) ?? '';
  const keep = (dest: string, kept: unknown, words: readonly string[]): void => {
    Object.assign(applied.values, { [dest]: kept });
    applied.sources[dest] = source;
    if (source === 'flag' && !UNSPOKEN.has(dest)) applied.words[dest] = words;
  };
  switch (option.kind) {
    case 'set':
      return keep(option.dest, option.value, [flag]);
    case 'text': {
      const said = option.ignoreCase ? value.toLowerCase() : value;
      if (option.choices && !option.choices.includes(said)) throw wrong(flag, `invalid choice: ${shown(value)} (choose from ${option.choices.join(', ')})`);
      const problem = option.check?.(value) ?? null;
      if (problem !== null) throw wrong(flag, problem);
      if (option.dest === 'authenticator' || option.dest === 'configurator') plugins.set(option.dest, value);
      return keep(option.dest, option.path ? resolve(value) : said, option.secret ? secretWords(flag, value) : pair(flag, value));
    }
    case 'int': {
      if (!/^-?\d+$/.test(value)) throw wrong(flag, `invalid int value: ${shown(value)}`);
      const number = Number(value);
      if (number < option.min) throw wrong(flag, `${option.tooSmall ?? 'too small'}: ${number}; it must be at least ${option.min}`);
      if (number > option.max) throw wrong(flag, `too large: ${value.slice(0, 40)}; it must be at most ${option.max}`);
      return keep(option.dest, number, pair(flag, value));
    }
    case 'count':
      return keep(option.dest, (applied.values.verboseCount ?? 0) + 1, []);
    case 'names': {
      const { identifiers, errors } = parseNameList(value);
      if (errors.length > 0) throw wrong(flag, errors.map(({ message }) => message).join('\n'));
      if (identifiers.length === 0) throw wrong(flag, 'no name is given');
      for (const { type, shown: name, value: ascii } of identifiers) {
        if (option.dest === 'ipAddresses' && type !== 'ip') throw wrong(flag, `${name} is not an IP address; names are given with -d`);
        const dest = type === 'ip' ? 'ipAddresses' : 'domains';
        const known = applied.values[dest] ?? [];
        if (!known.includes(name)) applied.values[dest] = [...known, name];
        applied.sources[dest] = source;
        roots.name(ascii);
      }
      return;
    }
    case 'name-changes': {
      const { identifiers, errors } = parseNameList(value);
      if (errors.length > 0) throw wrong(flag, errors.map(({ message }) => message).join('\n'));
      if (identifiers.length === 0) throw wrong(flag, 'no name is given');
      applied.values[option.dest] = [...new Set([...(applied.values[option.dest] ?? []), ...identifiers.map(({ shown: name }) => name)])];
      applied.sources[option.dest] = source;
      if (option.dest === 'addDomains') for (const { value: ascii } of identifiers) roots.name(ascii);
      return;
    }
    case 'list': {
      const problem = option.check(value);
      if (problem !== null) throw wrong(flag, problem);
      return keep(option.dest, [...(applied.values[option.dest] ?? []), value], [...(applied.words[option.dest] ?? []), ...pair(flag, value)]);
    }
    case 'challenges': {
      const wishes = value.split(',').map((word) => word.trim()).filter((word) => word !== '');
      const unknown = wishes.filter((word) => CHALLENGES[word] === undefined);
      if (unknown.length > 0 || wishes.length === 0) throw wrong(flag, `Unrecognized challenges: ${unknown.map(shown).join(', ') || 'none given'}`);
      const all = [...new Set([...(applied.values.prefChalls ?? []), ...wishes.map((word) => CHALLENGES[word] ?? word)])];
      return keep('prefChalls', all, [flag, all.join(',')]);
    }
    case 'plugin':
      plugins.set(flag, option.value);
      return keep(option.dest, option.value, [flag]);
    case 'config-file':
      if (source === 'flag') applied.words['config'] = [...(applied.words['config'] ?? []), flag, value];
      return;
    case 'ignored':
      applied.warnings.push(`Use of ${flag} is deprecated; it has no effect.`);
  }
}

/** The installer that `--nginx` says stays; which names are whose is printed by the plan, as web folders are. */
function applySeveral({ first, names, configurator }: ByPosition, applied: Applied, source: Source): void {
  const { installer } = applied.values;
  if (configurator !== undefined && installer !== undefined && installer !== configurator) throw new UsageError(`Too many flags setting configurators/installers/authenticators: ${shown(configurator)} and ${shown(installer)}`);
  if (configurator !== undefined) {
    applied.values.installer = configurator;
    applied.sources['installer'] = source;
    applied.words['installer'] = ['--installer', configurator];
  }
  applied.values.authenticator = first;
  applied.values.authenticatorMap = names;
  applied.sources['authenticator'] = applied.sources['authenticatorMap'] = source;
  for (const dest of ['authenticator', 'configurator']) delete applied.words[dest];
  delete applied.values.configurator;
  delete applied.sources['configurator'];
}

function applyPlugin(option: PluginOption, value: string, applied: Applied, source: Source, roots: WebRoots): void {
  const flag = option.flags.at(-1) ?? '';
  if (option.dest === 'webroot_path') return roots.folder(resolve(value));
  if (option.dest === 'webroot_map') return roots.map(value, flag, applied, source);
  applied.sources[option.dest] = source;
  if (option.kind === 'bool') {
    applied.plugin[option.dest] = true;
    if (source === 'flag') applied.words[option.dest] = [flag];
    return;
  }
  if (option.kind === 'list') {
    const before = (applied.plugin[option.dest] ?? []) as readonly string[];
    applied.plugin[option.dest] = [...before, value];
    if (source === 'flag') applied.words[option.dest] = [...(applied.words[option.dest] ?? []), ...pair(flag, value)];
    return;
  }
  if (option.kind === 'int' && !/^-?\d+$/.test(value)) throw wrong(flag, `invalid int value: ${shown(value)}`);
  const meant = option.kind === 'path' && value !== '' ? resolve(value.replace(/^~(?=\/|$)/, homedir())) : value;
  applied.plugin[option.dest] = option.kind === 'int' ? Number(meant) : meant;
  if (source === 'flag') applied.words[option.dest] = pair(flag, meant);
}

/** certbot's rule for `-w A -d a -w B -d b` (S27): a folder is for the names after it, and the last one for all that have none. */
class WebRoots {
  #folders: string[] = [];
  #map: Record<string, string> = {};
  #names: string[] = [];
  #before = false;
  #given = false;
  /** With --add-domain and --remove-domain a map says folders only: which names there are is known. */
  readonly #foldersOnly: boolean;

  /** Is this name proved by a file? */
  readonly #hasFolder: (name: string) => boolean;

  constructor(foldersOnly: boolean, hasFolder: (name: string) => boolean) {
    this.#foldersOnly = foldersOnly;
    this.#hasFolder = hasFolder;
  }

  name(value: string): void {
    if (this.#hasFolder(value)) this.#names.push(value);
  }

  folder(path: string): void {
    const previous = this.#folders.at(-1);
    if (previous === undefined) this.#before = this.#names.length > 0;
    else {
      if (this.#before) throw new UsageError('If you specify multiple webroot paths, one of them must precede all domain flags.');
      for (const name of this.#names) this.#map[name] ??= previous;
    }
    this.#folders.push(path);
    this.#given = true;
  }

  map(text: string, flag: string, applied: Applied, source: Source): void {
    let table: unknown;
    try {
      table = JSON.parse(text);
    } catch {
      throw wrong(flag, `this is not JSON: ${shown(text)}`);
    }
    if (typeof table !== 'object' || table === null || Array.isArray(table)) throw wrong(flag, 'it must be a JSON object of names and folders');
    for (const [names, path] of Object.entries(table)) {
      const { identifiers, errors } = parseNameList(names);
      if (errors.length > 0) throw wrong(flag, errors.map(({ message }) => message).join('\n'));
      if (typeof path !== 'string' || path === '') throw wrong(flag, `the folder of ${names} must be text`);
      for (const { type, value, shown: typed } of identifiers) {
        const dest = type === 'ip' ? 'ipAddresses' : 'domains';
        const known = applied.values[dest] ?? [];
        if (!this.#foldersOnly) {
          if (!known.includes(typed)) applied.values[dest] = [...known, typed];
          applied.sources[dest] = source;
        }
        this.#map[value] = resolve(path);
      }
    }
    this.#given = true;
  }

  finish(applied: Applied, source: Source): void {
    if (!this.#given) return;
    const last = this.#folders.at(-1);
    if (last !== undefined) for (const name of this.#names) this.#map[name] ??= last;
    applied.plugin['webroot_path'] = this.#folders;
    applied.plugin['webroot_map'] = this.#map;
    applied.sources['webroot_path'] = source;
    applied.sources['webroot_map'] = source;
  }
}

function pair(flag: string, value: string): readonly string[] {
  return value.startsWith('-') || value === '' ? [`${flag}=${value}`] : [flag, value];
}

function wrong(flag: string, why: string): UsageError {
  return new UsageError(`argument ${flag}: ${why}`);
}

function shown(value: string): string {
  return `'${value.length > 60 ? `${value.slice(0, 59)}…` : value}'`;
}
