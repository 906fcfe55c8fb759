import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { emptied } from '../../../src/plugins/apache/emptied.js';
import { readTree } from '../../../src/plugins/apache/tree.js';
import { EditList, spliced } from '../../../src/plugins/server-configuration/edits.js';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'certwright-emptied-')));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const HOST = '<VirtualHost *:443>\n</VirtualHost>\n';

/** What becomes of `site-le-ssl.conf` when its host is taken out: removed or not, commands, and the root file. */
function taken(httpd: string, { around = (host: string) => `<IfModule mod_ssl.c>\n${host}</IfModule>\n`, more = {} }: { around?: (host: string) => string; more?: Record<string, string> } = {}) {
  mkdirSync(join(root, 'sites'));
  const files: Record<string, string> = { 'httpd.conf': httpd, 'sites/site-le-ssl.conf': around(HOST), ...more };
  for (const [path, text] of Object.entries(files)) writeFileSync(join(root, path), text);
  symlinkSync('../sites/site-le-ssl.conf', join(root, 'sites', '1-site.conf'));
  const tree = readTree(root, join(root, 'httpd.conf'), { modules: ['ssl_module'], defines: new Map(), environment: {}, version: [2, 4, 65] });
  const file = tree.files.get(join(root, 'sites/site-le-ssl.conf'));
  if (!file) throw new Error('not read');
  const edits = new EditList();
  const from = file.text.indexOf(HOST);
  edits.add(file, { from, to: from + HOST.length, text: '' });
  const { removes, commands } = emptied({ tree, vhosts: [] }, edits, { serverRoot: root, sitesEnabled: join(root, 'sites'), extension: '-le-ssl.conf' });
  return { removes: removes.map(({ path, before }) => [path, before]), commands: commands.map(({ run, undo }) => [run.join(' '), undo.join(' ')]), httpd: spliced(httpd, edits.all().get(tree.root.path) ?? []) };
}

it('the file goes with the Include that names it, and with its links', () => {
  const path = join(root, 'sites/site-le-ssl.conf');
  const link = join(root, 'sites/1-site.conf');
  expect(taken('Listen 443\nInclude sites/site-le-ssl.conf\n# end\n')).toEqual({ removes: [[path, `<IfModule mod_ssl.c>\n${HOST}</IfModule>\n`]], commands: [[`rm -f ${link}`, `ln -sfn ../sites/site-le-ssl.conf ${link}`]], httpd: 'Listen 443\n# end\n' });
});

it('it stays when the server would miss it, and when something is left in it', () => {
  // Apache does not start with a pattern that matches nothing.
  expect(taken('Include sites/*-le-ssl.conf\n').removes).toEqual([]);
  rmSync(join(root, 'sites'), { recursive: true });
  expect(taken('Include sites/*-le-ssl.conf\n', { more: { 'sites/other-le-ssl.conf': '' } }).removes).toHaveLength(1);
  rmSync(join(root, 'sites'), { recursive: true });
  expect(taken('IncludeOptional sites/*-le-ssl.conf\n').removes).toHaveLength(1);
  rmSync(join(root, 'sites'), { recursive: true });
  expect(taken('IncludeOptional sites/*-le-ssl.conf\n', { around: (host) => `<IfModule mod_ssl.c>\n# mine\n${host}</IfModule>\n` }).removes).toEqual([]);
});
