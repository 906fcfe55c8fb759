import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { conf, type NginxTreeOfTests } from '../plugins/nginx/corpus.js';
import type { CertificateFiles, ServerPorts } from '../plugins/server-tree.js';
import { makeWebServer, type WebServer } from './web-server.js';

/** A real nginx. */
export interface RunningNginx extends WebServer {
  /** Every file below the root that belongs to the configuration: path → latin1 text. */
  files(): Record<string, string>;
  /** What it says of its configuration; null = it is good. */
  test(): string | null;
}

export function makeNginx(tree: NginxTreeOfTests, ports: ServerPorts, certificate: CertificateFiles): RunningNginx {
  const command = (root: string, ...args: string[]): [string, ...string[]] => ['/usr/sbin/nginx', '-c', join(root, 'nginx.conf'), '-p', root, ...args];
  const server = makeWebServer('nginx', { ...tree, files: { 'nginx.conf': conf('include site.conf;'), ...tree.files } }, ports, certificate, (root) => command(root, '-g', 'daemon off;'));
  const { root } = server;
  const config = Object.keys({ 'nginx.conf': '', ...(tree.files['nginx.conf'] === undefined ? { 'site.conf': '' } : {}), ...tree.files });
  return {
    ...server,
    files: () => Object.fromEntries([...new Set([...config, ...readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.conf') && statSync(join(root, path)).isFile())])].map((path) => [path, readFileSync(join(root, path), 'latin1')])),
    test() {
      const [program, ...args] = command(root, '-t', '-q');
      const { status, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 20_000 });
      return status === 0 ? null : stderr;
    },
  };
}
