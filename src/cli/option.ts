import type { OptionName } from '../core/settings.js';

/** Where an option stands in `--help TOPIC`. */
export type Topic = 'general' | 'automation' | 'account' | 'security' | 'testing' | 'paths' | 'hooks' | 'installation' | 'other' | 'sandbox' | 'plugins';

interface Common {
  /** All spellings, the canonical one last. */
  flags: readonly string[];
  topic: Topic;
  /** One or two sentences; empty = not shown. */
  help: string;
  metavar?: string;
}

interface TextRules {
  /** Lower case; `ignoreCase` takes them in any. */
  choices?: readonly string[];
  ignoreCase?: boolean;
  /** What is wrong with a value, null when nothing is. */
  check?: (value: string) => string | null;
  /** A path: made absolute. */
  path?: boolean;
  /** A secret: printed commands name an environment variable in its place. */
  secret?: boolean;
}

/** One option of the command line and of cli.ini. */
export type CliOption = Common &
  (
    | { kind: 'set'; dest: OptionName; value: boolean | string }
    | ({ kind: 'text'; dest: OptionName } & TextRules)
    | { kind: 'int'; dest: OptionName; min: number; max: number; tooSmall?: string }
    | { kind: 'count'; dest: OptionName }
    | { kind: 'names'; dest: 'domains' | 'ipAddresses' }
    /** Names by which a certificate changes (U05). */
    | { kind: 'name-changes'; dest: 'addDomains' | 'removeDomains' }
    /** Values that gather, one each time. */
    | { kind: 'list'; dest: 'notify' | 'challengeAliases' | 'dnsResolvers' | 'pluginDirs'; check: (value: string) => string | null }
    | { kind: 'challenges'; dest: 'prefChalls' }
    /** `--standalone` and its like. */
    | { kind: 'plugin'; dest: 'authenticator' | 'configurator'; value: string }
    | { kind: 'config-file' }
    /** Of old versions: accepted, without effect. */
    | { kind: 'ignored'; takesValue: boolean }
  );

export const on = (dest: OptionName, topic: Topic, flags: readonly string[], help: string): CliOption => ({ kind: 'set', dest, value: true, topic, flags, help });
export const off = (dest: OptionName, topic: Topic, flags: readonly string[], help: string): CliOption => ({ kind: 'set', dest, value: false, topic, flags, help });
export const text = (dest: OptionName, topic: Topic, flags: readonly string[], metavar: string, help: string, more: TextRules = {}): CliOption => ({ kind: 'text', dest, topic, flags, metavar, help, ...more });
export const path = (dest: OptionName, topic: Topic, flag: string, metavar: string, help: string): CliOption => text(dest, topic, [flag], metavar, help, { path: true });
export const int = (dest: OptionName, topic: Topic, flags: readonly string[], metavar: string, min: number, max: number, help: string, tooSmall?: string): CliOption => ({ kind: 'int', dest, topic, flags, metavar, min, max, help, ...(tooSmall === undefined ? {} : { tooSmall }) });
/** One option for each flag, so that a warning names the one that was used. */
export const ignored = (takesValue: boolean, ...flags: readonly string[]): readonly CliOption[] => flags.map((flag) => ({ kind: 'ignored', takesValue, topic: 'other', flags: [flag], help: '' }));
