import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { filesOfTree, type ApacheTreeOfTests } from '../plugins/apache/corpus.js';

/** A real Apache with a configuration of its own in a temporary folder, on ports of this machine's loopback. */
export interface RunningApache {
  root: string;
  ctl: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Every file and link of the configuration: path → latin1 text, or target. */
  files(): Record<string, string>;
  /** What it says of its configuration; null = it is good. */
  fault(): string | null;
}

export function makeApache(tree: ApacheTreeOfTests, ports: { http: number; https: number }, certificate: { cert: string; key: string }): RunningApache {
  const root = mkdtempSync(join(tmpdir(), 'certwright-apache-'));
  // Its processes run as another user.
  chmodSync(root, 0o755);
  const fill = (text: string): string => text.replaceAll('{R}', root).replaceAll('{H}', String(ports.http)).replaceAll('{S}', String(ports.https)).replaceAll('{C}', certificate.cert).replaceAll('{K}', certificate.key);
  for (const [path, text] of Object.entries(filesOfTree(tree))) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), fill(text), 'latin1');
  }
  for (const [path, target] of Object.entries(tree.links ?? {})) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    symlinkSync(target, join(root, path));
  }
  let child: ChildProcess | null = null;
  const apache = (...args: string[]) => spawnSync('/usr/sbin/apache2', ['-d', root, ...args], { encoding: 'utf8', timeout: 20_000 });
  return {
    root,
    ctl: '/usr/sbin/apache2ctl',
    files: () =>
      Object.fromEntries(
        readdirSync(root, { recursive: true, encoding: 'utf8' }).flatMap((path) => {
          const kind = lstatSync(join(root, path));
          if (kind.isSymbolicLink()) return [[path, readlinkSync(join(root, path))]];
          return kind.isFile() && !/\.log$|\.pid$|^state\//.test(path) ? [[path, readFileSync(join(root, path), 'latin1')]] : [];
        }),
      ),
    fault() {
      const { status, stderr } = apache('-t');
      return status === 0 ? null : stderr;
    },
    async start() {
      child = spawn('/usr/sbin/apache2', ['-d', root, '-D', 'FOREGROUND'], { stdio: ['ignore', 'ignore', 'pipe'] });
      let said = '';
      child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
      const end = Date.now() + 10_000;
      while (!existsSync(join(root, 'apache.pid'))) {
        if (Date.now() > end) throw new Error(`Apache did not start: ${said}${existsSync(join(root, 'error.log')) ? readFileSync(join(root, 'error.log'), 'utf8') : ''}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    async stop() {
      const running = child;
      if (running && running.exitCode === null) {
        const ended = new Promise((resolve) => running.once('exit', resolve));
        running.kill('SIGTERM');
        // A test may have left it standing: then it could not end its own processes.
        running.kill('SIGCONT');
        await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 3000))]);
        running.kill('SIGKILL');
      }
      rmSync(root, { recursive: true, force: true });
    },
  };
}
