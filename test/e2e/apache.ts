import { spawnSync } from 'node:child_process';
import { lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { conf, filesOfTree, LISTEN, type ApacheTreeOfTests } from '../plugins/apache/corpus.js';
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
  const files = filesOfTree(tree);
  const command = (root: string, ...args: string[]): [string, ...string[]] => ['/usr/sbin/apache2', '-d', root, '-f', join(root, files['httpd.conf'] === undefined ? 'apache2.conf' : 'httpd.conf'), ...args];
  const server = makeWebServer('apache', { ...tree, files }, ports, certificate, (root) => command(root, '-D', 'FOREGROUND'));
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
      const [program, ...args] = command(root, '-t');
      const { status, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 20_000 });
      return status === 0 ? null : stderr;
    },
  };
}

/** As Debian has it: modules and sites are links, and neither ssl nor rewrite is there. */
export function debianTree(): Omit<ApacheTreeOfTests, 'title'> {
  const available = readdirSync('/etc/apache2/mods-available').filter((name) => /^(?:ssl|http2|socache_shmcb|rewrite|setenvif|mime|headers|authz_core|mpm_event|dir)\.(?:load|conf|load)$/.test(name));
  const enabled = available.filter((name) => /^(?:authz_core|mpm_event|dir)\./.test(name));
  return {
    files: {
      'apache2.conf': conf('IncludeOptional mods-enabled/*.load\nIncludeOptional mods-enabled/*.conf\nInclude ports.conf\nIncludeOptional sites-enabled/*.conf', []).replace(/<Directory[\s\S]*<\/Directory>\n/, ''),
      'ports.conf': `${LISTEN}\n\n<IfModule ssl_module>\n\tListen 127.0.0.1:{S} https\n</IfModule>\n`,
      'mime.types': '',
      ...Object.fromEntries(available.map((name) => [`mods-available/${name}`, readFileSync(join('/etc/apache2/mods-available', name), 'latin1').replace(/^\s*TypesConfig.*$/m, 'TypesConfig mime.types').replaceAll('${APACHE_RUN_DIR}', '{R}')])),
      'sites-available/example.conf': '<VirtualHost *:{H}>\n\tServerName example.com\n\tServerAlias www.example.com\n\tDocumentRoot {R}\n</VirtualHost>\n',
      'sites-available/000-other.conf': '<VirtualHost *:{H}>\n\tServerName other.example.com\n</VirtualHost>\n',
    },
    links: {
      ...Object.fromEntries(enabled.map((name) => [`mods-enabled/${name}`, `../mods-available/${name}`])),
      'sites-enabled/example.conf': '../sites-available/example.conf',
      'sites-enabled/000-other.conf': '../sites-available/000-other.conf',
    },
  };
}
