import { chmodSync, linkSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { rememberRenewalCheck } from '../../src/store/renewal-check.js';
import { readRenewalFile } from '../../src/store/renewal-file.js';

const LINKS = ['cert', 'privkey', 'chain', 'fullchain'].map((kind) => `${kind} = /etc/letsencrypt/live/a.example/${kind}.pem\n`).join('');
const TEXT = `# über\nversion = 2.0.0\n${LINKS}[renewalparams]\nauthenticator = standalone\n`;
const NEXT = new Date(2031, 0, 2, 3, 4, 5);
const NOTE = '[acme_renewal_info]\nari_retry_after = 2031-01-02T03:04:05\n';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'certwright-check-'));
  path = join(folder, 'a.example.conf');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What stands in the file afterwards, and whether it is another file than before. */
async function after(before: string): Promise<{ text: string; another: boolean }> {
  writeFileSync(path, before);
  const { ino } = statSync(path);
  // Its inode stays taken, so that no new file gets it.
  linkSync(path, `${path}.kept`);
  await rememberRenewalCheck(readRenewalFile(path), NEXT);
  rmSync(`${path}.kept`);
  return { text: readFileSync(path, 'utf8'), another: statSync(path).ino !== ino };
}

it('F30: the first note is a section at the end, in a new file', async () => {
  expect(await after(TEXT)).toEqual({ text: `${TEXT}${NOTE}`, another: true });
  expect(readRenewalFile(path).ariRetryAfter).toBe('2031-01-02T03:04:05');
});

it('a later time takes the place of the one before, and no other byte changes', async () => {
  const before = `${TEXT}\n${NOTE.replace('2031-01-02', '2026-11-25')}# kept\n[other]\nari_retry_after = 2026-11-25T00:00:00\n`;
  expect(await after(before)).toEqual({ text: before.replace('2026-11-25T03:04:05', '2031-01-02T03:04:05'), another: false });
});

it.each([
  ['another form of it', `${TEXT}[acme_renewal_info]\nari_retry_after=soon\n`],
  ['a place where readers could see half of it', `${TEXT}#${'x'.repeat(4096 - 1 - Buffer.byteLength(TEXT) - NOTE.indexOf('2031') - 6)}\n${NOTE.replace('2031', '2026')}`],
])('%s makes a new file', async (_what, before) => {
  const { text, another } = await after(before);
  expect(another).toBe(true);
  expect(text.slice(0, TEXT.length)).toBe(TEXT);
  expect(readRenewalFile(path).ariRetryAfter).toBe('2031-01-02T03:04:05');
});

it('what stands elsewhere since the file was read is found there, and nothing is written where it stood', async () => {
  writeFileSync(path, `${TEXT}${NOTE.replace('2031', '2026')}`);
  const read = readRenewalFile(path);
  const moved = `# somebody wrote this meanwhile, and is not to lose a letter of it\n${TEXT}# two\n${NOTE.replace('2031', '2027')}`;
  writeFileSync(path, moved);
  await rememberRenewalCheck(read, NEXT);
  expect(readFileSync(path, 'utf8')).toBe(moved.replace('2027', '2031'));
});

it('the mode stays, also of a file that only its folder lets us replace', async () => {
  writeFileSync(path, `${TEXT}${NOTE.replace('2031', '2026')}`);
  chmodSync(path, 0o440);
  await rememberRenewalCheck(readRenewalFile(path), NEXT);
  expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual([`${TEXT}${NOTE}`, 0o440]);
});
