import { expect, it } from 'vitest';
import { digestOf, digestText, isWanted, type RunFacts } from '../../src/core/decide/digest.js';
import { notifyProblem, notifyTarget, targetLabel } from '../../src/core/decide/notify-target.js';

const run = (more: Partial<RunFacts>): RunFacts => ({ program: 'certwright', host: 'box', now: Date.UTC(2026, 10, 23), command: 'renew', rehearsal: false, outcomes: [], post: [], log: '/var/log/letsencrypt/letsencrypt.log', ...more });
const fine = { name: 'fine.example.com', state: 'renewed' as const, notAfter: '2026-12-01T00:00:00.000Z' };
const idle = { name: 'idle.example.com', state: 'not-due' as const };

it('one digest says what failed, why, and how long there is', () => {
  const failed = { name: 'bad.example.com', state: 'failed' as const, reason: 'Some challenges have failed.\nbad.example.com: \u001b[31mno\u001b[0m answer', hint: 'Look at it.', notAfter: '2026-11-30T12:00:00.000Z' };
  const digest = digestOf(run({ outcomes: [fine, idle, failed, { name: '/etc/x.conf', state: 'unreadable', reason: 'nonsense' }] }));
  expect(digest).toMatchObject({ schema: 1, result: 'failure', summary: '2 of 4 certificates could not be renewed on box', certificates: [{}, {}, { name: 'bad.example.com' }, {}] });
  const text = digestText(digest);
  expect(text).toContain('Not renewed\n  bad.example.com: its certificate is valid until 2026-11-30, 7 more days\n    Some challenges have failed.\n    bad.example.com: no answer\n    Look at it.\n');
  expect(text).toContain('Renewal files that cannot be used\n  /etc/x.conf\n    nonsense\n');
  expect(text).toContain('Renewed\n  fine.example.com\n\n1 certificate was not due.\n');
});

it('a hook that failed is a failure, of a run that ended early too; renewals and quiet runs are told apart', () => {
  const deploys = [{ command: 'reload', state: 'failed' as const, exitCode: 3, since: '' }, { command: 'other', state: 'done' as const, exitCode: 0, since: '' }];
  const hooks = digestOf(run({ outcomes: [{ ...fine, deploys }], post: [{ command: 'start', exitCode: 0 }, { command: 'tell', exitCode: 1 }] }));
  expect(hooks).toMatchObject({ result: 'failure', summary: '2 hooks failed on box; 1 certificate was renewed', failedHooks: [{ kind: 'deploy-hook', command: 'reload', exitCode: 3, certificate: 'fine.example.com' }, { kind: 'post-hook', command: 'tell', exitCode: 1 }] });
  expect(digestText(hooks)).toContain('  deploy-hook of fine.example.com: error code 3: reload (every renew tries again)\n  post-hook: error code 1: tell\n');
  expect(digestOf(run({ outcomes: [idle], reason: 'disk full' }))).toMatchObject({ result: 'failure', summary: 'renew ended early on box' });
  expect(digestOf(run({ outcomes: [fine, idle], rehearsal: true }))).toMatchObject({ result: 'renewal', summary: 'Rehearsal: 1 certificate was renewed on box' });
  expect(digestOf(run({ outcomes: [idle] }))).toMatchObject({ result: 'nothing', summary: 'No certificate was due on box' });
  expect((['failure', 'renewal', 'always'] as const).map((level) => (['failure', 'renewal', 'nothing'] as const).map((result) => isWanted(result, level)))).toEqual([[true, false, false], [true, true, false], [true, true, true]]);
});

it('what could not be installed is a failure, with its reason; what could be late is none', () => {
  const install = { installer: 'out', state: 'failed' as const, since: '2026-11-22T00:00:00.000Z', reason: 'no way in' };
  const digest = digestOf(run({ outcomes: [{ ...fine, install }, idle] }));
  expect(digest).toMatchObject({ result: 'failure', summary: '1 certificate was renewed and could not be installed on box' });
  expect(digestText(digest)).toContain('Not installed\n  fine.example.com: out (every renew tries again)\n    no way in\n');
  expect(digestOf(run({ outcomes: [{ ...idle, install: { ...install, state: 'done' } }] })).result).toBe('nothing');
});

it('targets: mail, https, http to this machine, exec; anything else is refused with a reason', () => {
  for (const good of ['mail:root', 'mail:admin@example.com', 'https://hooks.example.com/T0/secret', 'http://127.0.0.1:8080/x', 'http://[::1]/', 'http://localhost/', 'exec:logger "$CERTWRIGHT_SUMMARY"', 'file:/etc/webhook']) expect(notifyProblem(good), good).toBeNull();
  for (const bad of ['', 'admin@example.com', 'mail:', 'mail:-oQ/tmp@x', 'mail:a@b\nBcc: c@d', 'http://example.com/', 'http://127.0.0.1.example.com/', 'ftp://x', 'exec: ']) expect(notifyProblem(bad), bad).not.toBeNull();
  const target = notifyTarget('https://hooks.example.com/T0/secret');
  expect('kind' in target && targetLabel(target)).toBe('https://hooks.example.com');
});
