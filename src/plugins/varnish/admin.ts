import { execFile } from 'node:child_process';
import { PluginError } from '../../core/errors.js';
import { extendedPath, findProgram } from '../../system/hook-command.js';
import { printable } from '../../system/printable.js';
import type { ChallengeContext } from '../contract.js';
import { connectionWords } from './options.js';

/** Milliseconds for one call; Varnish compiles a VCL with a C compiler. */
const LIMIT = 60_000;
/** Ends a text that is sent; no line of ours begins so. */
const END = 'END_OF_CERTWRIGHT_VCL';

/** The administration of a running Varnish. */
export interface VarnishAdmin {
  /** The program with the words that lead it to the instance. */
  command: readonly string[];
  /** One command (varnish-cli(7)); what Varnish answers. Throws PluginError with its words when it refuses. */
  ask(words: readonly string[], context: ChallengeContext): Promise<string>;
  /** Compiles a VCL under a name. Throws PluginError with the compiler's words. */
  inline(name: string, vcl: string, context: ChallengeContext): Promise<void>;
}

/** Throws PluginError where there is no Varnish. */
export function varnishAdmin(context: Pick<ChallengeContext, 'options' | 'environment'>): VarnishAdmin {
  const program = findProgram('varnishadm', context.environment['PATH']);
  if (program === null) throw new PluginError('varnish', 'There is no program varnishadm here.', { hint: 'Install Varnish first.' });
  const connection = connectionWords(context.options);
  const said = (words: string, { signal }: ChallengeContext): PluginError =>
    new PluginError('varnish', signal.aborted ? 'stopped' : `Varnish refused: ${words}`, { hint: 'Run it as a user who may use varnishadm (usually root); --varnish-instance, or --varnish-admin-address and --varnish-secret-file, lead to an instance.' });
  return {
    command: [program, ...connection],
    async ask(words, own) {
      const { ok, output } = await call(program, [...connection, '-t', '30', ...words], own);
      if (!ok) throw said(output, own);
      return output;
    },
    async inline(name, vcl, own) {
      // As one argument it would be too long for many names. Whether it was taken is known by its name being there.
      const { output } = await call(program, [...connection, '-t', '30', '-p'], own, `vcl.inline ${name} << ${END}\n${vcl}${END}\nquit\n`);
      if (!configurations(await this.ask(['vcl.list', '-j'], own)).some((each) => each.name === name)) throw said(output, own);
    },
  };
}

/** What `vcl.list -j` tells. */
export function configurations(answer: string): readonly { name: string; active: boolean }[] {
  try {
    const list = JSON.parse(answer) as unknown;
    return (Array.isArray(list) ? (list as unknown[]) : []).flatMap((entry) => {
      const { name, status } = (typeof entry === 'object' && entry !== null ? entry : {}) as { name?: unknown; status?: unknown };
      return typeof name === 'string' && /^[A-Za-z][\w-]*$/.test(name) ? [{ name, active: status === 'active' }] : [];
    });
  } catch {
    return [];
  }
}

function call(program: string, args: readonly string[], { environment, signal }: ChallengeContext, input?: string): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { timeout: LIMIT, signal, env: { ...environment, LC_ALL: 'C', PATH: extendedPath(environment['PATH']) }, maxBuffer: 16 << 20 }, (error, stdout, stderr) => {
      resolve({ ok: error === null, output: printable(`${stdout}${stderr}`).trim() });
    });
    child.stdin?.on('error', () => undefined).end(input);
  });
}
