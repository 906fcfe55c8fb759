import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Directories } from '../../src/store/paths.js';
import { listPending, readPending, removePending, settlePending, unreadablePending, writePending, type PendingIssuance } from '../../src/store/pending.js';
import { makeTree } from './tree.js';

let root: string;
let dirs: Directories;
beforeEach(() => {
  ({ root, dirs } = makeTree());
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const folder = (...parts: string[]) => join(dirs.config, '.certwright', 'pending', ...parts);
const order = (lineage: string, more: Partial<PendingIssuance> = {}): PendingIssuance => ({
  lineage,
  server: 'https://ca.test/dir',
  accountId: 'abc',
  orderUrl: 'https://ca.test/order/1',
  names: [lineage],
  privateKey: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
  created: '2026-01-01T00:00:00Z',
  command: ['certonly', '-d', lineage],
  ...more,
});

it('an order comes back as it was written, and is for its owner only', async () => {
  const pending = order('example.com', { expires: '2026-01-08T00:00:00Z' });
  await writePending(dirs, pending);
  expect(readPending(dirs, 'example.com')).toEqual(pending);
  const modes = [folder(), folder('example.com'), folder('example.com', 'privkey.pem'), folder('example.com', 'order.json')].map((path) => statSync(path).mode & 0o777);
  expect(modes).toEqual([0o700, 0o700, 0o600, 0o600]);
  expect(readdirSync(folder())).toEqual(['example.com']);
});

it('a later order of the same lineage replaces it; others stay', async () => {
  await writePending(dirs, order('b.example'));
  await writePending(dirs, order('a.example'));
  await writePending(dirs, order('a.example', { orderUrl: 'https://ca.test/order/2' }));
  expect(listPending(dirs).map(({ lineage, orderUrl }) => [lineage, orderUrl])).toEqual([
    ['a.example', 'https://ca.test/order/2'],
    ['b.example', 'https://ca.test/order/1'],
  ]);
  expect(readdirSync(folder()).sort()).toEqual(['a.example', 'b.example']);
});

it('removing leaves nothing, and needs nothing to be there', async () => {
  removePending(dirs, 'example.com');
  await writePending(dirs, order('example.com'));
  removePending(dirs, 'example.com');
  expect(readPending(dirs, 'example.com')).toBeNull();
  expect(readdirSync(folder())).toEqual([]);
});

it.each([
  ['no key', (at: string) => rmSync(join(at, 'privkey.pem'))],
  ['a key that is none', (at: string) => writeFileSync(join(at, 'privkey.pem'), 'x')],
  ['cut JSON', (at: string) => writeFileSync(join(at, 'order.json'), '{"lineage":')],
  ['another shape', (at: string) => writeFileSync(join(at, 'order.json'), '{"lineage":"x","names":[1]}')],
  ['a null', (at: string) => writeFileSync(join(at, 'order.json'), 'null')],
])('with %s it is told, not fatal, and may be replaced', async (_what, spoil) => {
  await writePending(dirs, order('example.com'));
  await writePending(dirs, order('other.example'));
  spoil(folder('example.com'));
  expect(listPending(dirs).map(({ lineage }) => lineage)).toEqual(['other.example']);
  expect(readPending(dirs, 'example.com')).toBeNull();
  expect(unreadablePending(dirs).map(({ path }) => path)).toEqual([folder('example.com')]);
  await writePending(dirs, order('example.com'));
  expect(unreadablePending(dirs)).toEqual([]);
});

it('a stop while one is replaced leaves the old or the new', async () => {
  await writePending(dirs, order('example.com'));
  renameSync(folder('example.com'), folder('.example.com.0123456789ab.replaced'));
  mkdirSync(folder('.example.com.0123456789ab.new'));
  mkdirSync(folder('.gone.example.0123456789ab.gone'));
  settlePending(dirs);
  expect(readdirSync(folder())).toEqual(['example.com']);
  expect(readPending(dirs, 'example.com')).toEqual(order('example.com'));
  mkdirSync(folder('.example.com.0123456789ab.replaced'));
  settlePending(dirs);
  expect(readPending(dirs, 'example.com')).toEqual(order('example.com'));
  expect(readdirSync(folder())).toEqual(['example.com']);
});

it.each(['../x', '', '.hidden', 'a/b'])('a name that leads elsewhere is refused: %j', async (name) => {
  await expect(writePending(dirs, order(name))).rejects.toThrow('cannot be the name');
  expect(() => readPending(dirs, name)).toThrow('cannot be the name');
});
