import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { PermissionMissing } from '../../src/core/errors.js';
import { isTemporaryName, permitted, removeTemporariesOf, replaceFile, replaceLink, replaceLinks, writeFileAtomic, writeFilesAtomic, writeNewFile } from '../../src/system/atomic-file.js';

let folder: string;
let umask: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'atomic-'));
  umask = process.umask();
});
afterEach(() => {
  process.umask(umask);
  rmSync(folder, { recursive: true, force: true });
});

it.each([0o600, 0o644, 0o640])('the file has the wanted mode whatever the umask: %o', (mode) => {
  for (const mask of [0o077, 0o000]) {
    process.umask(mask);
    writeFileAtomic(join(folder, 'file'), 'text', { mode });
    expect(statSync(join(folder, 'file')).mode & 0o777).toBe(mode);
  }
  expect(readdirSync(folder)).toEqual(['file']);
});

it('a file is replaced as a whole: who has it open keeps the old one', () => {
  const path = join(folder, 'file');
  writeFileAtomic(path, 'old', { mode: 0o600 });
  const { ino } = statSync(path);
  writeFileAtomic(path, Buffer.from('new'), { mode: 0o600 });
  expect(readFileSync(path, 'utf8')).toBe('new');
  expect(statSync(path).ino).not.toBe(ino);
});

it('a link is replaced, not followed; nothing is left when it cannot be', () => {
  writeFileSync(join(folder, 'victim'), 'untouched');
  symlinkSync('victim', join(folder, 'link'));
  writeFileAtomic(join(folder, 'link'), 'text', { mode: 0o600 });
  expect(readFileSync(join(folder, 'victim'), 'utf8')).toBe('untouched');
  mkdirSync(join(folder, 'taken', 'by', 'a'), { recursive: true });
  expect(() => writeFileAtomic(join(folder, 'taken'), 'x', { mode: 0o600 })).toThrow();
  expect(readdirSync(folder).sort()).toEqual(['link', 'taken', 'victim']);
});

it('several files are replaced together; when one cannot be written none is, and nothing is left beside them', async () => {
  const at = (...parts: string[]): string => join(folder, ...parts);
  mkdirSync(at('sub'));
  for (const path of [at('one'), at('sub/two')]) writeFileSync(path, 'old');
  await writeFilesAtomic([{ path: at('one'), data: 'new', mode: 0o600 }, { path: at('sub/two'), data: 'new', mode: 0o640, times: { atime: new Date(1e12), mtime: new Date(1e12) } }]);
  expect([readFileSync(at('one'), 'utf8'), readFileSync(at('sub/two'), 'utf8')]).toEqual(['new', 'new']);
  expect([statSync(at('one')).mode & 0o777, statSync(at('sub/two')).mode & 0o777, statSync(at('sub/two')).mtimeMs]).toEqual([0o600, 0o640, 1e12]);
  await expect(writeFilesAtomic([{ path: at('one'), data: 'newer', mode: 0o600 }, { path: at('none/three'), data: '', mode: 0o600 }])).rejects.toThrow('ENOENT');
  expect(readFileSync(at('one'), 'utf8')).toBe('new');
  expect([readdirSync(folder).sort(), readdirSync(at('sub'))]).toEqual([['one', 'sub'], ['two']]);
});

it('what stopped runs left beside files goes, and nothing else', () => {
  const names = ['.one.0123456789ab.certwright-tmp', '.other.0123456789ab.certwright-tmp', '.one.certwright-tmp', 'one'];
  for (const name of names) writeFileSync(join(folder, name), '');
  removeTemporariesOf([join(folder, 'one'), join(folder, 'not-there')]);
  expect(readdirSync(folder).sort()).toEqual(names.slice(1).sort());
});

it('a new file is refused where one is, and what is there stays', () => {
  writeNewFile(join(folder, 'file'), 'mine', { mode: 0o600 });
  expect(() => writeNewFile(join(folder, 'file'), 'other', { mode: 0o600 })).toThrow('EEXIST');
  expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('mine');
});

it('links are replaced together, or none', async () => {
  await replaceLink(join(folder, 'a'), 'one');
  await replaceLinks([
    { path: join(folder, 'a'), target: 'two' },
    { path: join(folder, 'b'), target: 'two' },
  ]);
  expect([readlinkSync(join(folder, 'a')), readlinkSync(join(folder, 'b'))]).toEqual(['two', 'two']);
  await expect(
    replaceLinks([
      { path: join(folder, 'a'), target: 'three' },
      { path: join(folder, 'nowhere', 'b'), target: 'three' },
    ]),
  ).rejects.toThrow('ENOENT');
  expect(readlinkSync(join(folder, 'a'))).toBe('two');
  expect(readdirSync(folder).sort()).toEqual(['a', 'b']);
  expect(lstatSync(join(folder, 'a')).isSymbolicLink()).toBe(true);
});

it.each(['EACCES', 'EPERM', 'EROFS'])('%s names the path and what to do', (code) => {
  const refuse = (): never => {
    throw Object.assign(new Error(code), { code });
  };
  const failure = (() => {
    try {
      return permitted('/etc/thing', 'write', refuse);
    } catch (error) {
      return error;
    }
  })();
  expect(failure).toBeInstanceOf(PermissionMissing);
  expect(failure).toMatchObject({ path: '/etc/thing', right: 'write', message: 'Not allowed to write /etc/thing' });
  expect((failure as PermissionMissing).hint).toMatch(code === 'EROFS' ? /read-only/ : /--user-dirs/);
  expect(() => permitted('/x', 'write', () => { throw Object.assign(new Error('full'), { code: 'ENOSPC' }); })).toThrow('full');
});

it('knows its own temporary files, and no others', () => {
  expect(isTemporaryName('.cert1.pem.0123456789ab.certwright-tmp')).toBe(true);
  for (const name of ['cert1.pem', '.cert1.pem', 'x.0123456789ab.certwright-tmp', '.certbot.lock']) expect(isTemporaryName(name)).toBe(false);
});

it('replaceFile keeps owner, group and mode of what stands there, follows a link, and gives a new file the mode that is asked for', () => {
  const path = join(folder, 'key.pem');
  expect(replaceFile(path, 'one', { mode: 0o600 })).toBe(0o600);
  chmodSync(path, 0o640);
  if (process.getuid?.() === 0) chownSync(path, 33, 44);
  const before = statSync(path);
  symlinkSync('key.pem', join(folder, 'link.pem'));
  expect(replaceFile(join(folder, 'link.pem'), 'two', { mode: 0o600 })).toBe(0o640);
  const { uid, gid, mode, ino } = statSync(path);
  expect([uid, gid, mode]).toEqual([before.uid, before.gid, before.mode]);
  expect(ino).not.toBe(before.ino);
  expect(lstatSync(join(folder, 'link.pem')).isSymbolicLink()).toBe(true);
  expect(readFileSync(path, 'utf8')).toBe('two');
  expect(readdirSync(folder).filter(isTemporaryName)).toEqual([]);
});
