import { spawn } from 'node:child_process';
import { cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { listCheckpoints } from '../../src/store/checkpoint.js';
import { recoverCheckpoints } from '../../src/store/checkpoint-undo.js';
import { readDeployQueue, writeDeployQueue } from '../../src/store/deploy-queue.js';
import { readLineage } from '../../src/store/lineage.js';
import type { Directories } from '../../src/store/paths.js';
import { beginRenaming, finishRenaming, settleRenamings } from '../../src/store/rename-lineage.js';
import { changeRenewalNotes, readRenewalNotes } from '../../src/store/renewal-notes.js';
import { saveNewLineage } from '../../src/store/save.js';
import { makePems } from './certificates.js';
import { makeProgram } from './program.js';
import { liveVersion, makeTree } from './tree.js';

let root: string;
let dirs: Directories;
beforeEach(async () => {
  ({ root, dirs } = makeTree());
  await saveNewLineage(dirs, { name: 'old', mayChange: false }, makePems('example.com'), { authenticator: 'standalone', account: 'a', server: 'https://ca.example/dir' });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const names = (): string[] => readdirSync(join(dirs.config, 'renewal')).filter((file) => file.endsWith('.conf'));
const everything = (): string[] => readdirSync(dirs.config, { recursive: true, encoding: 'utf8' }).filter((path) => !path.startsWith('.certwright')).sort();

it('N13: files, links, renewal file, what waits and what is noted go along; the key is the same file', async () => {
  writeDeployQueue(dirs, 'old', [{ command: 'true', from: 'option', since: '2026-01-01' }]);
  changeRenewalNotes(dirs, { old: { dropped: ['x.example.com'] } });
  const key = join(dirs.config, 'archive/old/privkey1.pem');
  const { ino, mode } = lstatSync(key);
  const before = readFileSync(join(dirs.config, 'renewal/old.conf'), 'utf8');
  const expected = everything().map((path) => path.replace(/(?<=^(?:live|archive|renewal)\/)old/, 'new.example')).sort();
  await finishRenaming(dirs, await beginRenaming(dirs, 'old', 'new.example', 1));
  expect(everything()).toEqual(expected);
  expect(liveVersion(dirs, 'new.example')).toBe(1);
  expect(lstatSync(join(dirs.config, 'archive/new.example/privkey1.pem'))).toMatchObject({ ino, mode, nlink: 1 });
  expect(readFileSync(join(dirs.config, 'renewal/new.example.conf'), 'utf8')).toBe(before.replaceAll('/old', '/new.example'));
  expect([readDeployQueue(dirs, 'old').length, readDeployQueue(dirs, 'new.example').length]).toEqual([0, 1]);
  expect(readRenewalNotes(dirs)).toEqual({ 'new.example': { dropped: ['x.example.com'] } });
  await expect(beginRenaming(dirs, 'new.example', 'a b', 1)).rejects.toThrow('cannot be the name');
  await saveNewLineage(dirs, { name: 'old', mayChange: false }, makePems('example.com'), {});
  await expect(beginRenaming(dirs, 'new.example', 'old', 1)).rejects.toThrow('The name old is taken');
  expect(existsSync(join(dirs.config, '.certwright/renaming/new.example.json'))).toBe(false);
});

it('U35: a change of name that cannot be finished is told, and stops nothing', async () => {
  await beginRenaming(dirs, 'old', 'new', 1);
  writeFileSync(join(dirs.config, 'renewal/new.conf'), 'nonsense');
  rmSync(join(dirs.config, 'renewal/old.conf'));
  expect(await settleRenamings(dirs)).toEqual([{ what: expect.stringContaining('could not be given its name: renewal config file') as string, path: join(dirs.config, 'live/new') }]);
  expect(existsSync(join(dirs.config, 'live/old/cert.pem'))).toBe(true);
});

it('N13: killed before any step, the next run has the old name or the new one, whole, and the server names that one', { timeout: 60_000 }, async () => {
  const program = await makeProgram(root, `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const [config, work, site, last] = process.argv.slice(2);
let step = 0;
for (const name of ['openSync', 'renameSync', 'mkdirSync', 'linkSync', 'symlinkSync', 'unlinkSync', 'rmSync']) {
  const real = fs[name];
  fs[name] = (...args) => {
    step += 1;
    if (step === Number(last)) process.kill(process.pid, 'SIGKILL');
    return real(...args);
  };
}
syncBuiltinESMExports();
const { beginRenaming, finishRenaming, renamingTitle } = await import('./src/store/rename-lineage.js');
const { finalizeCheckpoint, recordFiles } = await import('./src/store/checkpoint-record.js');
const dirs = { config, work, logs: work };
const renaming = await beginRenaming(dirs, 'old', 'new', Date.now());
await recordFiles(dirs, 'in-progress', [site], 'note');
fs.writeFileSync(site + '.1', 'live/new');
fs.renameSync(site + '.1', site);
finalizeCheckpoint(dirs, renamingTitle(renaming), Date.now());
await finishRenaming(dirs, renaming);
`);
  const site = join(root, 'site.conf');
  const pristine = join(root, 'pristine');
  cpSync(dirs.config, pristine, { recursive: true, verbatimSymlinks: true });
  const outcomes = { old: 0, new: 0 };
  for (let step = 1 + (Number.parseInt(process.versions.node, 10) % 3); ; step += 5) {
    for (const folder of [dirs.config, dirs.work]) rmSync(folder, { recursive: true });
    cpSync(pristine, dirs.config, { recursive: true, verbatimSymlinks: true });
    mkdirSync(dirs.work);
    writeFileSync(site, 'live/old');
    const child = spawn(process.execPath, [program, dirs.config, dirs.work, site, String(step)], { stdio: ['ignore', 'ignore', 'inherit'] });
    const signal = await new Promise((resolve) => child.on('exit', (_, by) => resolve(by)));
    await recoverCheckpoints(dirs, () => Promise.resolve(null));
    await settleRenamings(dirs);
    const name = names()[0] === 'new.conf' ? 'new' : 'old';
    outcomes[name] += 1;
    expect(names(), `step ${step}`).toEqual([`${name}.conf`]);
    expect(readLineage(dirs, name).liveFolder).toBe(join(dirs.config, 'live', name));
    expect(liveVersion(dirs, name)).toBe(1);
    expect(readFileSync(site, 'utf8'), `step ${step}`).toBe(`live/${name}`);
    expect([...readdirSync(join(dirs.config, 'live')), ...readdirSync(join(dirs.config, 'archive'))].filter((entry) => entry !== 'README'), `step ${step}`).toEqual([name, name]);
    expect(listCheckpoints(dirs), `step ${step}`).toEqual([]);
    if (signal === null) break;
  }
  expect(Math.min(outcomes.old, outcomes.new)).toBeGreaterThan(2);
});
