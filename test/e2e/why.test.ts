import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keys, open } from '../pty/terminal.js';
import { makePlace, type Place } from './certwright.js';

let place: Place;
beforeAll(async () => {
  place = makePlace();
  for (const name of ['one.example.com', 'two.example.com']) {
    const { code, stderr } = await place.certwright(['certonly', '--sandbox', '-n', '--agree-tos', '--standalone', '-d', name, '--deploy-hook', 'true']);
    expect(code, stderr).toBe(0);
  }
});
afterAll(() => place.remove());

it('N24: why NAME says when, why, by whom and with which options; --json the same as data; nothing is changed', async () => {
  const path = join(place.folder, 'config/renewal/one.example.com.conf');
  const before = readFileSync(path, 'utf8');
  const { code, stdout } = await place.certwright(['why', 'one.example.com', '--sandbox', '--key-type', 'rsa']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^one\.example\.com: one\.example\.com\n/);
  expect(stdout).toMatch(/It will be renewed at the first `renew` after \d{4}-\d\d-\d\d \d\d:\d\d/);
  expect(stdout).toContain('key_type = rsa   (this command line)');
  expect(stdout).toContain('authenticator = standalone   (its renewal file)');
  expect(stdout).toMatch(/After each\s+true\n/);
  const json = await place.certwright(['why', '--cert-name', 'one.example.com', '--sandbox', '--json']);
  const event = json.stdout.trim().split('\n').map((line) => JSON.parse(line) as { type: string; now?: unknown; next?: { at: number } }).find(({ type }) => type === 'why');
  expect(event?.now).toBeNull();
  expect(event?.next?.at).toBeGreaterThan(Date.now());
  expect(readFileSync(path, 'utf8')).toBe(before);
});

it('which one, when there are several and nobody can be asked; a broken one says what is wrong with it', async () => {
  expect((await place.certwright(['why', '-n', '--sandbox'])).stderr).toContain('Which certificate?');
  writeFileSync(join(place.folder, 'config/renewal/two.example.com.conf'), 'archive_dir = /x\n');
  const { code, stderr } = await place.certwright(['why', 'two.example.com', '--sandbox']);
  expect(code).toBe(1);
  expect(stderr).toContain('is missing a required file reference: cert');
});

it('N25: renew --forecast shows the renewals to come, and does nothing', async () => {
  const before = readFileSync(join(place.folder, 'config/renewal/one.example.com.conf'), 'utf8');
  const { code, stdout } = await place.certwright(['renew', '--forecast', '200d', '--sandbox']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\d+ renewals? within 200 days:\n {2}\d{4}-\d\d-\d\d {6}1 {2}one\.example\.com {3}1 deploy hook\n/);
  expect(stdout).toContain('in seven days');
  expect(stdout).toContain('Cannot be read: ');
  expect(readFileSync(join(place.folder, 'config/renewal/one.example.com.conf'), 'utf8')).toBe(before);
  expect((await place.certwright(['renew', '--forecast', 'soon', '--sandbox'])).code).toBe(2);
});

it('the first screen of the wizard leads there', async () => {
  const screen = open([...place.sandbox, ...place.directories], { env: { HOME: place.folder } });
  try {
    await screen.see('What would you like to do?');
    // Where it stands among the tasks is not what this is about.
    for (let downs = 0; downs < 10 && !/❯ See when and why a certificate is renewed/.test(screen.text()); downs += 1) {
      const before = screen.text();
      screen.type(keys.down);
      await screen.gone(before);
    }
    screen.type(keys.enter);
    expect(await screen.exited).toBe(0);
    expect(screen.all()).toContain('It will be renewed at the first `renew` after');
  } finally {
    screen.kill();
  }
});
