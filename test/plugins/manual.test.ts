import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { manualAuthenticator as manual } from '../../src/plugins/manual/authenticator.js';
import { context, task } from './context.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manual-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const PRINT = 'env | grep ^CERTBOT_ | sort';
const dns = (value: string, wildcard = false) => task(value, { type: 'dns-01', wildcard, recordName: `_acme-challenge.${value}` });

it('hooks get the variables of the guide, one challenge after the other (S131, C25)', async () => {
  const log = join(folder, 'log');
  const at = context({
    options: { manual_auth_hook: `${PRINT} >> ${log}; echo --- >> ${log}; echo output $CERTBOT_DOMAIN`, manual_cleanup_hook: `echo "cleanup $CERTBOT_DOMAIN [$CERTBOT_AUTH_OUTPUT]" >> ${log}` },
  });
  const tasks = [task('www.example.com'), dns('example.com'), dns('example.com', true)];
  manual.check?.(at);
  await manual.present(tasks, at);
  await manual.cleanUp(tasks, at);
  const [http = '', first = '', second = '', cleanups = ''] = readFileSync(log, 'utf8').split('---\n');
  // The names that are challenged, in that order and without '*.': what certbot's hooks are written for.
  const challenged = 'www.example.com,example.com,example.com';
  const all = `CERTBOT_ALL_DOMAINS=${challenged}\nCERTBOT_ALL_IDENTIFIERS=${challenged}\n`;
  expect(http).toBe(`${all}CERTBOT_DOMAIN=www.example.com\nCERTBOT_IDENTIFIER=www.example.com\nCERTBOT_REMAINING_CHALLENGES=2\nCERTBOT_TOKEN=token-www-example-com\nCERTBOT_VALIDATION=ka-www.example.com\n`);
  expect(first).toBe(`${all}CERTBOT_DOMAIN=example.com\nCERTBOT_IDENTIFIER=example.com\nCERTBOT_REMAINING_CHALLENGES=1\nCERTBOT_VALIDATION=ka-example.com\n`);
  expect(second).toContain('CERTBOT_REMAINING_CHALLENGES=0');
  expect(cleanups).toBe('cleanup www.example.com [output www.example.com]\ncleanup example.com [output example.com]\ncleanup example.com [output example.com]\n');
  expect(at.seen.hooks.filter(({ kind }) => kind === 'manual-auth-hook').map(({ name, stdout }) => [name, stdout.trim()])).toEqual([['www.example.com', 'output www.example.com'], ['example.com', 'output example.com'], ['example.com', 'output example.com']]);
});

it('a hook that fails stops before the CA is asked, and says what it said; what was placed is cleaned up (T08)', async () => {
  const log = join(folder, 'log');
  const options = { manual_auth_hook: 'test $CERTBOT_DOMAIN != b.example.com || { printf "no such zone\\nreally\\n" >&2; exit 7; }', manual_cleanup_hook: `echo $CERTBOT_DOMAIN >> ${log}` };
  const tasks = ['a', 'b', 'c'].map((label) => dns(`${label}.example.com`, label === 'b'));
  const at = context({ options });
  const error: unknown = await manual.present(tasks, at).then(() => null, (reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'hook', names: ['*.b.example.com'], message: `The manual-auth-hook for b.example.com reported error code 7: ${options.manual_auth_hook}\n  no such zone\n  really` });
  await manual.cleanUp(tasks, at);
  // The third was never asked; the failed one may have placed something.
  expect(readFileSync(log, 'utf8')).toBe('a.example.com\nb.example.com\n');
  expect(at.seen.hooks.map(({ exitCode }) => exitCode)).toEqual([0, 7, 0, 0]);
  const old = context({ options, selfCheck: false });
  await manual.present(tasks, old);
  expect(old.seen.hooks.map(({ exitCode }) => exitCode)).toEqual([0, 7, 0]);
});

it('a hook that takes too long is ended and counts as failed (--hook-timeout)', async () => {
  const at = context({ options: { manual_auth_hook: 'sleep 20' }, hookTimeoutMs: 150 });
  await expect(manual.present([task('example.com')], at)).rejects.toThrow('reported error code 137');
  expect(at.seen.hooks[0]?.stderr).toContain('stopped after 0.15 s');
});

it('a hook that is not there is refused before anything is done (F56)', () => {
  expect(() => manual.check?.(context({ options: { manual_auth_hook: '/nonexistent/hook --x' } }))).toThrow('Unable to find manual-auth-hook command /nonexistent/hook in the PATH');
  manual.check?.(context({ validateHooks: false, options: { manual_auth_hook: '/nonexistent/hook' } }));
});

it('without a hook a person is asked once for everything; without a person it is certbot’s error', async () => {
  const at = context();
  const tasks = [task('a.example.com'), task('b.example.com')];
  await manual.present(tasks, at);
  expect(at.seen.instructed).toEqual([tasks]);
  expect(() => manual.check?.(context({ noninteractive: true }))).toThrow('An authentication script must be provided with --manual-auth-hook when using the manual plugin non-interactively.');
});

it('after Ctrl-C no further hook starts, and only what was begun is cleaned up', async () => {
  const log = join(folder, 'log');
  const cancel = new AbortController();
  const at = context({ options: { manual_auth_hook: `echo auth $CERTBOT_DOMAIN >> ${log}; sleep 100`, manual_cleanup_hook: `echo cleanup $CERTBOT_DOMAIN >> ${log}` }, signal: cancel.signal });
  const tasks = [task('a.example.com'), task('b.example.com')];
  const presenting = manual.present(tasks, at);
  await vi.waitFor(() => expect(readFileSync(log, 'utf8')).toBe('auth a.example.com\n'), { timeout: 20_000 });
  cancel.abort();
  await expect(presenting).rejects.toThrow('Exiting due to user request.');
  await manual.cleanUp(tasks, at);
  await manual.cleanUp(tasks, at);
  expect(readFileSync(log, 'utf8')).toBe('auth a.example.com\ncleanup a.example.com\n');
});

it('an address is told to hooks as a name is', async () => {
  const at = context({ options: { manual_auth_hook: 'echo $CERTBOT_DOMAIN $CERTBOT_IDENTIFIER $CERTBOT_ALL_DOMAINS' } });
  await manual.present([task('192.0.2.1', { identifier: { type: 'ip', value: '192.0.2.1', shown: '192.0.2.1' } })], at);
  expect(at.seen.hooks[0]?.stdout).toBe('192.0.2.1 192.0.2.1 192.0.2.1\n');
});

it('a hook that is there but may not be run is told apart from one that is missing', () => {
  const path = join(folder, 'hook.sh');
  writeFileSync(path, '#!/bin/sh\n', { mode: 0o644 });
  expect(() => manual.check?.(context({ options: { manual_auth_hook: `${path} --x` } }))).toThrow(`manual-auth-hook command ${path} exists, but is not executable.`);
});
