import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Refused, type CertwrightError } from '../../src/core/errors.js';
import { namesSecret, readSecret } from '../../src/system/secret.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'secret-'));
  writeFileSync(join(folder, 'token'), ' s3cret, word \nsecond line\n');
  writeFileSync(join(folder, 'empty'), '\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (value: string, env: Record<string, string> = {}) => readSecret(value, '--eab-hmac-key', { env: { PATH: process.env['PATH'], ...env } });
const refusal = async (value: string, env: Record<string, string> = {}): Promise<CertwrightError> => {
  const error: unknown = await read(value, env).then(() => null, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(Refused);
  return error as CertwrightError;
};

it('a secret is read from a variable, the first line of a file or of a command, or a systemd credential; else it is the value (U31)', async () => {
  expect(await read('bGl0ZXJhbA')).toBe('bGl0ZXJhbA');
  expect(await read('env:MINE', { MINE: 'a:b' })).toBe('a:b');
  expect(await read(`file:${folder}/token`)).toBe(' s3cret, word ');
  expect(await read('cmd:printf "%s\\n" "$WORD" more', { WORD: "it's" })).toBe("it's");
  expect(await read('credential:token', { CREDENTIALS_DIRECTORY: folder })).toBe(' s3cret, word ');
  expect(['env:A', 'file:/a', 'cmd:a', 'credential:a', 'a', 'https://a', 'ENV:A'].map(namesSecret)).toEqual([true, true, true, true, false, false, false]);
});

it('what cannot be had is told by its source, never by what was found', async () => {
  expect((await refusal('env:NONE')).message).toBe('The value of --eab-hmac-key cannot be had from env:NONE: there is nothing in it.');
  expect((await refusal(`file:${folder}/none`)).message).toContain('there is no such file');
  expect((await refusal(`file:${folder}/empty`)).message).toContain('there is nothing in it');
  expect((await refusal(`file:${folder}`)).message).toContain('it cannot be read (EISDIR)');
  expect((await refusal('credential:token')).message).toContain('not run as a service');
  expect((await refusal('credential:../token', { CREDENTIALS_DIRECTORY: folder })).message).toContain('plain name');
  const failed = await refusal('cmd:echo "$WORD"; echo "$WORD" >&2; exit 3', { WORD: 'hunter2' });
  expect(failed.message).toContain('ended with status 3');
  expect(`${failed.message}${failed.hint ?? ''}${failed.stack ?? ''}`).not.toContain('hunter2');
});
