import type { OptionName } from '../core/settings.js';

/** Where an option stands in `--help TOPIC`; the first is its home. */
export type Topic = 'general' | 'names' | 'automation' | 'account' | 'security' | 'testing' | 'paths' | 'proof' | 'hooks' | 'installation' | 'other' | 'sandbox' | 'plugins';

interface Common {
  /** All spellings, the canonical one last. */
  flags: readonly string[];
  topic: Topic;
  /** One or two sentences; empty = not shown. */
  help: string;
  metavar?: string;
}

/** One option of the command line and of cli.ini. */
export type CliOption = Common &
  (
    | { kind: 'set'; dest: OptionName; value: boolean | string }
    | { kind: 'text'; dest: OptionName; choices?: readonly string[]; check?: (value: string) => string | null }
    | { kind: 'int'; dest: OptionName; min: number; max: number; tooSmall?: string }
    | { kind: 'count'; dest: OptionName }
    | { kind: 'names'; dest: 'domains' | 'ipAddresses' }
    | { kind: 'challenges'; dest: 'prefChalls' }
    /** `--standalone` and its like. */
    | { kind: 'plugin'; dest: 'authenticator' | 'configurator'; value: string }
    | { kind: 'config-file' }
    /** Of old versions: accepted, without effect. */
    | { kind: 'ignored'; takesValue: boolean }
  );

export const on = (dest: OptionName, topic: Topic, flags: readonly string[], help: string): CliOption => ({ kind: 'set', dest, value: true, topic, flags, help });
export const off = (dest: OptionName, topic: Topic, flags: readonly string[], help: string): CliOption => ({ kind: 'set', dest, value: false, topic, flags, help });
export const text = (dest: OptionName, topic: Topic, flags: readonly string[], metavar: string, help: string, more: { choices?: readonly string[]; check?: (value: string) => string | null } = {}): CliOption => ({ kind: 'text', dest, topic, flags, metavar, help, ...more });
export const int = (dest: OptionName, topic: Topic, flags: readonly string[], metavar: string, min: number, max: number, help: string, tooSmall?: string): CliOption => ({ kind: 'int', dest, topic, flags, metavar, min, max, help, ...(tooSmall === undefined ? {} : { tooSmall }) });
export const ignored = (takesValue: boolean, ...flags: readonly string[]): CliOption => ({ kind: 'ignored', takesValue, topic: 'other', flags, help: '' });
