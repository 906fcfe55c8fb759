import type { Interaction, Surroundings } from '../core/interaction.js';
import type { Settings } from '../core/settings.js';
import { flagsOnly } from './flags-only.js';
import { jsonPrinter } from './json.js';
import { linePrinter } from './lines.js';

export interface Terminal {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Commands that may ask something. */
const ASKING = new Set(['run', 'certonly', 'resume', 'register', 'unregister', 'update_account', 'show_account', 'delete', 'revoke', 'install', 'enhance', 'uninstall', 'rollback', 'why', 'export', 'schedule']);

/**
 * Which face this run has: JSON lines, flags only (-n, or nobody there), plain lines (--plain, TERM=dumb), or the screens,
 * which are loaded only then. `cancel` is called for a Ctrl-C that a face sees itself.
 */
export async function openInteraction(settings: Settings, { stdin, stdout, stderr }: Terminal, env: Env, at: Surroundings & { program: string; cancel: () => void }): Promise<Interaction> {
  const { values } = settings;
  const consent = values.noninteractiveMode || values.quiet;
  if (values.json) return flagsOnly(jsonPrinter(stdout), { consent });
  const verbose = values.debug ? 3 : values.verboseCount;
  const print = linePrinter({ stdout, stderr }, { quiet: values.quiet, verbose, program: at.program });
  const terminal = stdin.isTTY && stdout.isTTY;
  if (consent || !ASKING.has(settings.verb) || (!terminal && !values.forceInteractive)) return flagsOnly(print, { consent });
  if (values.plain || !terminal || env['TERM'] === 'dumb' || env['CERTWRIGHT_PLAIN'] === '1') {
    const { plainInteraction } = await import('./plain.js');
    return plainInteraction({ stdin, stdout }, print, at.cancel);
  }
  const { createWizard } = await import('./tui/wizard.js');
  return createWizard({
    stdin,
    stdout,
    stderr,
    surroundings: { sandbox: at.sandbox, ca: at.ca },
    program: at.program,
    motion: !values.noMotion && env['CI'] === undefined,
    colour: env['NO_COLOR'] === undefined || env['NO_COLOR'] === '',
    ascii: !/utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || ''),
    verbose,
    cancel: at.cancel,
  });
}
