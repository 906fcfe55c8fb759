import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { request } from 'node:http';
import { conf, type NginxTreeOfTests } from '../plugins/nginx/corpus.js';

/** A real nginx with a configuration of its own in a temporary folder, on ports of this machine's loopback. */
export interface RunningNginx {
  root: string;
  /** The program with `-c ROOT/nginx.conf`'s folder as its prefix, as --nginx-ctl. */
  ctl: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Every file below the root that belongs to the configuration: path → latin1 text. */
  files(): Record<string, string>;
  test(): string | null;
}

export function makeNginx(tree: NginxTreeOfTests, ports: { http: number; https: number }, certificate: { cert: string; key: string }): RunningNginx {
  const root = mkdtempSync(join(tmpdir(), 'certwright-nginx-'));
  const fill = (text: string): string => text.replaceAll('{R}', root).replaceAll('{H}', String(ports.http)).replaceAll('{S}', String(ports.https)).replaceAll('{C}', certificate.cert).replaceAll('{K}', certificate.key);
  for (const [path, text] of Object.entries({ 'nginx.conf': conf('include site.conf;'), ...tree.files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), fill(text), 'latin1');
  }
  for (const [path, target] of Object.entries(tree.links ?? {})) symlinkSync(target, join(root, path));
  const config = Object.keys({ 'nginx.conf': '', ...(tree.files['nginx.conf'] === undefined ? { 'site.conf': '' } : {}), ...tree.files });
  let child: ChildProcess | null = null;
  const nginx = (...args: string[]) => spawnSync('/usr/sbin/nginx', ['-c', join(root, 'nginx.conf'), '-p', root, ...args], { encoding: 'utf8', timeout: 20_000 });
  return {
    root,
    ctl: '/usr/sbin/nginx',
    files: () => Object.fromEntries([...new Set([...config, ...readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.conf') && statSync(join(root, path)).isFile())])].map((path) => [path, readFileSync(join(root, path), 'latin1')])),
    test() {
      const { status, stderr } = nginx('-t', '-q');
      return status === 0 ? null : stderr;
    },
    start() {
      child = spawn('/usr/sbin/nginx', ['-c', join(root, 'nginx.conf'), '-p', root, '-g', 'daemon off;'], { stdio: 'ignore' });
      return until(() => {
        try {
          return readFileSync(join(root, 'nginx.pid'), 'utf8').trim() !== '';
        } catch {
          return false;
        }
      });
    },
    async stop() {
      nginx('-s', 'stop');
      const running = child;
      if (running && running.exitCode === null) {
        await Promise.race([new Promise((resolve) => running.once('exit', resolve)), new Promise((resolve) => setTimeout(resolve, 3000))]);
        running.kill('SIGKILL');
      }
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function until(check: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!check()) {
    if (Date.now() > end) throw new Error('nginx did not start');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The subject names of the certificate that is served for a name; null when there is no TLS. */
export function servedFor(name: string, port: number, host = '127.0.0.1'): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connectTls({ host, port, servername: name, rejectUnauthorized: false, timeout: 3000 }, () => {
      const { subjectaltname, fingerprint256 } = socket.getPeerCertificate();
      socket.end();
      resolve(`${subjectaltname ?? ''} ${fingerprint256}`);
    });
    socket.on('error', () => resolve(null));
    socket.on('timeout', () => socket.destroy(new Error('silent')));
  });
}

/** Status and Location of a plain request. */
export function plainAnswer(name: string, port: number, host = '127.0.0.1', path = '/'): Promise<{ status: number; location: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host, port, path, headers: { host: name }, timeout: 3000, agent: false }, (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, location: response.headers.location ?? '' });
    });
    asked.on('error', reject);
    asked.end();
  });
}
