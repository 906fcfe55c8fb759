import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { PluginError } from '../../core/errors.js';
import { printable } from '../../system/printable.js';
import { extendedPath } from '../../system/hook-command.js';
import { httpVersionsOf, type HttpVersions } from './http-versions.js';

/** Milliseconds for one call of the server's program: a test of 5,000 blocks takes less than one second. */
const LIMIT = 60_000;

export interface NginxProgram {
  /** --nginx-ctl. */
  ctl: string;
  serverRoot: string;
  environment: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

export interface NginxVersion {
  /** `nginx`, `openresty` … */
  product: string;
  numbers: readonly number[];
  tls: boolean;
  /** Where it notes its process when the configuration does not say. */
  pidPath: string;
  http: HttpVersions;
}

/** What `nginx -V` says. Throws PluginError when there is no such program. */
export async function nginxVersion(program: NginxProgram): Promise<NginxVersion> {
  const { output } = await call(program, ['-V']);
  const [, product = '', version = ''] = /([\w-]+)\/(\d+(?:\.\d+)*)/.exec(output) ?? [];
  const numbers = version.split('.').map(Number);
  return { product, numbers, http: httpVersionsOf(output, numbers), tls: output.includes('--with-http_ssl_module') && output.includes('TLS SNI support enabled'), pidPath: /--pid-path=(\S+)/.exec(output)?.[1] ?? '/run/nginx.pid' };
}

/** `nginx -t`: null when the configuration is good, else the server's own words. */
export async function configurationFault(program: NginxProgram): Promise<string | null> {
  const { ok, output } = await call(program, ['-t']);
  return ok ? null : output.trim();
}

/**
 * Has the running server read its configuration anew; one that is not running is started, as certbot does. Where its main process is known
 * it is told by the signal that `-s reload` sends only after reading the whole configuration itself. Throws PluginError with its words.
 */
export async function reloadNginx(program: NginxProgram, master: number | null): Promise<void> {
  if (master !== null && told(master)) return;
  const { ok, output } = await call(program, ['-s', 'reload']);
  if (ok) return;
  const started = await call(program, []);
  if (!started.ok) throw new PluginError('nginx', `nginx restart failed:\n${output.trim()}\n${started.output.trim()}`, { hint: 'Look at its error log; the configuration passed its own test.' });
}

/** Sends the signal for a new reading of the configuration; false when there is no such process. */
export function told(master: number): boolean {
  try {
    return process.kill(master, 'SIGHUP');
  } catch {
    return false;
  }
}

function call({ ctl, serverRoot, environment, signal }: NginxProgram, args: readonly string[]): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve, reject) => {
    // nginx that is started goes on in the background and keeps its streams: only what it says before that is waited for.
    const child = execFile(ctl, ['-c', join(serverRoot, 'nginx.conf'), ...args], { timeout: LIMIT, signal, env: { ...environment, PATH: extendedPath(environment['PATH']) }, maxBuffer: 4 << 20 }, (error, stdout, stderr) => {
      if (error && 'code' in error && error.code === 'ENOENT') {
        reject(new PluginError('nginx', `There is no program ${ctl} here.`, { hint: 'Install nginx, or name its program with --nginx-ctl.' }));
      } else resolve({ ok: error === null, output: printable(`${stdout}${stderr}`) });
    });
    child.stdin?.end();
  });
}
