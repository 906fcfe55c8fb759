import { mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { latestCommonVersion, listLineages, nextVersion, readLineage } from '../../src/store/lineage.js';
import type { Directories } from '../../src/store/paths.js';
import { saveNewLineage, saveNewVersion } from '../../src/store/save.js';
import { makePems } from './certificates.js';
import { makeTree } from './tree.js';

let root: string;
let dirs: Directories;
beforeEach(() => {
  ({ root, dirs } = makeTree());
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const params = { authenticator: 'standalone', server: 'https://ca.example/dir', key_type: 'ecdsa' };
const add = (name: string) => saveNewLineage(dirs, { name, mayChange: false }, makePems(name), params);
const link = (kind: string) => join(dirs.config, 'live', 'example.com', `${kind}.pem`);

it('reads names, dates, key and the version in use', async () => {
  await add('example.com');
  expect(readLineage(dirs, 'example.com')).toMatchObject({ name: 'example.com', version: 1, server: 'https://ca.example/dir', identifiers: [{ type: 'dns', value: 'example.com' }], liveFolder: join(dirs.config, 'live', 'example.com') });
  await saveNewVersion(dirs, 'example.com', makePems('example.com'), params);
  expect(readLineage(dirs, 'example.com').version).toBe(2);
  expect([nextVersion(dirs, 'example.com'), latestCommonVersion(dirs, 'example.com')]).toEqual([3, 2]);
});

it('takes absolute links as well as relative ones (F11), and counts half-written versions (F13, F16)', async () => {
  await add('example.com');
  for (const kind of ['cert', 'privkey', 'chain', 'fullchain']) {
    unlinkSync(link(kind));
    symlinkSync(join(dirs.config, 'archive', 'example.com', `${kind}1.pem`), link(kind));
  }
  expect(readLineage(dirs, 'example.com').files.cert).toBe(join(dirs.config, 'archive', 'example.com', 'cert1.pem'));
  writeFileSync(join(dirs.config, 'archive', 'example.com', 'privkey7.pem'), '');
  expect([nextVersion(dirs, 'example.com'), latestCommonVersion(dirs, 'example.com')]).toEqual([8, 1]);
});

it.each([
  ['a file in the place of a link', () => (unlinkSync(link('cert')), writeFileSync(link('cert'), 'x')), 'to be a symlink'],
  ['a link that is missing', () => unlinkSync(link('chain')), 'is missing'],
  ['a link that leads nowhere', () => renameSync(join(dirs.config, 'archive'), join(dirs.config, 'gone')), 'cannot be read'],
  ['something that is no certificate', () => writeFileSync(join(dirs.config, 'archive', 'example.com', 'cert1.pem'), 'x'), 'certificate'],
  ['a renewal file that cannot be parsed', () => writeFileSync(join(dirs.config, 'renewal', 'example.com.conf'), 'x\n'), 'line 1'],
])('%s: listed as broken with the reason, the others stay', async (_what, damage, reason) => {
  await add('example.com');
  await add('fine.example.com');
  damage();
  if (_what.startsWith('a link that leads')) mkdirSync(join(dirs.config, 'archive'));
  const { lineages, broken } = listLineages(dirs);
  if (!_what.startsWith('a link that leads')) expect(lineages.map(({ name }) => name)).toEqual(['fine.example.com']);
  expect(broken.find(({ path }) => path.endsWith('/example.com.conf'))?.reason).toContain(reason);
});

it('reads no private key', async () => {
  await add('example.com');
  const key = readlinkSync(link('privkey'));
  rmSync(join(dirs.config, 'live', 'example.com', key));
  expect(listLineages(dirs).lineages).toHaveLength(1);
});
