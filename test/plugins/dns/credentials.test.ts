import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readCredentials, type Credentials } from '../../../src/plugins/dns/credentials.js';

const folder = mkdtempSync(join(tmpdir(), 'certwright-credentials-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(text: string, { mode = 0o600, env = {} }: { mode?: number; env?: Record<string, string> } = {}): { credentials: Credentials; warnings: string[]; path: string } {
  const path = join(folder, 'x.ini');
  writeFileSync(path, text);
  chmodSync(path, mode);
  const warnings: string[] = [];
  return { credentials: readCredentials(path, { plugin: 'dns-some-thing', access: 'Make a token.', env, log: (_level, message) => void warnings.push(message) }), warnings, path };
}

test('S33: values as configobj has them, by the name without the prefix of the plugin', async () => {
  const { credentials } = read('# mine\ndns_some_thing_token = "a # b" # note\ndns_some_thing_empty =\ndns_some_thing_list = a, b\n');
  expect(await credentials.get('token')).toBe('a # b');
  expect(await credentials.get('empty')).toBeUndefined();
  expect(await credentials.get('list')).toBe('a, b');
  expect(await credentials.get('other')).toBeUndefined();
});

test('S33: what is missing is told all at once, in certbot’s words and with where to get it', async () => {
  const { credentials, path } = read('dns_some_thing_key =\n');
  await expect(credentials.require({ key: 'API key', secret: 'API secret' })).rejects.toMatchObject({
    message: `Missing properties in credentials configuration file ${path}:\n * Property "dns_some_thing_key" not set (should be API key).\n * Property "dns_some_thing_secret" not found (should be API secret).`,
    hint: 'Make a token.',
  });
});

test('S33: a file that others may read is warned of, in certbot’s words', () => {
  const words = (mode: number): string[] => read('dns_some_thing_token = x\n', { mode }).warnings;
  expect(words(0o600)).toEqual([]);
  expect(words(0o604)).toEqual([expect.stringContaining('Unsafe permissions on credentials configuration file: /')]);
  expect(words(0o601)).toHaveLength(1);
});

test('U31: a value may say where it is read; what was handed out is known as secret, the rest is not', async () => {
  const { credentials } = read('dns_some_thing_token = env:TOKEN\ndns_some_thing_key = cmd:echo from-command\n', { env: { TOKEN: 'from-environment', PATH: process.env['PATH'] ?? '' } });
  expect(credentials.secrets()).toEqual([]);
  expect(await credentials.require({ token: 't', key: 'k' })).toEqual({ token: 'from-environment', key: 'from-command' });
  expect(credentials.secrets()).toEqual(['from-environment', 'from-command']);
});

test('S33: no file, a folder, and a file that is no such file are told apart; a line is not repeated', () => {
  const open = (path: string): Credentials => readCredentials(path, { plugin: 'dns-x', access: 'a', env: {}, log: () => undefined });
  expect(() => open(join(folder, 'none'))).toThrow(`File not found: ${join(folder, 'none')}`);
  expect(() => open(folder)).toThrow(`Path is a directory: ${folder}`);
  expect(() => read('dns_some_thing_token = x\nmy-secret-token\n')).toThrow(/^Error parsing credentials configuration: .*, line 2: (?!.*my-secret)/);
});
