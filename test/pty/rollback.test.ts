import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { finalizeCheckpoint, recordFiles } from '../../src/store/checkpoint-record.js';
import { makePlace, type Place } from '../e2e/certwright.js';
import { keys, open, type Screen } from './terminal.js';

let place: Place;
let screen: Screen | null = null;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => {
  screen?.kill();
  place.remove();
});

it('rollback in a terminal: the list, the differences of one, back, and undone with the newer one (N11)', async () => {
  const work = join(place.folder, 'work');
  const site = join(place.folder, 'site.conf');
  mkdirSync(work);
  writeFileSync(site, Array.from({ length: 30 }, (_, index) => `    line ${index};\n`).join(''));
  const before = readFileSync(site, 'utf8');
  for (const [index, title] of ['Deployed ACME Certificate', 'Add enhancement redirect'].entries()) {
    await recordFiles({ config: work, work, logs: work }, 'in-progress', [site], '');
    writeFileSync(site, readFileSync(site, 'utf8').replaceAll(index === 0 ? /line \d/g : 'none', (all) => `new ${all}`).concat(`    added by ${index};\n`));
    finalizeCheckpoint({ config: work, work, logs: work }, title, Date.now() + index * 1000);
  }
  screen = open(['rollback', ...place.directories], { env: { HOME: place.folder } });
  await screen.see('Which change of server configuration should be undone?');
  expect(screen.text()).toMatch(/❯ .*Add enhancement redirect[^]*Deployed ACME Certificate/);
  screen.type(keys.enter);
  await screen.see("Undo 'Add enhancement redirect'?");
  expect(screen.text()).toContain('+    added by 1;');
  screen.type(keys.escape);
  await screen.see('Which change of server configuration');
  screen.type(`${keys.down}${keys.enter}`);
  await screen.see("Undo 'Deployed ACME Certificate'?");
  expect(screen.text()).toMatch(/Undo this one only[^]*was changed again/);
  expect(screen.text()).toMatch(/↓ \d+ more/);
  screen.type('\u001b[6~'.repeat(20));
  await screen.see('+    added by 0;');
  screen.type(keys.enter);
  expect(await screen.exited).toBe(0);
  expect(readFileSync(site, 'utf8')).toBe(before);
  expect(screen.all()).toContain('Undone: Deployed ACME Certificate');
});
