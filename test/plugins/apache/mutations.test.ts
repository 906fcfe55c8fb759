import { expect, it } from 'vitest';
import { giveCertificate } from '../../../src/plugins/apache/certificate.js';
import { challengeEdits } from '../../../src/plugins/apache/challenge.js';
import { chooseVhost } from '../../../src/plugins/apache/choose.js';
import { addHsts, addStapling, addUir } from '../../../src/plugins/apache/enhance.js';
import { addListen } from '../../../src/plugins/apache/listen.js';
import { planRedirect, redirectEdits } from '../../../src/plugins/apache/redirect.js';
import { ConfigSyntaxError } from '../../../src/system/config-syntax-error.js';
import { readApache } from '../../../src/plugins/apache/syntax.js';
import { tlsCopy } from '../../../src/plugins/apache/tls-copy.js';
import { nothingUnderstood, readTree, type ApacheTree, type ConfigurationFiles, type Statement } from '../../../src/plugins/apache/tree.js';
import { vhostsOf } from '../../../src/plugins/apache/vhosts.js';
import { EditList, spliced } from '../../../src/plugins/server-configuration/edits.js';
import { mutated, numbers } from '../mutation.js';
import { apacheTrees, filesOfTree } from './corpus.js';

/** `npm run campaign:apache-mutations` takes more. */
const COUNT = Number(process.env['CERTWRIGHT_MUTATIONS'] ?? 600);
const SEED = Number(process.env['CERTWRIGHT_SEED'] ?? 2026);

const PIECES = ['<', '>', '</', '"', "'", '\\', '\\\n', '#', '${', '${D}', '\n', '\r\n', ' ', '\0', '\xff', '\xa0', '<VirtualHost *>', '</VirtualHost>', '<IfModule ssl_module>', '</IfModule>', 'Include site.conf\n', 'Include *\n', 'Listen 1\n', 'ServerAlias *(\n', 'RewriteRule ^ https://\n', 'Define D "\n', '<Macro M>', '[z-a]'];

const inMemory = (files: Readonly<Record<string, string>>): ConfigurationFiles => ({
  read(path) {
    const text = files[path];
    if (text === undefined) throw new Error(`no such file: ${path}`);
    return text;
  },
  real: (path) => path,
  list: (folder) => [...new Set(Object.keys(files).flatMap((path) => (path.startsWith(`${folder}/`) ? [path.slice(folder.length + 1).split('/')[0] ?? ''] : [])))],
  kind: (path) => (files[path] !== undefined ? 'file' : Object.keys(files).some((each) => each.startsWith(`${path}/`)) ? 'folder' : null),
});

/** All that counts, as one text. */
function meaningOf({ statements, modules, variables }: ApacheTree): string {
  const plain = ({ node, file, name, values, children, variables: own, macro }: Statement): unknown => [file.path, node.start, name, values, macro, own && [...own], children.map(plain)];
  return JSON.stringify([statements.map(plain), [...modules], [...variables]]);
}

it(`${COUNT} broken configurations are read or refused, in no time; splicing nothing gives the same bytes; what is written can be read again`, { timeout: 60_000 + COUNT * 20 }, () => {
  const next = numbers(SEED);
  let read = 0;
  for (let round = 0; round < COUNT; round += 1) {
    const tree = apacheTrees[next(apacheTrees.length)];
    if (!tree) continue;
    const files: Record<string, string> = {};
    const root = tree.files['httpd.conf'] === undefined ? 'apache2.conf' : 'httpd.conf';
    for (const [path, text] of Object.entries(filesOfTree(tree))) {
      const filled = text.replaceAll('{H}', '80').replaceAll('{S}', '443').replaceAll('{R}', '/etc/apache2');
      // The root file has much that is not about hosts: it is broken now and then only.
      files[`/etc/apache2/${path}`] = path === root && next(4) > 0 ? filled : mutated(filled, PIECES, next);
    }
    const started = performance.now();
    try {
      const given = { modules: ['so_module'], defines: new Map(), environment: {}, version: [2, 4, 71] };
      const found = readTree('/etc/apache2', `/etc/apache2/${root}`, given, inMemory(files));
      // What is kept from readings of the same files with other modules and variables makes no difference.
      const kept = nothingUnderstood();
      for (const line of [/^LoadModule.*$/gm, /^Define.*$/gm]) readTree('/etc/apache2', `/etc/apache2/${root}`, given, inMemory({ ...files, [`/etc/apache2/${root}`]: (files[`/etc/apache2/${root}`] ?? '').replace(line, '#') }), kept);
      expect(meaningOf(readTree('/etc/apache2', `/etc/apache2/${root}`, given, inMemory(files), kept))).toBe(meaningOf(found));
      for (const file of found.files.values()) expect(spliced(file.text, [])).toBe(file.text);
      const vhosts = vhostsOf(found, 443);
      const written = (edits: EditList): void => {
        for (const [path, own] of edits.all()) readApache(spliced(found.files.get(path)?.text ?? '', own));
      };
      const challenge = new EditList();
      challengeEdits(found, vhosts, [{ name: 'example.com', token: 'a', keyAuthorization: 'a.b' }], { http: 80, serverRoot: '/etc/apache2' }, { location: '/etc/apache2', answers: '/var/x' }, challenge);
      written(challenge);
      const install = new EditList();
      addListen(found, '/etc/apache2', 443, { https: true }, install);
      const choice = chooseVhost(vhosts, 'example.com');
      if (choice.kind === 'vhost' && choice.vhost.tls) {
        giveCertificate(vhosts, choice.vhost, { certificates: [{ certificate: '/f', privkey: '/k' }], chain: null, options: '/o' }, install);
        addHsts(choice.vhost, 60, install);
        addUir(choice.vhost, install);
        addStapling(found, choice.vhost, 'shmcb:x', { cacheAdded: false }, install);
      } else if (choice.kind === 'vhost') readApache(tlsCopy(choice.vhost, 443, found.variables).text);
      written(install);
      const redirect = new EditList();
      for (const host of planRedirect(vhosts, new Map(vhosts.filter(({ tls }) => tls).map((vhost) => [vhost, vhost.names])), { extension: '-le-ssl.conf', vhostRoot: null, httpPort: 80 }).hosts) redirectEdits(host, redirect);
      written(redirect);
      read += 1;
    } catch (error) {
      if (!(error instanceof ConfigSyntaxError) && !String(error).includes('no such file')) throw new Error(`seed ${SEED}, round ${round}: ${String(error)}\n${JSON.stringify(files)}`, { cause: error });
      // What could be read must be writable: only the root file may be refused.
      if (error instanceof ConfigSyntaxError && (error.stack ?? '').includes('written')) throw new Error(`seed ${SEED}, round ${round}: what was written cannot be read: ${error.message}\n${JSON.stringify(files)}`, { cause: error });
    }
    expect(performance.now() - started, `round ${round}`).toBeLessThan(2000);
  }
  expect(read).toBeGreaterThan(COUNT / 2);
});
