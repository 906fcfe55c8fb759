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
 * `-nd a.example`. Throws UsageError in argparse's words; words that belong to nothing are an error too.
 */
export function readArguments(args: readonly string[], options: readonly (CliOption | PluginOption)[], program: string): readonly Given[] {
  const given: Given[] = [];
  const parser = new QuietParser({ prog: program, add_help: false });
  for (const [index, option] of options.entries()) {
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
  if (rest.length > 0) throw unknownWords(rest);
  return given;
}

class QuietParser extends ArgumentParser {
  override error(message: string): never {
    throw new UsageError(message, { hint: `Try ${this.prog} --help.` });
  }
}

function unknownWords(rest: readonly string[]): UsageError {
  const plugin = rest.find((word) => /^--?(dns|nginx|apache|haproxy)-/.test(word));
  if (plugin !== undefined) {
    return new UsageError(`unrecognized arguments: ${rest.join(' ')}`, { hint: `The plugin that ${plugin.split('=')[0]} belongs to is not built in yet.` });
  }
  return new UsageError(`unrecognized arguments: ${rest.join(' ')}`, { hint: 'certwright --help lists what there is.' });
}
