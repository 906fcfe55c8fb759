import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { Cancelled, MissingFlag, StoreError } from '../../src/core/errors.js';
import type { Event } from '../../src/core/events.js';
import { back, type Interaction } from '../../src/core/interaction.js';
import { flagsOnly } from '../../src/ui/flags-only.js';
import { jsonPrinter } from '../../src/ui/json.js';
import { linePrinter } from '../../src/ui/lines.js';
import { plainInteraction } from '../../src/ui/plain.js';
import { choice, folders, names, secret, text } from './questions-for-tests.js';

const faces: Interaction[] = [];
afterEach(async () => {
  for (const face of faces.splice(0)) await face.close();
});

/** Plain lines over pipes: what is typed, and all that was printed. */
function plain(typed: string) {
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  let printed = '';
  stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  let cancelled = 0;
  const face = plainInteraction({ stdin: stdin as unknown as NodeJS.ReadStream, stdout: stdout as unknown as NodeJS.WriteStream }, () => undefined, () => (cancelled += 1));
  stdin.write(typed);
  faces.push(face);
  return { face, stdin, printed: () => printed, cancelled: () => cancelled };
}
const at = { canGoBack: true, trail: [] };

describe('plain lines', () => {
  it('a choice by its number, Enter for the recommended, b for back, ? for why, what cannot be is said', async () => {
    expect(await plain('3\n').face.ask(choice, at)).toBe('three');
    expect(await plain('\n').face.ask(choice, at)).toBe('one');
    expect(await plain('b\n').face.ask(choice, at)).toBe(back);
    const asked = plain('?\n2\n9\nx\n1\n');
    expect(await asked.face.ask(choice, at)).toBe('one');
    expect(asked.printed()).toContain(choice.why);
    expect(asked.printed()).toContain('Not now: port 80 is taken by nginx (pid 812).');
    expect(asked.printed()).toContain('Please answer with a number from 1 to 5.');
    expect(asked.printed()).not.toContain('\u001b');
  });
  it('names are checked, and the old answer is offered', async () => {
    const asked = plain('bad_name.example.com\na.example.com, b.example.com\n');
    expect(await asked.face.ask(names, at)).toEqual(['a.example.com', 'b.example.com']);
    expect(asked.printed()).toContain('bad_name.example.com contains an underscore');
    expect(await plain('\n').face.ask(names, { ...at, initial: ['old.example.com'] })).toEqual(['old.example.com']);
  });
  it('text, a secret, and a folder for each name', async () => {
    expect(await plain('nobody\nadmin@example.com\n').face.ask(text, at)).toBe('admin@example.com');
    expect(await plain('\nkey\n').face.ask(secret, at)).toBe('key');
    expect(await plain('/srv/a\n\n/srv/c\n').face.ask(folders, at)).toEqual({ 'example.com': '/srv/a', 'www.example.com': '/srv/a', 'api.example.com': '/srv/c' });
    expect(await plain('/srv/a\nb\n').face.ask(folders, at)).toBe(back);
  });
  it('the end of input is Ctrl-C', async () => {
    const asked = plain('');
    const answer = asked.face.ask(text, at);
    asked.stdin.end();
    await expect(answer).rejects.toBeInstanceOf(Cancelled);
  });
  it('trouble says what is safe first', async () => {
    const asked = plain('2\n');
    expect(await asked.face.recover(new StoreError('The disk is full.'), ['retry', 'quit'], { safe: 'Nothing was changed.' })).toBe('quit');
    expect(asked.printed().indexOf('Nothing was changed.')).toBeLessThan(asked.printed().indexOf('The disk is full.'));
  });
});

describe('flags only', () => {
  it('takes the safe answer, or names the flags', async () => {
    const face = flagsOnly(() => undefined, { consent: true });
    expect(await face.ask({ ...choice, unattended: 'three' }, at)).toBe('three');
    await expect(face.ask(choice, at)).rejects.toMatchObject({ flags: ['--flag'] });
    await expect(face.ask(choice, at)).rejects.toBeInstanceOf(MissingFlag);
    expect(await face.recover(new StoreError('x'), ['retry', 'quit'], { safe: '' })).toBe('quit');
  });
});

const saved: Event = { type: 'saved', lineage: 'example.com', version: 1, files: { cert: '/c', privkey: '/p', chain: '/h', fullchain: '/f' }, names: ['example.com'], notAfter: '2027-02-21T10:00:00.000Z', issuer: 'Sandbox E1', renewsByItself: true };

function linesOf(options: { quiet?: boolean; verbose?: number }, events: readonly Event[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const print = linePrinter({ stdout, stderr }, { quiet: false, verbose: 0, program: 'certwright', ...options });
  for (const event of events) print(event);
  const read = (stream: PassThrough) => (stream.read() as Buffer | null)?.toString() ?? '';
  return { out: read(stdout), err: read(stderr) };
}

describe('lines', () => {
  const events: Event[] = [
    { type: 'log-file', path: '/log' },
    { type: 'order-created', url: 'u', names: ['example.com'] },
    { type: 'hook', kind: 'pre-hook', command: 'x', exitCode: 3, stdout: 'hello\u001b[31m', stderr: '' },
    saved,
  ];
  it('results go to stdout, the rest to stderr, in words that scripts grep for', () => {
    const { out, err } = linesOf({}, events);
    expect(out).toContain('Successfully received certificate.\nCertificate is saved at: /f\n');
    expect(out).toContain('This certificate expires on 2027-02-21.');
    expect(err).toContain('Saving debug log to /log');
    expect(out).toContain("Hook 'pre-hook' ran with output:\n hello\n");
    expect(err).toContain("Hook 'pre-hook' reported error code 3");
    expect(`${out}${err}`).not.toContain('\u001b');
  });
  it('-v changes nothing on stdout; --quiet leaves only errors', () => {
    expect(linesOf({ verbose: 3 }, events).out).toBe(linesOf({}, events).out);
    const { out, err } = linesOf({ quiet: true }, [...events, { type: 'failed', code: 'store', message: 'The disk is full.' }]);
    expect(out).toBe('');
    expect(err).toBe("Hook 'pre-hook' reported error code 3\nThe disk is full.\nSee the log file /log or run it again with -v for more details.\n");
  });
  it('says when a certificate will not renew by itself (S20)', () => {
    expect(linesOf({}, [{ ...saved, renewsByItself: false }]).out).toContain('will not be renewed automatically');
  });
  it('what to do about failed renewals stands below the part that scripts know, each advice once; with -q it is all that is said', () => {
    const failed = (name: string, hint?: string) => ({ name, state: 'failed' as const, reason: 'No.', ...(hint === undefined ? {} : { hint }) });
    const renewals: Event = { type: 'renewals', dryRun: false, outcomes: [failed('a', 'Check it.\u001b[31m\nThen again.'), failed('b'), failed('c', 'Check it.\u001b[31m\nThen again.'), failed('d', 'Wait.')] };
    const advice = 'What to do:\n  a, c:\n    Check it.\n    Then again.\n  d:\n    Wait.\n';
    const frame = '- '.repeat(40).trimEnd();
    expect(linesOf({}, [renewals]).out).toBe(`\n${frame}\nAll renewals failed. The following certificates could not be renewed:\n  a (failure): No.\n  b (failure): No.\n  c (failure): No.\n  d (failure): No.\n${frame}\n${advice}`);
    expect(linesOf({ quiet: true }, [renewals])).toEqual({ out: '', err: advice });
  });
  it('--json prints each event as one object a line', () => {
    const stdout = new PassThrough();
    const print = jsonPrinter(stdout, () => new Date(0));
    for (const event of events) print(event);
    const lines = (stdout.read() as Buffer).toString().trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toHaveLength(4);
    expect(lines[3]).toEqual({ schema: 1, time: '1970-01-01T00:00:00.000Z', ...saved });
  });
});

it('a new version is saved without a word on how servers are pointed to it: they are; a second order of a rehearsal is none to tell', () => {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const print = linePrinter({ stdout, stderr }, { quiet: false, verbose: 0, program: 'certwright' });
  const savedAs = (version: number): Event => ({ type: 'saved', lineage: 'a', version, files: { cert: '/c', privkey: '/k', chain: '/h', fullchain: '/f' }, names: ['a.example'], notAfter: '2027-01-01T00:00:00Z', issuer: 'X', renewsByItself: true });
  print(savedAs(2));
  const again = String(stdout.read());
  expect(again).toContain('Certificate is saved at: /f');
  expect(again).not.toContain('Point your server');
  print(savedAs(1));
  expect(String(stdout.read())).toContain('Point your server');
  for (const more of [{}, { again: true }]) print({ type: 'order-created', url: 'https://ca.example/o', names: ['a.example'], ...more });
  expect(String(stderr.read()).match(/Requesting a certificate/g)).toHaveLength(1);
});
