import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { PluginError } from '../../core/errors.js';
import { printable } from '../../system/printable.js';
import { extendedPath } from '../../system/hook-command.js';
import { rootFileIn, type ApacheSystem } from './systems.js';

/** Milliseconds for one call of the server's programs: a test of 1,000 hosts takes 0.1 s. */
const LIMIT = 60_000;

export interface ApacheProgram {
  /** --apache-ctl: `configtest`, `graceful`. */
  ctl: string;
  /** --apache-bin, or the control script again: `-v`, `-t -D …`. */
  bin: string;
  serverRoot: string;
  system: ApacheSystem;
  environment: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

/** What the server says of its configuration (`-t -D DUMP_RUN_CFG -D DUMP_INCLUDES -D DUMP_MODULES`). */
export interface ApacheRun {
  /** null where it does not say. */
  pidFile: string | null;
  /** `-D` and Define alike. */
  defines: ReadonlyMap<string, string>;
  /** Files that it read, in order. */
  includes: readonly string[];
  /** Compiled in, and loaded. */
  staticModules: readonly string[];
  sharedModules: readonly string[];
}

/** Version as numbers. Throws PluginError when there is no such program. */
export async function apacheVersion(program: ApacheProgram): Promise<readonly number[]> {
  const { output } = await call(program, program.bin, ['-v']);
  const found = /Apache\/(\d[\d.]*)/i.exec(output)?.[1];
  if (found === undefined) throw new PluginError('apache', `Unable to find Apache version: ${program.bin} -v says ${output.trim().slice(0, 200) || 'nothing'}.`, { hint: 'Name the server program with --apache-bin.' });
  return found.split('.').filter((part) => part !== '').map(Number);
}

/** The server's test: null when the configuration is good, else its own words. */
export async function configurationFault(program: ApacheProgram): Promise<string | null> {
  const { ok, output } = await call(program, program.ctl, ['configtest']);
  return ok ? null : output.trim();
}

/** What a server makes of its present configuration; null when it does not accept it, or will not say. */
export async function runOf(program: ApacheProgram): Promise<ApacheRun | null> {
  const args = ['-t', '-D', 'DUMP_RUN_CFG', '-D', 'DUMP_INCLUDES', '-D', 'DUMP_MODULES'];
  let said = await callAtLength(program, program.bin, args);
  // The modules come last: where the disk is full, the file ends before them.
  if (said.ok && !said.output.includes('Loaded Modules:')) said = await call(program, program.bin, args);
  return said.ok ? parseRun(said.output) : null;
}

export function parseRun(output: string): ApacheRun {
  const defines = new Map<string, string>();
  for (const [, name = '', value = ''] of output.matchAll(/^Define: ([^=\n]*)(?:=(.*))?$/gm)) if (!name.startsWith('DUMP_')) defines.set(name, value);
  const modules = (kind: string): string[] => [...output.matchAll(new RegExp(`^\\s+(\\S+) \\(${kind}\\)$`, 'gm'))].map(([, name = '']) => name);
  return {
    pidFile: /^PidFile: "(.*)"$/m.exec(output)?.[1] ?? null,
    defines,
    includes: [...output.matchAll(/^\s+\((?:\*|\d+)\) (.*)$/gm)].map(([, path = '']) => path),
    staticModules: modules('static'),
    sharedModules: modules('shared'),
  };
}

/**
 * Has the running server read its configuration anew without a break; one that is not running is started. Where its main process is known
 * it is told by the signal that `graceful` sends, which Debian's script sends only after two more readings of the whole
 * configuration. Throws PluginError with its words.
 */
export async function reloadApache(program: ApacheProgram, main: number | null): Promise<void> {
  if (main !== null && told(main)) return;
  const { ok, output } = await call(program, program.ctl, ['graceful']);
  if (ok) return;
  const other = program.system.otherRestart ? await call(program, program.ctl, ['restart']) : null;
  if (other?.ok) return;
  throw new PluginError('apache', `Unable to restart apache using ${program.ctl} graceful:\n${`${output}\n${other?.output ?? ''}`.trim()}`, { hint: 'Look at its error log; the configuration passed its own test.' });
}

function told(main: number): boolean {
  try {
    return process.kill(main, 'SIGUSR1');
  } catch {
    return false;
  }
}

/** Runs the command that completes a fresh installation of this system, once; false when there is none. */
export async function repairInstallation(program: ApacheProgram): Promise<boolean> {
  const [command, ...args] = program.system.repair ?? [];
  return command !== undefined && (await call(program, command, args)).ok;
}

interface Said {
  ok: boolean;
  output: string;
}

function call(program: ApacheProgram, command: string, args: readonly string[]): Promise<Said> {
  const { words, options } = callOf(program, command, args);
  return new Promise((resolve, reject) => {
    // A server that is started goes on in the background and keeps its streams: only what it says before that is waited for.
    const child = execFile(command, words, { ...options, maxBuffer: 16 << 20 }, (error, stdout, stderr) => {
      if (error && 'code' in error && error.code === 'ENOENT') reject(notFound(command));
      else resolve({ ok: error === null, output: printable(`${stdout}${stderr}`) });
    });
    child.stdin?.end();
  });
}

/**
 * The same for what says much while nobody here listens: a line for each of a thousand files fills a pipe, and then the server waits. It
 * speaks into a file that has no name any more.
 */
function callAtLength(program: ApacheProgram, command: string, args: readonly string[]): Promise<Said> {
  const file = namelessFile();
  if (file === null) return call(program, command, args);
  const { words, options } = callOf(program, command, args);
  return new Promise<number | null>((resolve, reject) => {
    const child = spawn(command, words, { ...options, stdio: ['ignore', file, file] });
    child.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? reject(notFound(command)) : resolve(null)));
    child.on('exit', resolve);
  })
    .then((code) => {
      const text = Buffer.alloc(fstatSync(file).size);
      // From the first byte: what the server wrote has moved the place at which both would go on.
      return { ok: code === 0, output: printable(text.toString('utf8', 0, readSync(file, text, 0, text.length, 0))) };
    })
    .finally(() => closeSync(file));
}

/** null where none can be made. */
function namelessFile(): number | null {
  const path = join(tmpdir(), `certwright-${randomUUID()}`);
  try {
    const file = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
    return file;
  } catch {
    return null;
  }
}

function callOf({ serverRoot, system, environment, signal }: ApacheProgram, command: string, args: readonly string[]): { words: readonly string[]; options: { timeout: number; signal: AbortSignal; env: Record<string, string | undefined> } } {
  // Debian's script and its relatives work on the usual root unless they are told.
  const where = serverRoot !== system.serverRoot && environment['APACHE_CONFDIR'] === undefined ? { APACHE_CONFDIR: serverRoot } : {};
  // The server itself takes its root as an option.
  const root = rootFileIn(serverRoot);
  const named = /^(?:apache2|httpd)$/.test(basename(command)) ? ['-d', serverRoot, ...(root === null ? [] : ['-f', root])] : [];
  const words = args[0] === 'configtest' && named.length > 0 ? ['-t'] : args[0] === 'graceful' && named.length > 0 ? ['-k', 'graceful'] : args;
  return { words: [...named, ...words], options: { timeout: LIMIT, signal, env: { ...environment, ...where, PATH: extendedPath(environment['PATH']) } } };
}

function notFound(command: string): PluginError {
  return new PluginError('apache', `Cannot find Apache executable ${command}`, { hint: 'Install Apache, or name its control script with --apache-ctl.' });
}
