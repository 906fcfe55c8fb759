import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { lineAt } from '../../../src/plugins/server-configuration/lines.js';
import { serversOf } from '../../../src/plugins/nginx/servers.js';
import { readTree, type NginxTree } from '../../../src/plugins/nginx/tree.js';
import { masterOf } from '../../../src/plugins/nginx/workers.js';
import { conf, nginxTrees } from './corpus.js';
import { inMemory } from './in-memory.js';

const shape = (tree: NginxTree) => ({
  files: [...tree.files.values()].map(({ path, text }) => [path, text]),
  unread: tree.unread,
  servers: serversOf(tree, 'host.example').map(({ file, block, names, tls, statements }) => [file.path, block.start, names.map(({ text }) => text), tls, statements.map(({ node, file: own }) => [own.path, node.name, node.start])]),
});

it('what is planned reads as if it were written, and nothing else is read again', () => {
  for (const tree of nginxTrees) {
    const files = Object.fromEntries(Object.entries({ 'nginx.conf': conf('include site.conf;'), ...tree.files }).map(([path, text]) => [`/etc/nginx/${path}`, text.replaceAll('{H}', '80').replaceAll('{S}', '443').replaceAll('{R}', '/etc/nginx').replaceAll('{C}', '/c').replaceAll('{K}', '/k')]));
    const before = readTree('/etc/nginx', inMemory(files));
    for (const { path, text } of before.files.values()) {
      // Every place moves, there is one more block, and one more file that is not there yet.
      const texts = new Map([[path, path.endsWith('nginx.conf') ? `# planned\n${text}` : `include new.conf;\n${text}`], ['/etc/nginx/new.conf', 'server_tokens off;\n']]);
      const planned = readTree('/etc/nginx', { ...inMemory(files), read: (other) => expect.fail(`${other} was read again`) }, { before, texts });
      expect(shape(planned), `${tree.title}: ${path}`).toEqual(shape(readTree('/etc/nginx', inMemory({ ...files, ...Object.fromEntries(texts) }))));
    }
  }
});

it('a process is only taken for the main one when it runs the program that is meant', () => {
  const folder = mkdtempSync(join(tmpdir(), 'certwright-pid-'));
  try {
    writeFileSync(join(folder, 'nginx.pid'), `${process.pid}\n`);
    const tree = readTree('/etc/nginx', inMemory({ '/etc/nginx/nginx.conf': `pid ${join(folder, 'nginx.pid')};\n` }));
    expect(masterOf(tree, '/none', { ctl: process.execPath, environment: {} })).toBe(process.pid);
    expect(masterOf(tree, '/none', { ctl: '/bin/sh', environment: {} })).toBeNull();
    expect(masterOf(tree, '/none', { ctl: 'no-such-program', environment: {} })).toBeNull();
    writeFileSync(join(folder, 'nginx.pid'), 'nonsense\n');
    expect(masterOf(tree, '/none', { ctl: process.execPath, environment: {} })).toBeNull();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it.each(['', 'one', 'one\n', '\n\none\r\ntwo\n\nthree'])('lines of %j', (text) => {
  const file = { path: '/x', text };
  for (let at = 0; at <= text.length; at += 1) expect(lineAt(file, at)).toBe(text.slice(0, at).split('\n').length);
});
