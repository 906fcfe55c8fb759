import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { defaultValues } from '../../src/cli/defaults.js';
import { cleanEnvironment, deployEnvironment, nameList, postEnvironment } from '../../src/core/hook-environment.js';
import { hooksOf, validateHooks } from '../../src/core/hooks.js';
import type { OptionValues, Settings } from '../../src/core/settings.js';

let configDir: string;
beforeEach(() => {
  configDir = mkdtempSync(join(tmpdir(), 'hooks-'));
  for (const kind of ['pre', 'post', 'deploy']) mkdirSync(join(configDir, 'renewal-hooks', kind), { recursive: true });
});
afterEach(() => rmSync(configDir, { recursive: true, force: true }));

function file(kind: string, name: string, mode = 0o755): string {
  const path = join(configDir, 'renewal-hooks', kind, name);
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, mode);
  return path;
}

const settings = (values: Partial<OptionValues> = {}): Settings => ({ verb: 'renew', operands: [], verbGiven: true, values: { ...defaultValues, configDir, ...values }, plugin: {}, sources: {}, words: {}, program: 'certwright' });
const commands = (kind: 'pre' | 'post' | 'deploy', values: Partial<OptionValues> = {}) => hooksOf(settings(values), kind).map(({ command }) => command);

it('files of the directory in the order of their bytes, as certbot lists them; not those that cannot run, folders, and ~ (S88, S89, C26)', () => {
  for (const name of ['b', 'a', 'B', '10', '9', 'Z.sh', 'ä', '_', 'é', '😀', '￿', 'a b']) file('pre', name);
  file('pre', 'editor~');
  file('pre', 'plain', 0o644);
  mkdirSync(join(configDir, 'renewal-hooks/pre/folder'));
  const certbots = execFileSync('/usr/bin/python3', ['-c', 'import sys; from certbot._internal import hooks; print("\\0".join(hooks.list_hooks(sys.argv[1])), end="")', join(configDir, 'renewal-hooks/pre')], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8' } }).split('\0');
  expect(commands('pre')).toEqual(certbots);
  expect(commands('pre')).toHaveLength(12);
});

it('the configured hook comes after the directory, and once when it is a file of the directory of its own type (S90–S92)', () => {
  const first = file('deploy', '1');
  const second = file('deploy', '2');
  expect(commands('deploy', { deployHook: 'own' })).toEqual([first, second, 'own']);
  expect(commands('deploy', { deployHook: first })).toEqual([first, second]);
  expect(commands('deploy', { deployHook: ` ${configDir}/renewal-hooks/deploy/../deploy/1 ` })).toEqual([first, second]);
  expect(commands('deploy', { deployHook: `${first} --again` })).toEqual([first, second, `${first} --again`]);
  expect(commands('deploy', { deployHook: first, directoryHooks: false })).toEqual([first]);
  expect(commands('post', { postHook: first })).toEqual([first]);
  expect(commands('post', { postHook: ' ' })).toEqual([]);
});

it('commands are looked for before anything is done, in the usual directories too; the words are those of certbot in their order (F56, T19)', () => {
  const plain = file('pre', 'plain', 0o644);
  const env = { PATH: '/nowhere' };
  expect(() => validateHooks(settings({ postHook: 'no-such-thing --x' }), env)).toThrow('Unable to find post-hook command no-such-thing in the PATH.\n(PATH is /nowhere:/usr/local/sbin:');
  expect(() => validateHooks(settings({ preHook: `${plain} x` }), env)).toThrow(`pre-hook command ${plain} exists, but is not executable.`);
  validateHooks(settings({ preHook: 'true', postHook: '', deployHook: 'sh -c "x"' }), env);
  validateHooks(settings({ preHook: '/nonexistent', validateHooks: false }), env);
});

it('lists are cut between names, never one in the place of the other, and it is said that they are (T04, C24)', () => {
  const names = Array.from({ length: 1200 }, (_, index) => `name-${index}.example.com`);
  const whole = names.join(' ');
  for (const limit of [16_000, 16_001, 16_005, 16_010]) {
    const { FAILED_DOMAINS = '', ...rest } = nameList('FAILED_DOMAINS', names, limit);
    expect(FAILED_DOMAINS.length).toBeLessThanOrEqual(limit);
    expect(limit - FAILED_DOMAINS.length).toBeLessThan(25);
    expect(whole.startsWith(`${FAILED_DOMAINS} name-`)).toBe(true);
    expect(rest).toEqual({ FAILED_DOMAINS_TRUNCATED: '1' });
  }
  expect(nameList('RENEWED_DOMAINS', names, whole.length)).toEqual({ RENEWED_DOMAINS: whole });
  expect(nameList('RENEWED_DOMAINS', ['a.example', 'b.example'], 9)).toEqual({ RENEWED_DOMAINS: 'a.example', RENEWED_DOMAINS_TRUNCATED: '1' });
  expect(postEnvironment(['a.example'], names, 100)).toMatchObject({ RENEWED_DOMAINS: 'a.example', FAILED_DOMAINS_TRUNCATED: '1' });
  expect(deployEnvironment({ names: ['a.example', 'b.example'], liveFolder: '/live/a' })).toEqual({ RENEWED_DOMAINS: 'a.example b.example', RENEWED_LINEAGE: '/live/a' });
});

it('a hook sees no variables of other hooks, also when certwright itself runs in one (T07)', () => {
  expect(cleanEnvironment({ PATH: '/bin', RENEWED_LINEAGE: 'x', CERTBOT_TOKEN: 'x', CERTBOT_EMAIL: 'kept', FAILED_DOMAINS_TRUNCATED: '1' })).toEqual({ PATH: '/bin', CERTBOT_EMAIL: 'kept' });
});
