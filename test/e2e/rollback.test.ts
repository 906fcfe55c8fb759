import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { finalizeCheckpoint, recordCommand, recordFiles, recordNewFiles } from '../../src/store/checkpoint-record.js';
import type { Directories } from '../../src/store/paths.js';
import { makePlace, type Ended, type Place } from './certwright.js';

let place: Place;
let dirs: Directories;
beforeEach(() => {
  place = makePlace({ TZ: 'UTC' });
  dirs = { config: join(place.folder, 'config'), work: join(place.folder, 'work'), logs: join(place.folder, 'logs') };
  mkdirSync(join(place.folder, 'nginx/sites'), { recursive: true });
  mkdirSync(dirs.work);
  writeFileSync(nginx('nginx.conf'), 'one\ntwo\nthree\n');
  writeFileSync(nginx('sites/shop'), 'shop\n');
});
afterEach(() => place.remove());

const nginx = (file: string) => join(place.folder, 'nginx', file);
const text = (file: string) => readFileSync(nginx(file), 'utf8');
/** A change of server configuration as an installer makes it. */
async function change(title: string, files: Record<string, string>, now: number): Promise<string> {
  const there = Object.keys(files).filter((file) => existsSync(nginx(file)));
  await recordFiles(dirs, 'in-progress', there.map(nginx), `${title}: notes\n`);
  const fresh = Object.keys(files).filter((file) => !there.includes(file));
  if (fresh.length > 0) recordNewFiles(dirs, 'in-progress', fresh.map(nginx));
  for (const [file, content] of Object.entries(files)) writeFileSync(nginx(file), content);
  return finalizeCheckpoint(dirs, title, now) ?? '';
}
const MORNING = Date.parse('2026-11-03T08:05:09Z');
async function fine(ended: Promise<Ended>): Promise<string> {
  const { code, stdout, stderr } = await ended;
  expect(code, stderr).toBe(0);
  return stdout;
}

it('config_changes in the form of certbot 0.31, and as JSON with the differences (S14, T01)', async () => {
  await change('Deployed ACME Certificate', { 'nginx.conf': 'one\n2\nthree\n', 'new.conf': 'made\n' }, MORNING);
  await change('Add enhancement redirect', { 'nginx.conf': 'one\n2\nthree\nfour\n' }, MORNING + 1000);
  const frame = '- '.repeat(40).trimEnd();
  expect(await fine(place.certwright(['config_changes', '-n']))).toBe(
    [
      frame,
      'Tue Nov  3 08:05:10 2026', '-- Add enhancement redirect --', 'Add enhancement redirect: notes', '', 'Affected files:', `  ${nginx('nginx.conf')}`, '', '',
      'Tue Nov  3 08:05:09 2026', '-- Deployed ACME Certificate --', 'Deployed ACME Certificate: notes', '', 'Affected files:', `  ${nginx('nginx.conf')}`, 'New Configuration Files:', `  ${nginx('new.conf')}`, '', '',
      frame, '',
    ].join('\n'),
  );
  expect((await fine(place.certwright(['config_changes', '-n', '--num', '1']))).match(/^-- /gm)).toHaveLength(1);
  const lines = (await fine(place.certwright(['config_changes', '--json']))).trim().split('\n').map((line) => JSON.parse(line) as { type: string; checkpoints: { files: { path: string; state: string; diff: string }[] }[] });
  const files = lines.find(({ type }) => type === 'checkpoints')?.checkpoints.map((each) => each.files) ?? [];
  expect(files[0]?.[0]?.diff).toContain('@@ -1,3 +1,4 @@\n one\n 2\n three\n+four');
  // The older one is told as it was left then, not as the file is now.
  expect(files[1]?.[0]?.diff.split('\n').slice(2)).toEqual(['@@ -1,3 +1,3 @@', ' one', '-two', '+2', ' three']);
  expect(files.flat().map(({ state }) => state)).toEqual(['as-left', 'as-left', 'as-left']);
});

it('rollback undoes the newest, or as many as are wanted, runs undo commands, and says which server to reload (S10)', async () => {
  expect((await place.certwright(['rollback', '-n'])).stderr).toContain("Certbot hasn't modified your configuration, so rollback isn't available.");
  recordCommand(dirs, 'in-progress', ['touch', nginx('undone')]);
  await change('first', { 'nginx.conf': '1', 'new.conf': 'made' }, MORNING);
  await change('second', { 'nginx.conf': '2' }, MORNING + 1000);
  await change('third', { 'nginx.conf': '3' }, MORNING + 2000);
  const out = await fine(place.certwright(['rollback', '-n']));
  expect(text('nginx.conf')).toBe('2');
  expect(out).toContain('Undone: third (2026-11-03 08:05:11 UTC)');
  expect(out).toContain('nginx -t && nginx -s reload');
  expect((await place.certwright(['rollback', '-n', '--checkpoints', '7'])).stderr).toContain('Unable to rollback 7 checkpoints, only 2 exist');
  expect(text('nginx.conf')).toBe('one\ntwo\nthree\n');
  expect(existsSync(nginx('new.conf'))).toBe(false);
  expect(existsSync(nginx('undone'))).toBe(true);
  expect(readdirSync(join(dirs.work, 'backups'))).toEqual([]);
});

it('--since undoes what was changed from then on', async () => {
  await change('first', { 'nginx.conf': '1' }, MORNING);
  await change('second', { 'nginx.conf': '2' }, MORNING + 3_600_000);
  await change('third', { 'sites/shop': '3' }, MORNING + 7_200_000);
  const none = await place.certwright(['rollback', '-n', '--since', '2026-11-04']);
  expect(none.stderr).toContain('Nothing was changed since 2026-11-04 00:00 UTC; the last change is of 2026-11-03 10:05 UTC.');
  expect((await place.certwright(['rollback', '-n', '--since', 'tea'])).stderr).toContain('--since tea is no time.');
  await fine(place.certwright(['rollback', '-n', '--since', '2026-11-03 08:30']));
  expect([text('nginx.conf'), text('sites/shop')]).toEqual(['1', 'shop\n']);
  expect(readdirSync(join(dirs.work, 'backups'))).toHaveLength(1);
});

it('any one of them, unless a newer one changed the same file again (N11)', async () => {
  const first = await change('first', { 'nginx.conf': '1' }, MORNING);
  const second = await change('second', { 'sites/shop': '2' }, MORNING + 1000);
  await change('third', { 'sites/shop': '3' }, MORNING + 2000);
  const refused = await place.certwright(['rollback', '-n', second]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(`${nginx('sites/shop')} was changed again on 2026-11-03 08:05 UTC (third): undo that one first`);
  await fine(place.certwright(['rollback', '-n', first]));
  expect([text('nginx.conf'), text('sites/shop')]).toEqual(['one\ntwo\nthree\n', '3']);
  const byInstaller = await fine(place.certwright(['rollback', '-n', '-i', 'null']));
  expect(byInstaller).toContain('Undone: third');
  expect(byInstaller).not.toContain('still runs with');
  expect(text('sites/shop')).toBe('2');
  expect((await place.certwright(['rollback', '-n', '1.5'])).stderr).toContain('There is no checkpoint 1.5.');
});

it('an edit by hand is not overwritten without being asked, and is kept when it is overwritten (N11)', async () => {
  await change('first', { 'nginx.conf': '1', 'sites/shop': 'other' }, MORNING);
  await change('second', { 'nginx.conf': '2' }, MORNING + 1000);
  writeFileSync(nginx('nginx.conf'), 'by hand');
  const refused = await place.certwright(['rollback', '-n', '--checkpoints', '2']);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(`Edited since it was changed, so not overwritten: ${nginx('nginx.conf')}`);
  expect(refused.stderr).toContain('--keep-edits or --overwrite-edits');
  expect([text('nginx.conf'), text('sites/shop')]).toEqual(['by hand', 'other']);
  const kept = await fine(place.certwright(['rollback', '-n', '--checkpoints', '2', '--keep-edits']));
  expect(kept).toContain(`left as is ${nginx('nginx.conf')}`);
  expect([text('nginx.conf'), text('sites/shop')]).toEqual(['by hand', 'shop\n']);
  await change('third', { 'nginx.conf': '3' }, MORNING + 3000);
  writeFileSync(nginx('nginx.conf'), 'again by hand');
  await fine(place.certwright(['rollback', '-n', '--overwrite-edits']));
  expect(text('nginx.conf')).toBe('by hand');
  const edited = readdirSync(join(dirs.work, 'edited'));
  expect(edited.map((file) => readFileSync(join(dirs.work, 'edited', file), 'utf8'))).toEqual(['again by hand']);
});

it('what certbot changed has no note of its content: an edit shows by its time', async () => {
  const id = await change('by certbot', { 'nginx.conf': '1' }, Date.now());
  const note = join(dirs.work, 'backups', id, 'CERTWRIGHT_LEFT');
  writeFileSync(note, 'nonsense');
  utimesSync(nginx('nginx.conf'), new Date(), new Date(Date.now() + 60_000));
  expect((await place.certwright(['rollback', '-n'])).stderr).toContain('Edited since');
  utimesSync(nginx('nginx.conf'), new Date(), new Date());
  await fine(place.certwright(['rollback', '-n']));
  expect(text('nginx.conf')).toBe('one\ntwo\nthree\n');
});

it('what a stopped run left half changed is put back by the next command, also by one that only reads, and told (F67, U35)', async () => {
  await recordFiles(dirs, 'temporary', [nginx('nginx.conf')], 'challenge');
  writeFileSync(nginx('nginx.conf'), 'half');
  await recordFiles(dirs, 'in-progress', [nginx('sites/shop')], '');
  recordNewFiles(dirs, 'in-progress', [nginx('new.conf')]);
  writeFileSync(nginx('sites/shop'), 'half');
  writeFileSync(nginx('new.conf'), 'half');
  const { code, stderr } = await place.certwright(['certificates']);
  expect(code, stderr).toBe(0);
  expect([text('nginx.conf'), text('sites/shop'), existsSync(nginx('new.conf'))]).toEqual(['one\ntwo\nthree\n', 'shop\n', false]);
  expect(stderr).toContain(nginx('nginx.conf'));
  expect(stderr).toContain('put back as it was before');
});
