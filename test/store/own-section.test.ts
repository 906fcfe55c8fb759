import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { StoreError } from '../../src/core/errors.js';
import { changeOwnSection, readOwnSection } from '../../src/store/own-section.js';

let folder: string;
let path: string;
const before = '# mine\nversion = 2.0.0\ncert = /e/live/a/cert.pem\n\n[renewalparams]\nserver = https://ca.example/dir\n[[webroot_map]]\na.example.com = /a\n[acme_renewal_info]\nari_retry_after = 2026-11-24T03:12:00\n';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'own-section-'));
  path = join(folder, 'a.conf');
  writeFileSync(path, before, { mode: 0o640 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('values and tables of ours come and go; nobody else in the file is touched, and an empty section goes', () => {
  expect(readOwnSection(path)).toEqual({ values: {}, tables: {} });
  changeOwnSection(path, { values: { partner: 'a-rsa' } });
  changeOwnSection(path, { tables: { 'export-1': { path: '/srv/a, b.p12', format: 'pkcs12' }, 'export-2': { path: "/srv/it's" } } });
  expect(readFileSync(path, 'utf8')).toBe(`${before}[certwright]\npartner = a-rsa\n[[export-1]]\npath = "/srv/a, b.p12"\nformat = pkcs12\n[[export-2]]\npath = /srv/it's\n`);
  changeOwnSection(path, { tables: { 'export-1': { path: '/srv/a, b.p12' } } });
  expect(readOwnSection(path)).toEqual({ values: { partner: 'a-rsa' }, tables: { 'export-1': { path: '/srv/a, b.p12' }, 'export-2': { path: "/srv/it's" } } });
  changeOwnSection(path, { tables: { 'export-1': null } });
  changeOwnSection(path, { values: { partner: 'other' } });
  expect(readOwnSection(path)).toEqual({ values: { partner: 'other' }, tables: { 'export-2': { path: "/srv/it's" } } });
  changeOwnSection(path, { values: { partner: null }, tables: { 'export-2': null } });
  expect(readFileSync(path, 'utf8')).toBe(before);
  expect(execFileSync('stat', ['-c', '%a', path], { encoding: 'utf8' }).trim()).toBe('640');
});

it('a file that cannot be read or understood is named', () => {
  writeFileSync(path, '[certwright]\nnonsense\n');
  expect(() => readOwnSection(path)).toThrow(StoreError);
  expect(() => changeOwnSection(path, { values: { partner: 'x' } })).toThrow(`${path} cannot be parsed: line 2`);
  expect(() => readOwnSection(join(folder, 'none.conf'))).toThrow(`${folder}/none.conf cannot be read`);
});
