import { spawnSync } from 'node:child_process';
import { lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { filesOfTree, type ApacheTreeOfTests } from '../plugins/apache/corpus.js';
import type { CertificateFiles, ServerPorts } from '../plugins/server-tree.js';
import { makeWebServer, type WebServer } from './web-server.js';

/** A real Apache. */
export interface RunningApache extends WebServer {
  /** Every file and link of the configuration: path → latin1 text, or target. */
  files(): Record<string, string>;
  /** What it says of its configuration; null = it is good. */
  fault(): string | null;
}

export function makeApache(tree: ApacheTreeOfTests, ports: ServerPorts, certificate: CertificateFiles): RunningApache {
  const server = makeWebServer('apache', { ...tree, files: filesOfTree(tree) }, ports, certificate, (root) => ['/usr/sbin/apache2', '-d', root, '-D', 'FOREGROUND']);
  const { root } = server;
  return {
    ...server,
    files: () =>
      Object.fromEntries(
        readdirSync(root, { recursive: true, encoding: 'utf8' }).flatMap((path) => {
          const kind = lstatSync(join(root, path));
          if (kind.isSymbolicLink()) return [[path, readlinkSync(join(root, path))]];
          return kind.isFile() && !/\.log$|\.pid$|^state\//.test(path) ? [[path, readFileSync(join(root, path), 'latin1')]] : [];
        }),
      ),
    fault() {
      const { status, stderr } = spawnSync('/usr/sbin/apache2', ['-d', root, '-t'], { encoding: 'utf8', timeout: 20_000 });
      return status === 0 ? null : stderr;
    },
  };
}
