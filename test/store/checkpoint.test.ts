import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkpointReports } from '../../src/core/checkpoint-report.js';
import { checkpointTime, commandRow, listCheckpoints, readCommands, stageFolder } from '../../src/store/checkpoint.js';
import { addCheckpoint, finalizeCheckpoint, nextId, recordCommand, recordFiles, recordNewFiles } from '../../src/store/checkpoint-record.js';
import { recoverCheckpoints, undoCheckpoint } from '../../src/store/checkpoint-undo.js';
import type { Directories } from '../../src/store/paths.js';
import { makeProgram } from './program.js';
import { makeTree } from './tree.js';

let root: string;
let dirs: Directories;
beforeEach(() => {
  ({ root, dirs } = makeTree());
  mkdirSync(join(root, 'etc/sites'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const etc = (file: string) => join(root, 'etc', file);
const put = (file: string, text: string) => writeFileSync(etc(file), text);
const text = (file: string) => readFileSync(etc(file), 'utf8');
const ran: string[] = [];
const run = (command: readonly string[]): Promise<null> => {
  ran.push(command.join(' '));
  return Promise.resolve(null);
};

/** certbot's own Reverter on the same directories: the oracle. */
const certbot = (code: string): string =>
  execFileSync('/usr/bin/python3', ['-c', `
import types
from certbot.reverter import Reverter
w = ${JSON.stringify(dirs.work)}
r = Reverter(types.SimpleNamespace(backup_dir=w + "/backups", in_progress_dir=w + "/IN_PROGRESS", temp_checkpoint_dir=w + "/temp_checkpoint", strict_permissions=False))
etc = ${JSON.stringify(join(root, 'etc'))}
${code}
`], { encoding: 'utf8', timeout: 20_000, stdio: ['ignore', 'pipe', 'pipe'] });

async function change(title: string, now = Date.now()): Promise<string> {
  await recordFiles(dirs, 'in-progress', [etc('nginx.conf'), etc('sites/nginx.conf')], 'changed both\n');
  recordNewFiles(dirs, 'in-progress', [etc('new.conf')]);
  put('nginx.conf', `${title} one`);
  put('sites/nginx.conf', `${title} two`);
  put('new.conf', title);
  return finalizeCheckpoint(dirs, title, now) ?? '';
}

describe('with certbot (F65-F69)', () => {
  it('rolls back what we did: files of the same name, modes, new files, links kept', async () => {
    put('real.conf', 'before one');
    symlinkSync('real.conf', etc('nginx.conf'));
    writeFileSync(etc('sites/nginx.conf'), 'before two', { mode: 0o640 });
    utimesSync(etc('sites/nginx.conf'), 1000, 2000);
    await change('Deployed ACME Certificate');
    certbot('r.rollback_checkpoints(1)');
    expect([text('nginx.conf'), text('sites/nginx.conf')]).toEqual(['before one', 'before two']);
    expect(lstatSync(etc('nginx.conf')).isSymbolicLink()).toBe(true);
    expect(statSync(etc('sites/nginx.conf'))).toMatchObject({ mode: 0o100640, mtimeMs: 2_000_000 });
    expect(existsSync(etc('new.conf'))).toBe(false);
    expect(readdirSync(join(dirs.work, 'backups'))).toEqual([]);
  });

  it('what it did is listed and undone by us, commands last first', async () => {
    writeFileSync(etc('nginx.conf'), 'before', { mode: 0o640 });
    utimesSync(etc('nginx.conf'), 1000, 2000);
    certbot(`
r.add_to_checkpoint({etc + "/nginx.conf"}, "note\\n")
r.register_file_creation(False, etc + "/new.conf")
r.register_undo_command(False, ["a2dismod", "-f", "ssl"])
r.register_undo_command(False, ["echo", 'with, "quotes"', "and spaces"])
open(etc + "/nginx.conf", "w").write("after")
open(etc + "/new.conf", "w").write("new")
r.finalize_checkpoint("Deployed ACME Certificate")`);
    const [checkpoint] = listCheckpoints(dirs);
    expect(checkpoint).toMatchObject({ title: 'Deployed ACME Certificate', notes: '-- Deployed ACME Certificate --\nnote\n', newFiles: [etc('new.conf')], left: null });
    expect(Math.abs(checkpointTime(checkpoint!) - Date.now())).toBeLessThan(60_000);
    ran.length = 0;
    expect(await undoCheckpoint(dirs, checkpoint!, [], run)).toEqual({ restored: [etc('nginx.conf')], removed: [etc('new.conf')], problems: [], keptAt: null });
    expect(ran).toEqual(['echo with, "quotes" and spaces', 'a2dismod -f ssl']);
    expect(text('nginx.conf')).toBe('before');
    expect(statSync(etc('nginx.conf'))).toMatchObject({ mode: 0o100640, mtimeMs: 2_000_000 });
    expect(existsSync(etc('new.conf'))).toBe(false);
    expect(listCheckpoints(dirs)).toEqual([]);
    expect(readdirSync(dirs.work).filter((name) => name !== 'backups')).toEqual([]);
  });

  it('a change of ours that was not finished is put back by its recovery, and one of its by ours', async () => {
    put('nginx.conf', 'before');
    await recordFiles(dirs, 'temporary', [etc('nginx.conf')], 'challenge');
    recordNewFiles(dirs, 'temporary', [etc('never-made.conf')]);
    recordCommand(dirs, 'temporary', ['touch', etc('undone, "by" it')]);
    put('nginx.conf', 'after');
    certbot('r.recovery_routine()');
    expect(text('nginx.conf')).toBe('before');
    expect(existsSync(etc('undone, "by" it'))).toBe(true);
    certbot('r.add_to_temp_checkpoint({etc + "/nginx.conf"}, "x")\nr.register_file_creation(False, etc + "/made.conf")');
    put('nginx.conf', 'after');
    put('made.conf', 'made');
    expect(await recoverCheckpoints(dirs, run)).toHaveLength(2);
    expect(text('nginx.conf')).toBe('before');
    expect(existsSync(etc('made.conf'))).toBe(false);
    expect(readdirSync(dirs.work)).toEqual(['backups']);
  });

  it('newest is the same one for both, also when the clock jumped back', async () => {
    put('nginx.conf', '0');
    put('sites/nginx.conf', '0');
    const future = await change('first', Date.now() + 86_400_000);
    const second = await change('second');
    expect(Number(second)).toBe(Number(future) + 1);
    expect(listCheckpoints(dirs).map(({ title }) => title)).toEqual(['second', 'first']);
    certbot('r.rollback_checkpoints(1)');
    expect(text('nginx.conf')).toBe('first one');
    expect(listCheckpoints(dirs).map(({ title }) => title)).toEqual(['first']);
    expect(nextId(['1700000000.5'], 1_700_000_000_500)).toBe('1700000000.51');
  });
});

it('the first copy of a file counts, however often it is added', async () => {
  put('nginx.conf', 'before');
  await recordFiles(dirs, 'in-progress', [etc('nginx.conf')], '');
  put('nginx.conf', 'middle');
  await recordFiles(dirs, 'in-progress', [etc('nginx.conf')], '');
  put('nginx.conf', 'after');
  await recoverCheckpoints(dirs, run);
  expect(text('nginx.conf')).toBe('before');
});

it('a file that holds a challenge is not changed to stay; a file that is not there cannot be kept', async () => {
  put('nginx.conf', 'before');
  await recordFiles(dirs, 'temporary', [etc('nginx.conf')], '');
  await expect(recordFiles(dirs, 'in-progress', [etc('nginx.conf')], '')).rejects.toThrow('Attempting to overwrite challenge file');
  await expect(recordFiles(dirs, 'temporary', [etc('none.conf')], '')).rejects.toThrow(`Unable to add file ${etc('none.conf')} to checkpoint`);
});

it('what cannot be put back is told, the rest is put back, and nothing stands in the way of the next run (U35)', async () => {
  put('nginx.conf', 'before');
  put('other.conf', 'before');
  await recordFiles(dirs, 'in-progress', [etc('nginx.conf'), etc('other.conf')], '');
  put('nginx.conf', 'after');
  put('other.conf', 'after');
  rmSync(join(stageFolder(dirs, 'in-progress'), 'nginx.conf_0'));
  expect(() => certbot('r.recovery_routine()')).toThrow();
  const [undone] = await recoverCheckpoints(dirs, run);
  expect(undone?.restored).toEqual([etc('other.conf')]);
  expect(undone?.problems).toEqual([expect.stringContaining(`${etc('nginx.conf')} could not be put back`)]);
  expect(existsSync(undone?.keptAt ?? '')).toBe(true);
  expect([text('nginx.conf'), text('other.conf')]).toEqual(['after', 'before']);
  certbot('r.recovery_routine()');
  expect(await recoverCheckpoints(dirs, run)).toEqual([]);
});

it('what a stop left beside the files is removed, through links too, and nothing of anybody else', async () => {
  put('real.conf', 'before');
  symlinkSync('../real.conf', etc('sites/site'));
  await recordFiles(dirs, 'in-progress', [etc('sites/site')], '');
  recordNewFiles(dirs, 'in-progress', [etc('new.conf')]);
  const left = ['.real.conf.0123456789ab.certwright-tmp', '.new.conf.0123456789ab.certwright-tmp', 'sites/.site.0123456789ab.certwright-tmp'];
  const others = ['.other.conf.0123456789ab.certwright-tmp', '.real.conf.swp'];
  for (const file of [...left, ...others]) put(file, 'half');
  await recoverCheckpoints(dirs, run);
  expect([...left, ...others].filter((file) => existsSync(etc(file)))).toEqual(others);
});

it('files that are to stay as they are do, and the others are put back', async () => {
  put('nginx.conf', 'before');
  put('sites/nginx.conf', 'before');
  await change('Deployed');
  put('nginx.conf', 'edited by hand');
  rmSync(etc('sites/nginx.conf'));
  const [checkpoint] = listCheckpoints(dirs);
  const undone = await undoCheckpoint(dirs, checkpoint!, [etc('nginx.conf'), etc('sites/nginx.conf')], run);
  expect(undone).toEqual({ restored: [], removed: [etc('new.conf')], problems: [], keptAt: null });
  expect(text('nginx.conf')).toBe('edited by hand');
  expect(existsSync(etc('sites/nginx.conf'))).toBe(false);
});

it('two changes made at once, killed between their checkpoints: the one that is there undoes both, and nothing counts as edited', async () => {
  put('a.conf', 'before');
  await recordFiles(dirs, 'in-progress', [etc('a.conf')], 'deployed\n');
  recordNewFiles(dirs, 'in-progress', [etc('second.conf')]);
  put('a.conf', 'deployed and redirected');
  put('second.conf', 'of the redirect');
  const now = Date.now();
  const states = () => checkpointReports(dirs).map(({ files }) => files.map(({ state }) => state));
  finalizeCheckpoint(dirs, 'Deployed ACME Certificate', now, new Map([[etc('a.conf'), Buffer.from('deployed')]]));
  expect(states()).toEqual([['as-left', 'as-left']]);
  put('a.conf', 'by hand');
  expect(states()).toEqual([['edited', 'as-left']]);
  put('a.conf', 'deployed and redirected');
  // Without the kill there is one more, and each knows what it left.
  const second = { title: 'Add enhancement redirect', notes: 'redirected', files: [{ path: etc('a.conf'), text: Buffer.from('deployed') }], newFiles: [etc('second.conf')] };
  await addCheckpoint(dirs, second, now, new Map([[etc('a.conf'), Buffer.from('deployed and redirected')]]));
  expect(states()).toEqual([['as-left', 'as-left'], ['as-left', 'as-left']]);
  put('a.conf', 'by hand');
  expect(states()).toEqual([['edited', 'as-left'], ['as-left', 'as-left']]);
  for (const checkpoint of listCheckpoints(dirs)) await undoCheckpoint(dirs, checkpoint, [], run);
  expect([text('a.conf'), existsSync(etc('second.conf'))]).toEqual(['before', false]);
});

it('COMMANDS is read and written as CSV', () => {
  const commands = [['a2dismod', '-f', 'ssl'], ['echo', '', 'a "b", c', 'x'], ['one']];
  expect(readCommands(commands.map(commandRow).join(''))).toEqual(commands);
});

/** Every third step, beginning at another one on each of Node 20, 22 and 24: CI, which tests on all, takes every step. */
const FIRST_STEP = 1 + (Number.parseInt(process.versions.node, 10) % 3);

it('killed before any step of a change, the next run has the old files or the finished change', { timeout: 150_000 }, async () => {
  const program = await makeProgram(root, `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const [work, etc, last] = process.argv.slice(2);
let step = 0;
for (const name of ['openSync', 'writeFileSync', 'renameSync', 'mkdirSync', 'appendFileSync']) {
  const real = fs[name];
  fs[name] = (...args) => {
    step += 1;
    if (step === Number(last)) process.kill(process.pid, 'SIGKILL');
    return real(...args);
  };
}
syncBuiltinESMExports();
const { finalizeCheckpoint, recordFiles, recordNewFiles } = await import('./src/store/checkpoint-record.js');
const dirs = { config: work, work, logs: work };
await recordFiles(dirs, 'in-progress', [etc + '/a.conf', etc + '/sites/a.conf'], 'note');
recordNewFiles(dirs, 'in-progress', [etc + '/new.conf']);
for (const file of ['new.conf', 'a.conf', 'sites/a.conf']) fs.writeFileSync(etc + '/' + file, 'after');
finalizeCheckpoint(dirs, 'change', Date.now());
`);
  const outcomes = new Set<string>();
  for (let step = FIRST_STEP, kills = 1; ; step += 3, kills += 1) {
    put('a.conf', 'before');
    put('sites/a.conf', 'before');
    const child = spawn(process.execPath, [program, dirs.work, join(root, 'etc'), String(step)], { stdio: ['ignore', 'ignore', 'inherit'] });
    const signal = await new Promise((resolve) => child.on('exit', (_, by) => resolve(by)));
    // Every tenth by certbot, whose start takes its time.
    if (kills % 10 === 0) certbot('r.recovery_routine()');
    else expect((await recoverCheckpoints(dirs, run)).flatMap(({ problems }) => problems)).toEqual([]);
    const finished = listCheckpoints(dirs);
    const wanted = finished.length === 1 ? 'after' : 'before';
    outcomes.add(wanted);
    expect([text('a.conf'), text('sites/a.conf'), existsSync(etc('new.conf'))], `step ${step}`).toEqual([wanted, wanted, finished.length === 1]);
    for (const checkpoint of finished) await undoCheckpoint(dirs, checkpoint, [], run);
    expect([text('a.conf'), text('sites/a.conf'), existsSync(etc('new.conf'))]).toEqual(['before', 'before', false]);
    if (signal === null) break;
  }
  expect([...outcomes]).toEqual(['before', 'after']);
});
