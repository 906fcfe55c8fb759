import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Directories } from '../../src/store/paths.js';
import { changeRenewalNotes, readRenewalNotes } from '../../src/store/renewal-notes.js';
import { makeTree } from './tree.js';

let root: string;
let dirs: Directories;
beforeEach(() => {
  ({ root, dirs } = makeTree());
});
afterEach(() => rmSync(root, { recursive: true, force: true }));
const path = () => join(dirs.config, '.certwright', 'renewal-notes', 'table.json');

it('notes are kept for each lineage, changed part by part, and forgotten', () => {
  changeRenewalNotes(dirs, { a: { revoked: '0a' }, b: { revoked: '0b', dropped: ['x.example'] } });
  changeRenewalNotes(dirs, { a: { dropped: ['y.example'] }, b: { revoked: undefined } });
  expect(readRenewalNotes(dirs)).toEqual({ a: { revoked: '0a', dropped: ['y.example'] }, b: { dropped: ['x.example'] } });
  expect(statSync(path()).mode & 0o777).toBe(0o600);
  changeRenewalNotes(dirs, { a: null, b: { dropped: undefined }, c: {} });
  expect(readRenewalNotes(dirs)).toEqual({});
});

it('which certificate a server may have is kept beside the others, and only when it is whole', () => {
  const behind = { installer: 'out', serial: '0a', since: '2026-11-23T12:00:00.000Z' };
  changeRenewalNotes(dirs, { a: { behind }, b: { behind: { installer: 'out' } as never, revoked: '0b' } });
  changeRenewalNotes(dirs, { a: { dropped: ['x.example'] } });
  expect(readRenewalNotes(dirs)).toEqual({ a: { behind, dropped: ['x.example'] }, b: { revoked: '0b' } });
});

it.each(['', 'rubbish', '[]', 'null', '{"a": 1, "b": {"dropped": "x", "revoked": 1}}'])('a damaged file (%s) counts as none, and is written over', (text) => {
  mkdirSync(join(dirs.config, '.certwright', 'renewal-notes'), { recursive: true });
  writeFileSync(path(), text);
  expect(Object.values(readRenewalNotes(dirs)).filter((notes) => Object.keys(notes).length > 0)).toEqual([]);
  changeRenewalNotes(dirs, { a: { revoked: '01' } });
  expect(readRenewalNotes(dirs)['a']).toEqual({ revoked: '01' });
});

it('nothing is written, nor a folder made, when nothing changes', () => {
  changeRenewalNotes(dirs, { a: null });
  expect(() => statSync(join(dirs.config, '.certwright', 'renewal-notes'))).toThrow('ENOENT');
});
