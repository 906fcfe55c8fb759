import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { binary, makePlace, runProgram, type Place } from '../e2e/certwright.js';
import { freePorts, startPebble } from '../e2e/pebble.js';
import { ESC, keys, open, type Screen } from './terminal.js';

const { down, enter, ctrlC } = keys;
const REVIEW = 'Nothing has been changed yet';

let place: Place;
let port: number;
let screens: Screen[];
beforeEach(async () => {
  place = makePlace();
  [port = 0] = await freePorts(1);
  screens = [];
});
afterEach(() => {
  for (const screen of screens) screen.kill();
  place.remove();
});

function start(args: readonly string[], options: Parameters<typeof open>[1] = {}): Screen {
  const screen = open([...args, '--sandbox', '--sandbox-port', String(port), ...place.directories], { ...options, env: { HOME: place.folder, ...options.env } });
  screens.push(screen);
  return screen;
}

/** The terminal as the shell wants it back: cursor visible, no bracketed paste. */
function restored(screen: Screen): void {
  const raw = screen.raw();
  expect(raw.lastIndexOf(`${ESC}[?25h`), 'the cursor is shown again').toBeGreaterThanOrEqual(raw.lastIndexOf(`${ESC}[?25l`));
  expect(raw.lastIndexOf(`${ESC}[?2004l`), 'pastes are plain again').toBeGreaterThanOrEqual(raw.lastIndexOf(`${ESC}[?2004h`));
}

const QUICK = ['certonly', '--agree-tos', '--register-unsafely-without-email'];

it('Ctrl-C at any screen leaves at once, with nothing half done and the terminal restored', async () => {
  for (const seen of ['What would you like to do?', 'Which names', 'proved yours?']) {
    const screen = start([]);
    await screen.see('What would you like to do?');
    if (seen !== 'What would you like to do?') screen.type(enter);
    if (seen === 'proved yours?') {
      await screen.see('Which names');
      screen.type(`example.com${enter}`);
    }
    await screen.see(seen);
    screen.type(ctrlC);
    expect(await screen.exited).toBe(1);
    restored(screen);
    expect(screen.all()).not.toMatch(/^\s+at /m);
    expect(existsSync(join(place.folder, 'config/live'))).toBe(false);
  }
});

it('`?` explains why it is asked, and any key leads back', async () => {
  const screen = start([]);
  await screen.see('What would you like to do?');
  screen.type('?');
  await screen.see('Getting a certificate only changes no');
  screen.type(ESC);
  await screen.see('Get a certificate');
});

it('keys that arrive in one chunk are all used', async () => {
  const screen = start(QUICK);
  await screen.see('Which names');
  screen.type(`example.com${enter}`);
  await screen.see('proved yours?');
  screen.type(`${down}${down}${enter}`);
  await screen.see(/Proof\s+By hand|manual/);
});

it('U05: names of a certificate are ticked off and typed; Esc loses nothing; the review shows + and - and the command', async () => {
  const flags = ['--sandbox', '--sandbox-port', String(port), ...place.directories];
  const { code, stderr } = await runProgram(process.execPath, [binary, ...QUICK, '--standalone', '-n', '-d', 'example.com,old.example.com', ...flags], { env: { HOME: place.folder } });
  expect(code, stderr).toBe(0);
  const screen = start([], { columns: 60, rows: 20 });
  await screen.see('What would you like to do?');
  screen.type(`${down}${enter}`);
  await screen.see('Which names should the certificate example.com have?');
  screen.type(`${keys.up} new.example.com`);
  await screen.see('- old.example.com');
  screen.type(ESC);
  await screen.see('What would you like to do?');
  screen.type(enter);
  await screen.see('[ ] old.example.com');
  expect(await screen.see('+ new.example.com')).toContain('- old.example.com');
  screen.type(enter);
  await screen.see(REVIEW);
  await screen.see(/Taken out +- old\.example\.com/);
  screen.type(keys.down.repeat(12));
  await screen.see(/--remove-domain[ \n]+old\.example\.com/);
  screen.type(enter);
  expect(await screen.exited, screen.all()).toBe(0);
  expect(readdirSync(join(place.folder, 'config/archive/example.com'))).toContain('cert2.pem');
});

it('pasted lists are taken whole: commas, spaces, lines', async () => {
  const screen = start([...QUICK, '--standalone']);
  await screen.see('Which names');
  screen.type(`${ESC}[200~a.example.com, b.example.com\r\nc.example.com\nmünchen.example${ESC}[201~`);
  await screen.see('münchen.example');
  screen.type(enter);
  await screen.see(REVIEW);
  for (const name of ['a.example.com', 'b.example.com', 'c.example.com', 'münchen.example']) expect(screen.text()).toContain(name);
});

it('a name that cannot be is told while it is typed, and does not go through', async () => {
  const screen = start([...QUICK, '--standalone']);
  await screen.see('Which names');
  screen.type(`good.example.com, bad_name.example.com${enter}`);
  await screen.see(/bad_name\.example\.com.*\S/);
  expect(screen.text()).not.toContain(REVIEW);
  expect(screen.text()).toContain('Which names');
});

it('DNS records by hand: all on one screen, watched, and it goes on by itself', async () => {
  const screen = start([...QUICK, '--manual', '--preferred-challenges', 'dns']);
  await screen.see('Which names');
  screen.type(`example.net, *.example.net${enter}`);
  await screen.see(REVIEW);
  screen.type(enter);
  await screen.see('_acme-challenge');
  await screen.see(/not yet/);
  expect(screen.text()).toMatch(/TXT/);
  expect(screen.text()).toMatch(/keep both|both/i);
  expect(await screen.exited, screen.all()).toBe(0);
  expect(readdirSync(join(place.folder, 'config/live'))).toContain('example.net');
});

it('a value is copied by one key (OSC 52), and Ctrl-C leaves nothing behind but the open order', async () => {
  const screen = start([...QUICK, '--manual', '--preferred-challenges', 'dns', '-d', 'one.example.net', '--key-type', 'ecdsa']);
  await Promise.race([screen.see('_acme-challenge'), screen.see(REVIEW).then(() => screen.type(enter))]);
  await screen.see('_acme-challenge');
  screen.type('1');
  await expect.poll(() => screen.raw()).toContain(`${ESC}]52;c;`);
  screen.type(ctrlC);
  expect(await screen.exited).toBe(1);
  restored(screen);
});

it('N05: the window is closed while records are placed; resume shows the same values and finishes', async () => {
  const first = start([...QUICK, '--manual', '-d', 'later.example.net']);
  await first.see('Where can you place the answer?');
  first.type(`${down}${enter}`);
  await first.see(REVIEW);
  first.type(enter);
  const value = /1 {6}(\S{43})/.exec(await first.see('certwright resume'))?.[1] ?? 'no value';
  first.kill();
  await first.exited;
  const again = start(['resume']);
  expect(await again.see('_acme-challenge')).toContain(value);
  expect(await again.exited, again.all()).toBe(0);
  expect(readdirSync(join(place.folder, 'config/live'))).toContain('later.example.net');
});

it('a plan for a real CA can be rehearsed on the sandbox first: nothing real is asked or written', async () => {
  const pebble = await startPebble({ env: { PEBBLE_VA_NOSLEEP: '1' } });
  try {
    const screen = open(['certonly', '--standalone', '--agree-tos', '-m', 'a@example.com', '--server', pebble.directoryUrl, '--http-01-port', String(pebble.httpPort), ...place.directories], { env: { HOME: place.folder, REQUESTS_CA_BUNDLE: pebble.caPath } });
    screens.push(screen);
    await screen.see('Which names');
    screen.type(`example.com${enter}`);
    await screen.see(REVIEW);
    const before = pebble.requests().length;
    screen.type(`${keys.right}${enter}`);
    await screen.see('The rehearsal worked');
    await screen.see(REVIEW);
    expect(pebble.requests().length).toBe(before);
    expect(existsSync(join(place.folder, 'config/live'))).toBe(false);
    screen.type(enter);
    expect(await screen.exited, screen.all()).toBe(0);
    expect(readdirSync(join(place.folder, 'config/live'))).toContain('example.com');
  } finally {
    await pebble.stop();
  }
});

it('files by hand: path, content and lines to paste', async () => {
  const screen = start([...QUICK, '--manual', '--preferred-challenges', 'http', '-d', 'file.example.net'], { rows: 30 });
  await screen.see('.well-known/acme-challenge/');
  expect(await screen.exited, screen.all()).toBe(0);
});

it('trouble: what is safe comes first, then each name, the likely cause, and what to press; trying again works', async () => {
  const screen = start([...QUICK, '--standalone', '--sandbox-faults', 'expireAuthz']);
  await screen.see('Which names');
  screen.type(`example.com${enter}`);
  await screen.see(REVIEW);
  screen.type(enter);
  await screen.see('Nothing was changed');
  expect(screen.text()).toContain('example.com');
  expect(screen.text()).toMatch(/again/i);
  screen.type(enter);
  await screen.gone('Nothing was changed');
  await screen.see('Nothing was changed');
  // Trying again takes the account that the first try made.
  expect(readdirSync(join(place.folder, 'config/accounts'), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('regr.json'))).toHaveLength(1);
  screen.type(`${down}${down}${enter}`);
  expect(await screen.exited).toBe(1);
  restored(screen);
});

it.each([
  [60, 16],
  [80, 24],
  [200, 50],
])('%dx%d: every screen fits, and a resize in the middle leaves a whole screen', async (columns, rows) => {
  const screen = start([], { columns, rows });
  await screen.see('What would you like to do?');
  screen.type(enter);
  await screen.see('Which names');
  screen.type('example.com, www.example.com, api.example.com, a-rather-long-name.department.example.com');
  screen.resize(60, 16);
  await screen.see('Which names');
  screen.resize(columns, rows);
  screen.type(enter);
  await screen.see('proved yours?');
  expect(screen.text()).toMatch(/Ctrl-C/);
  screen.type(enter);
  await screen.see('Which e-mail');
  screen.type(enter);
  await screen.see('Do you agree');
  screen.type(enter);
  await screen.see(REVIEW);
  expect(screen.text()).toMatch(/Do it/);
  screen.type(enter);
  expect(await screen.exited, screen.all()).toBe(0);
});

it('NO_COLOR: no colour at all; without UTF-8: ASCII only', async () => {
  const screen = start(QUICK, { env: { NO_COLOR: '1', LANG: 'C', LC_ALL: 'C' } });
  await screen.see('Which names');
  screen.type(`example.com${enter}`);
  await screen.see('proved yours?');
  expect(screen.raw()).not.toMatch(new RegExp(`${ESC}\\[[0-9;]*(3[0-7]|9[0-7]|38|48)[0-9;]*m`));
  expect(screen.text()).toMatch(/^[\u0000-\u007f]*$/);
});

it('--plain and TERM=dumb: the same questions as lines, without control sequences', async () => {
  for (const [args, env] of [[['--plain'], {}], [[], { TERM: 'dumb' }]] as const) {
    const screen = start([...QUICK, ...args], { env, rows: 60 });
    await screen.see('Which names');
    screen.type('bad_name.example.com\r');
    await screen.see(/bad_name\.example\.com/);
    screen.type('plain.example.com\r');
    await screen.see('proved yours?');
    screen.type('b\r');
    await screen.see(/Which names[\s\S]*proved yours\?[\s\S]*Which names/);
    screen.type('plain.example.com\r');
    await screen.see(/Which names[\s\S]*Which names[\s\S]*proved yours\?/);
    screen.type('\r');
    await screen.see(REVIEW);
    expect(screen.raw()).not.toContain(`${ESC}[`);
    screen.type('\u0003');
    expect(await screen.exited).toBe(1);
  }
});

it('--no-motion: nothing spins', async () => {
  const screen = start([...QUICK, '--standalone', '--no-motion', '--sandbox-faults', 'latency=300ms']);
  await screen.see('Which names');
  screen.type(`still.example.com${enter}`);
  await screen.see(REVIEW);
  screen.type(enter);
  expect(await screen.exited).toBe(0);
  expect(screen.raw()).not.toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
});

it('without a terminal Ink never starts: flags answer, or the missing one is named', async () => {
  const { code, stdout, stderr } = await runProgram(process.execPath, [binary, 'certonly', '--sandbox', '--sandbox-port', String(port), ...place.directories], { env: { HOME: place.folder } });
  expect(code).toBe(1);
  expect(stderr).toContain('-d');
  expect(`${stdout}${stderr}`).not.toContain(ESC);
});
