import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createExternalAuthenticator } from '../../../src/plugins/external-auth/authenticator.js';
import { openJsonLines } from '../../../src/plugins/external-auth/json-lines.js';
import { context, task } from '../context.js';

const dns = (value: string) => task(value, { type: 'dns-01', recordName: `_acme-challenge.${value}` });
const piped = () => {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  const lines = openJsonLines({ stdin, stdout });
  return { stdin, told: (): string => String(stdout.read() ?? ''), out: createExternalAuthenticator(() => lines, () => false) };
};

it('an input that ends without an answer is an error, and what was told is cleaned up', async () => {
  const { stdin, told, out } = piped();
  const tasks = [dns('a.example.com'), task('b.example.com')];
  // Both newlines come at once, only one of them is for a.
  stdin.write('\n');
  stdin.end();
  await expect(out.present(tasks, context())).rejects.toThrow('Standard input ended before a newline said');
  await out.cleanUp(tasks, context());
  const lines = told().trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map(({ cmd, domain }) => [cmd, domain])).toEqual([['perform_challenge', 'a.example.com'], ['perform_challenge', 'b.example.com'], ['cleanup', 'a.example.com'], ['cleanup', 'b.example.com']]);
  expect(lines[1]).toEqual({ cmd: 'perform_challenge', type: 'http-01', domain: 'b.example.com', token: 'token-b-example-com', validation: 'ka-b.example.com', key_auth: 'ka-b.example.com', uri: 'http://b.example.com/.well-known/acme-challenge/token-b-example-com' });
  expect(lines[2]).toMatchObject({ status: null, validated: null, error: null });
});

it('Ctrl-C ends the waiting for an answer', async () => {
  const { out } = piped();
  const cancel = new AbortController();
  const waiting = out.present([dns('a.example.com')], context({ signal: cancel.signal }));
  cancel.abort();
  await expect(waiting).rejects.toThrow('Exiting due to user request.');
});

it('a person at a terminal, or --out-text-mode, is shown what to place', async () => {
  const tasks = [dns('a.example.com')];
  const seen = context();
  await createExternalAuthenticator(undefined, () => true).present(tasks, seen);
  const text = context({ options: { out_text_mode: true } });
  await createExternalAuthenticator(undefined, () => false).present(tasks, text);
  expect([seen.seen.instructed, text.seen.instructed]).toEqual([[tasks], [tasks]]);
});

it('a handler that fails stops before the CA is asked, unless it prints NotImplemented', async () => {
  const { out } = piped();
  const options = { out_handler: `sh -c 'case $1 in perform) echo no such zone >&2; exit 4;; *) echo NotImplemented; exit 1;; esac' handler` };
  const at = context({ options });
  await expect(out.present([dns('a.example.com')], at)).rejects.toMatchObject({ code: 'hook', names: ['a.example.com'], message: expect.stringMatching(/^The handler ended with 4: .* perform \(a\.example\.com\)\n {2}no such zone$/) });
  expect(at.seen.hooks.map(({ exitCode }) => exitCode)).toEqual([1, 4]);
  await out.cleanUp([dns('a.example.com')], at);
  expect(at.seen.hooks).toHaveLength(2);
});

it('a handler that is not there is refused before anything is done, and so is -n without one', () => {
  const { out } = piped();
  expect(() => out.check?.(context({ options: { out_handler: '/nonexistent/program' } }))).toThrow('Unable to find out-handler command /nonexistent/program in the PATH');
  expect(() => out.check?.(context({ noninteractive: true }))).toThrow('Without --out-handler nobody answers in a non-interactive run.');
  out.check?.(context({ noninteractive: true, options: { out_test_mode: true } }));
});
