import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keys, open, type Screen } from '../pty/terminal.js';
import { makePlace, type Ended, type Place } from './certwright.js';

let place: Place;
let screen: Screen | null;
beforeEach(async () => {
  place = makePlace();
  screen = null;
  for (const name of ['one', 'two', 'three']) await fine(run('certonly', '-n', '--agree-tos', '--standalone', '-d', `${name}.example.com`));
});
afterEach(() => {
  screen?.kill();
  place.remove();
});

const env = () => ({ CERTWRIGHT_ROOT: place.folder });
const run = (...args: string[]) => place.certwright([...args, '--sandbox'], { env: env() });
const live = () => readdirSync(join(place.folder, 'config/live')).filter((name) => name !== 'README').sort();
async function fine(ended: Promise<Ended>): Promise<string> {
  const { code, stdout, stderr } = await ended;
  expect(code, stderr).toBe(0);
  return stdout;
}

it('U16: without -n and without anybody to ask nothing is deleted; with -n it is (T06)', async () => {
  const refused = await run('delete', '--cert-name', 'one.example.com');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('Are you sure you want to delete one.example.com?');
  expect(refused.stderr).toContain('Answer it with -n');
  expect(live()).toHaveLength(3);
  await fine(run('delete', '-n', '--cert-name', 'one.example.com'));
  expect(live()).toEqual(['three.example.com', 'two.example.com']);
});

it('U14: what still points at the files is named before anything is asked, and several are ticked in one list', async () => {
  mkdirSync(join(place.folder, 'etc/nginx'), { recursive: true });
  writeFileSync(join(place.folder, 'etc/nginx/nginx.conf'), `ssl_certificate ${join(place.folder, 'config/live/two.example.com/fullchain.pem')};\n`);
  screen = open(['delete', ...place.sandbox, ...place.directories], { env: { HOME: place.folder, ...env() } });
  await screen.see('Which certificates should be deleted?');
  screen.type(keys.enter);
  await screen.see('Tick at least one');
  screen.type(`${keys.down}${keys.down}${keys.space}${keys.up}${keys.up}${keys.space}`);
  await screen.see(/\[x\] one\.example\.com/);
  screen.type(keys.enter);
  await screen.see('Are you sure you want to delete these 2 certificates?');
  await screen.see('nginx.conf:1');
  await screen.see(/❯ Keep them/);
  screen.type(`${keys.up}${keys.enter}`);
  expect(await screen.exited).toBe(0);
  expect(live()).toEqual(['three.example.com']);
  expect(screen.all()).toContain('Deleted all files relating to certificate two.example.com.');
});

it('revoke deletes nothing that another certificate needs (the shared archive rule)', async () => {
  const renewal = (name: string) => join(place.folder, 'config/renewal', `${name}.example.com.conf`);
  // Two names for one archive, as a person might have made them by hand.
  writeFileSync(renewal('alias'), readFileSync(renewal('one'), 'utf8'));
  const said = await fine(run('revoke', '-n', '--cert-name', 'one.example.com'));
  expect(said).toContain('successfully revoked');
  expect(said).toContain('Not deleting revoked certificates due to overlapping archive dirs. alias.example.com keeps its files');
  expect(existsSync(join(place.folder, 'config/archive/one.example.com/cert1.pem'))).toBe(true);
  expect(live()).toHaveLength(3);
});
