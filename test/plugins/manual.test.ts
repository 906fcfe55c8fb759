import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
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
    identifiers: ['example.com', '*.example.com', 'www.example.com'].map((value) => ({ type: 'dns', value, shown: value })),
  });
  const tasks = [task('www.example.com'), dns('example.com'), dns('example.com', true)];
  await manual.prepare(at);
  await manual.present(tasks, at);
  await manual.cleanUp(tasks, at);
  const [http = '', first = '', second = '', cleanups = ''] = readFileSync(log, 'utf8').split('---\n');
  const all = 'CERTBOT_ALL_DOMAINS=example.com,*.example.com,www.example.com\nCERTBOT_ALL_IDENTIFIERS=example.com,*.example.com,www.example.com\n';
  expect(http).toBe(`${all}CERTBOT_DOMAIN=www.example.com\nCERTBOT_IDENTIFIER=www.example.com\nCERTBOT_REMAINING_CHALLENGES=2\nCERTBOT_TOKEN=token-www-example-com\nCERTBOT_VALIDATION=ka-www.example.com\n`);
  expect(first).toBe(`${all}CERTBOT_DOMAIN=example.com\nCERTBOT_IDENTIFIER=example.com\nCERTBOT_REMAINING_CHALLENGES=1\nCERTBOT_VALIDATION=ka-example.com\n`);
  expect(second).toContain('CERTBOT_REMAINING_CHALLENGES=0');
  expect(cleanups).toBe('cleanup www.example.com [output www.example.com]\ncleanup example.com [output example.com]\ncleanup example.com [output example.com]\n');
  expect(at.seen.hooks.filter(({ hook }) => hook === 'manual-auth-hook').map(({ stdout }) => stdout.trim())).toEqual(['output www.example.com', 'output example.com', 'output example.com']);
});

it('a hook that fails is told; a hook that is not there is refused before anything is ordered (F56)', async () => {
  const at = context({ options: { manual_auth_hook: 'echo no >&2; exit 7' } });
  await manual.present([task('example.com')], at);
  expect(at.seen.hooks).toMatchObject([{ exitCode: 7 }]);
  expect(() => manual.prepare(context({ options: { manual_auth_hook: '/nonexistent/hook --x' } }))).toThrow('Unable to find manual-auth-hook command /nonexistent/hook in the PATH');
  await manual.prepare(context({ validateHooks: false, options: { manual_auth_hook: '/nonexistent/hook' } }));
});

it('without a hook a person is asked once for everything; without a person it is certbot’s error', async () => {
  const at = context();
  const tasks = [task('a.example.com'), task('b.example.com')];
  await manual.present(tasks, at);
  expect(at.seen.instructed).toEqual([tasks]);
  expect(() => manual.prepare(context({ noninteractive: true }))).toThrow('An authentication script must be provided with --manual-auth-hook when using the manual plugin non-interactively.');
});
