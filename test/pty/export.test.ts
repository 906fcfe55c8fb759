import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makePlace, runProgram, type Place } from '../e2e/certwright.js';
import { ESC, keys, open, type Screen } from './terminal.js';

const { down, enter } = keys;
let place: Place;
let screen: Screen | null;
beforeEach(async () => {
  place = makePlace();
  screen = null;
  const { code, stderr } = await place.certwright(['certonly', '--sandbox', '-n', '--agree-tos', '--standalone', '-d', 'one.example.com']);
  expect(code, stderr).toBe(0);
});
afterEach(() => {
  screen?.kill();
  place.remove();
});

/** Moves the pointer down to this answer. */
async function chosen(window: Screen, label: string): Promise<void> {
  for (let step = 0; step < 9 && !window.text().includes(`❯ ${label}`); step += 1) {
    const before = window.text();
    window.type(down);
    for (const end = Date.now() + 5000; window.text() === before && Date.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 15));
  }
  await window.see(`❯ ${label}`);
}

it.each([[80, 24], [60, 16]])('the wizard exports a certificate: Esc goes back everywhere, two passwords must agree, and it ends with the command (%i x %i)', async (columns, rows) => {
  const out = join(place.folder, 'site.p12');
  const window = open([...place.sandbox, ...place.directories], { columns, rows, env: { HOME: place.folder } });
  screen = window;
  await window.see('What would you like to do?');
  await chosen(window, 'Export a certificate');
  window.type(enter);
  await window.see('What is it for?');
  window.type(ESC);
  await window.see('Export a certificate for another program');
  window.type(enter);
  await window.see('What is it for?');
  window.type(enter);
  await window.see('Where should the file be?');
  // A folder that is not there: told after the review, and everything else that was said is kept.
  if (columns === 80) {
    window.type(`\u0015${place.folder}/nowhere/site.p12${enter}`);
    await window.see('Should every renewal');
    window.type(`2${enter}`);
    await window.see('Which password');
    window.type(`open it${enter}`);
    await window.see('once more?');
    window.type(`open it${enter}`);
    await window.see('Nothing has been changed yet');
    window.type(enter);
    await window.see('nowhere does not exist');
    await chosen(window, 'Change the plan');
    window.type(enter);
    for (const title of ['once more?', 'Which password', 'Should every renewal']) {
      await window.see(title);
      window.type(ESC);
    }
    await window.see('Where should the file be?');
  }
  window.type(`\u0015${out}${enter}`);
  await window.see('Should every renewal write it again?');
  window.type(ESC);
  await window.see(/site\.p12/);
  window.type(enter);
  await window.see('Should every renewal');
  window.type(`1${enter}`);
  await window.see('Which password should open the file?');
  window.type(`\u0015open it${enter}`);
  await window.see('once more?');
  window.type(`\u0015opne it${enter}`);
  await window.see('not the same');
  window.type(`open it${enter}`);
  await window.see('Nothing has been changed yet');
  await window.see(/Renewals +write it again/);
  expect(existsSync(out)).toBe(false);
  window.type(enter);
  expect(await window.exited).toBe(0);
  const all = window.all();
  expect(all).toContain('Exported one.example.com as PKCS#12 to:');
  expect(all.replace(/\s+/g, ' ')).toContain('--format pkcs12 --out');
  expect(all + window.raw()).not.toContain('open it');

  expect(statSync(out).mode & 0o777).toBe(0o600);
  const kept = join(place.folder, 'config/export-passwords');
  const [file = ''] = readdirSync(kept);
  expect([readFileSync(join(kept, file), 'utf8'), statSync(join(kept, file)).mode & 0o777, statSync(kept).mode & 0o777]).toEqual(['open it\n', 0o600, 0o700]);
  expect(readFileSync(join(place.folder, 'config/renewal/one.example.com.conf'), 'utf8')).toContain(`password = file:${join(kept, file)}`);
  const { code } = await runProgram('openssl', ['pkcs12', '-in', out, '-passin', 'pass:open it', '-noout']);
  expect(code).toBe(0);
});
