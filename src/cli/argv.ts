import { Action, ArgumentParser, type ActionConstructorOptions, type Namespace } from 'argparse';
import { UsageError } from '../core/errors.js';
import type { PluginOption } from '../plugins/contract.js';
import type { CliOption } from './option.js';

/** One option as it was given, in the order of the words. */
export interface Given {
  option: CliOption | PluginOption;
  /** null for options without a value. */
  value: string | null;
}

/** What to do without a plugin that certbot has and certwright does not. */
export const OTHER_PLUGINS = 'Use --webroot with the folder that your server serves, --standalone or --manual; certbot works on the same directories meanwhile.';

/** The plugin of certbot's that an option's name (without dashes) belongs to, when it is none of ours: `dns-inwx-credentials` → `dns-inwx`. */
export function missingPlugin(name: string): string | null {
  return /^(?:dns-[a-z0-9]+|nginx|apache)(?=$|[-=])/.exec(name)?.[0] ?? null;
}

/** Does this option take the next word? */
export function takesValue(option: CliOption | PluginOption): boolean {
  switch (option.kind) {
    case 'set':
    case 'count':
    case 'plugin':
    case 'bool':
      return false;
    case 'ignored':
      return option.takesValue;
    default:
      return true;
  }
}

/**
 * The words as options, by the rules of Python's argparse that certbot's users know: unambiguous abbreviations, `--name=value`,
 * `-nd a.example`. Words that are no options are operands, for commands that take some. Throws UsageError in argparse's words.
 */
export function readArguments(args: readonly string[], options: readonly (CliOption | PluginOption)[], program: string, mostOperands = 0): { given: readonly Given[]; operands: readonly string[] } {
  const given: Given[] = [];
  const parser = new QuietParser({ prog: program, add_help: false });
  for (const [index, option] of options.entries()) {
    if (!mayBeMeant(option, args)) continue;
    class Record extends Action {
      override call(_parser: ArgumentParser, _namespace: Namespace, value: unknown): void {
        given.push({ option, value: takesValue(option) ? String(value) : null });
      }
      constructor(settings: ActionConstructorOptions) {
        super({ ...settings, ...(takesValue(option) ? {} : { nargs: 0 }) });
      }
    }
    parser.add_argument(...(option.flags as [string, ...string[]]), { action: Record, dest: `option${index}` });
  }
  const [, rest] = parser.parse_known_args([...args]) as [unknown, string[]];
  const operands = rest.filter((word) => !word.startsWith('-')).slice(0, mostOperands);
  const unknown = rest.filter((word) => !operands.includes(word));
  if (unknown.length > 0) throw unknownWords(unknown, options);
  return { given, operands };
}

/**
 * Could one of the words be this option or an abbreviation of it? The others need not be told to argparse, which takes longer for
 * all of them than for everything else.
 */
function mayBeMeant({ flags }: CliOption | PluginOption, args: readonly string[]): boolean {
  if (flags.some((flag) => !flag.startsWith('--'))) return true;
  const words = args.filter((word) => word.startsWith('-')).map((word) => word.split('=')[0] ?? '');
  return words.some((word) => flags.some((flag) => flag.startsWith(word)));
}

class QuietParser extends ArgumentParser {
  override error(message: string): never {
    throw new UsageError(message, { hint: `Try ${this.prog} --help.` });
  }
}

function unknownWords(rest: readonly string[], options: readonly (CliOption | PluginOption)[]): UsageError {
  for (const word of rest) {
    const plugin = missingPlugin(word.replace(/^--/, ''));
    const known = plugin !== null && options.some(({ flags }) => flags.some((flag) => flag.startsWith(`--${plugin}`)));
    if (word.startsWith('--') && plugin !== null && !known) return new UsageError(`${word.split('=')[0]}: the ${plugin} plugin is not built in yet.`, { hint: OTHER_PLUGINS });
  }
  return new UsageError(`unrecognized arguments: ${rest.join(' ')}`, { hint: 'certwright --help lists what there is.' });
}
