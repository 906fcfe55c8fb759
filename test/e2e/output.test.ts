import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makePlace, top, type Ended, type Place } from './certwright.js';

let place: Place;
beforeAll(() => {
  place = makePlace();
});
afterAll(() => place.remove());

const run = (...args: string[]): Promise<Ended> => place.certwright([...args, '--sandbox']);
const obtain = ['certonly', '-n', '--agree-tos', '--standalone', '-d'];

/** The fields of each event as docs/json-events.md names them: everything in backticks in its row. */
const documented = new Map(
  readFileSync(join(top, 'docs/json-events.md'), 'utf8')
    .split('\n')
    .flatMap((line): [string, Set<string>][] => {
      const row = /^\| `([a-z-]+)` \| (.*) \|$/.exec(line);
      return row ? [[row[1] ?? '', new Set([...(row[2] ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''))]] : [];
    }),
);
const ALWAYS = new Set(['schema', 'time', 'type']);

function events({ stdout }: Ended): { type: string }[] {
  return stdout.trim().split('\n').map((line) => JSON.parse(line) as { type: string });
}

it('N23: --json prints objects only, one a line, each field of which is documented', async () => {
  const seen = new Set<string>();
  const calls: (readonly [string[], number])[] = [
    [[...obtain, 'json.example.com'], 0],
    [[...obtain, 'json.example.com'], 0],
    [[...obtain, 'plan.example.com', '--plan'], 0],
    [[...obtain, 'dry.example.com', '--dry-run'], 0],
    [['certificates'], 0],
    [['renew', '--no-random-sleep-on-renew', '--force-renewal', '--deploy-hook', 'echo hook'], 0],
    [['renew', '--no-random-sleep-on-renew'], 0],
    [['show_account'], 0],
    [['plugins'], 0],
    [['certonly', '-n', '--webroot', '-w', '/nonexistent', '-d', 'bad.example.com'], 1],
    [['delete', '-n', '--cert-name', 'nobody'], 1],
    [['delete', '-n', '--cert-name', 'json.example.com'], 0],
  ];
  for (const [args, code] of calls) {
    const ended = await run(...args, '--json');
    expect(ended.code, `${args.join(' ')}\n${ended.stdout}${ended.stderr}`).toBe(code);
    for (const event of events(ended)) {
      expect(event).toMatchObject({ schema: 1, time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string });
      const fields = documented.get(event.type);
      expect(fields, `${event.type} is not in docs/json-events.md`).toBeDefined();
      for (const field of Object.keys(event)) if (!ALWAYS.has(field)) expect(fields, `${event.type}.${field} is not in docs/json-events.md`).toContain(field);
      seen.add(event.type);
    }
    if (code !== 0) expect(events(ended).at(-1)?.type).toBe('failed');
  }
  expect([...seen]).toEqual(expect.arrayContaining(['log-file', 'acme', 'order-created', 'name', 'stage', 'saved', 'kept', 'plan', 'dry-run-passed', 'certificates', 'renewals', 'hook', 'result', 'failed']));
});

it('every event that exists has a row in the documentation', () => {
  const source = readFileSync(join(top, 'src/core/events.ts'), 'utf8');
  const types = [...source.matchAll(/^ {2}\| \{ type: '([a-z-]+)'/gm)].map((match) => match[1]);
  expect(types.length).toBeGreaterThan(15);
  for (const type of types) expect([...documented.keys()]).toContain(type);
});

it('-v, -vv and -vvv add to stderr and the log, never to stdout; -q leaves errors only (S93, C29, C30)', async () => {
  expect((await run(...obtain, 'loud.example.com')).code).toBe(0);
  const commands = [['certificates'], ['renew', '--no-random-sleep-on-renew'], [...obtain, 'loud.example.com', '--keep-until-expiring']];
  for (const command of commands) {
    const plain = await run(...command);
    let said = plain.stderr.length;
    for (const verbose of ['-v', '-vv', '-vvv']) {
      const more = await run(...command, verbose);
      expect(more.stdout).toBe(plain.stdout);
      expect(more.stderr.length).toBeGreaterThanOrEqual(said);
      said = more.stderr.length;
    }
    const quiet = await run(...command, '-q');
    expect([quiet.code, quiet.stdout, quiet.stderr]).toEqual([0, '', '']);
  }
  writeFileSync(join(place.folder, 'config/renewal/broken.conf'), 'nonsense\n');
  const failing = await run('renew', '-q', '--no-random-sleep-on-renew');
  expect(failing.code).toBe(1);
  expect(failing.stdout).toBe('');
  expect(failing.stderr).toContain('1 parse failure(s)');
});

it.each([
  [0, ['--version']],
  [0, ['--help']],
  [0, ['certificates']],
  [1, ['delete', '-n', '--cert-name', 'nobody']],
  [1, ['renew', '--cert-name', 'nobody']],
  [1, ['revoke', '-n']],
  [2, ['--nonsense']],
  [2, ['certonly', '--key-type', 'dsa']],
  [2, ['certonly', '--rsa-key-size', '1024', '-n']],
  [2, ['completion', 'tcsh']],
] as const)('2.3: exit %i of %j', async (code, args) => {
  const ended = await run(...args);
  expect(ended.code, ended.stderr).toBe(code);
  expect(ended.stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
});
