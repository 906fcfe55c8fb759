import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { webrootAuthenticator as webroot } from '../../src/plugins/webroot/authenticator.js';
import { context, task } from './context.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'webroot-'));
  chmodSync(root, 0o755);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const at = (...names: string[]) => context({ webrootMap: Object.fromEntries(names.map((name) => [name, root])) });
const folder = () => join(root, '.well-known', 'acme-challenge');

it('writes what every web server user can read, whatever the umask, owned as the root is (F59)', async () => {
  if (process.getuid?.() === 0) chownSync(root, 65534, 65534);
  const before = process.umask(0o077);
  try {
    await webroot.present([task('example.com')], at('example.com'));
  } finally {
    process.umask(before);
  }
  expect(readFileSync(join(folder(), 'token-example-com'), 'utf8')).toBe('ka-example.com');
  expect(statSync(join(folder(), 'token-example-com')).mode & 0o777).toBe(0o644);
  for (const path of [folder(), join(root, '.well-known')]) {
    expect(statSync(path).mode & 0o777).toBe(0o755);
    expect(statSync(path).uid).toBe(statSync(root).uid);
  }
  await webroot.cleanUp([task('example.com')], at('example.com'));
  expect(readdirSync(root)).toEqual([]);
});

it('removes only what it made: folders that were there and files of others stay', async () => {
  mkdirSync(join(root, '.well-known'));
  const tasks = [task('a.example.com'), task('b.example.com')];
  await webroot.present(tasks, at('a.example.com', 'b.example.com'));
  writeFileSync(join(folder(), 'of-another'), '');
  await webroot.cleanUp(tasks, at('a.example.com', 'b.example.com'));
  expect(readdirSync(folder())).toEqual(['of-another']);
  rmSync(join(folder(), 'of-another'));
  await webroot.present(tasks.slice(0, 1), at('a.example.com'));
  await webroot.cleanUp(tasks.slice(0, 1), at('a.example.com'));
  expect(readdirSync(root)).toEqual(['.well-known']);
});

it('never writes outside of the folder, and names a folder that is not there', async () => {
  await expect(Promise.resolve().then(() => webroot.present([task('example.com', { token: '../../evil' })], at('example.com')))).rejects.toThrow('base64url');
  expect(existsSync(join(root, 'evil'))).toBe(false);
  await expect(Promise.resolve().then(() => webroot.prepare(context({ webrootMap: { 'example.com': join(root, 'missing') } })))).rejects.toThrow(join(root, 'missing'));
  await expect(Promise.resolve().then(() => webroot.present([task('other.example.com')], at('example.com')))).rejects.toThrow('other.example.com');
});

it('what a killed run left half written does not stop the next try with the same token', async () => {
  mkdirSync(folder(), { recursive: true });
  writeFileSync(join(folder(), '.token-example-com.new'), 'half');
  await webroot.present([task('example.com')], at('example.com'));
  expect(readFileSync(join(folder(), 'token-example-com'), 'utf8')).toBe('ka-example.com');
  expect(readdirSync(folder())).toEqual(['token-example-com']);
});

it('a name that cannot be written leaves no half file behind', async () => {
  mkdirSync(join(folder(), 'token-example-com'), { recursive: true });
  await expect(Promise.resolve().then(() => webroot.present([task('example.com')], at('example.com')))).rejects.toThrow('example.com');
  expect(readdirSync(folder())).toEqual(['token-example-com']);
});
