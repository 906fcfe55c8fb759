import { existsSync, readFileSync, statSync } from 'node:fs';
import type { ServerChange } from '../plugins/contract.js';
import { listCheckpoints, type CheckpointStage } from '../store/checkpoint.js';
import { addCheckpoint, finalizeCheckpoint, recordCommand, recordFiles, recordNewFiles } from '../store/checkpoint-record.js';
import { revertInProgress, revertTemporary, undoCheckpoint } from '../store/checkpoint-undo.js';
import { removeFiles, replaceLinks, writeFilesAtomic } from '../system/atomic-file.js';
import { merged, type ChangeStep } from './change-step.js';
import { PluginError } from './errors.js';
import { undoCommand } from './undo-command.js';
import type { World } from './world.js';

/**
 * Makes changes of a server's configuration that build on each other: noted first, then written together (each file whole, by rename), then
 * tested by the server itself; when it refuses, all is put back. A stop at any point leaves the old configuration (put back by the next run,
 * F67) or the new one. Each step is a checkpoint of its own. Throws PluginError with the server's words, StoreError.
 */
export async function applySteps(steps: readonly ChangeStep[], test: () => Promise<string | null>, world: World): Promise<void> {
  const [first, ...later] = steps;
  if (!first) return;
  await make('in-progress', merged(steps), test, world);
  const now = world.clock.now();
  // What a file holds after each step: the last one is on disk.
  const after = steps.map(({ change }) => new Map(change.files.map(({ path, after: text }) => [path, Buffer.from(text, 'latin1')])));
  const heldAfter = (step: number): ReadonlyMap<string, Buffer> => new Map(after.slice(0, step + 1).flatMap((files) => [...files]));
  finalizeCheckpoint(world.dirs, first.title, now, heldAfter(0));
  for (const [index, { title, change }] of later.entries()) {
    const files = change.files.flatMap(({ path, before }) => (before === null ? [] : [{ path, text: Buffer.from(before, 'latin1') }]));
    const newFiles = [...change.files.filter(({ before }) => before === null).map(({ path }) => path), ...change.links.map(({ path }) => path)];
    await addCheckpoint(world.dirs, { title, notes: change.notes.join('\n'), files, newFiles }, now, heldAfter(index + 1));
  }
}

/** Undoes the newest `count` changes, which were made a moment ago. What cannot be put back is told. */
export async function undoChanges(count: number, world: World): Promise<void> {
  for (const checkpoint of listCheckpoints(world.dirs).slice(0, count)) {
    const { problems } = await undoCheckpoint(world.dirs, checkpoint, [], undoCommand(world));
    for (const problem of problems) world.log('error', problem);
  }
}

/** A change for the time of a challenge: `putBack`, or the next run after a crash, undoes it (F65). Throws PluginError, StoreError. */
export async function changeForNow(change: ServerChange, test: () => Promise<string | null>, world: World): Promise<void> {
  await make('temporary', change, test, world);
}

/** Undoes what was changed for now; nothing to undo is fine. */
export async function putBack(world: World): Promise<void> {
  const undone = await revertTemporary(world.dirs, undoCommand(world));
  for (const problem of undone?.problems ?? []) world.log('error', problem);
}

async function make(stage: CheckpointStage, { files, removes = [], links, commands, notes }: ServerChange, test: () => Promise<string | null>, world: World): Promise<void> {
  const { dirs } = world;
  for (const { path, before } of [...files, ...removes]) {
    const present = existsSync(path) ? readFileSync(path, 'latin1') : null;
    if (present !== before) throw new PluginError('installer', `${path} was changed while it was being read; nothing was done.`, { hint: 'Run the same command again.' });
  }
  await recordFiles(dirs, stage, [...files.filter(({ before }) => before !== null), ...removes].map(({ path }) => path), notes.join('\n'));
  recordNewFiles(dirs, stage, [...files.filter(({ before }) => before === null).map(({ path }) => path), ...links.map(({ path }) => path)]);
  try {
    for (const { run, undo } of commands) {
      recordCommand(dirs, stage, undo);
      const { exitCode, stdout, stderr } = await world.runProgram(run);
      if (exitCode !== 0) throw new PluginError('installer', `${run.join(' ')} failed: ${`${stderr}${stdout}`.trim()}`);
    }
    await writeFilesAtomic(
      files.map(({ path, after, mode }) => {
        const older = statSync(path, { throwIfNoEntry: false });
        return { path, data: Buffer.from(after, 'latin1'), mode: older ? older.mode & 0o7777 & ((mode ?? 0o777) | 0o7770) : (mode ?? 0o644), ...(older ? { owner: older } : {}) };
      }),
    );
    await replaceLinks(links);
    await removeFiles(removes.map(({ path }) => path));
    const fault = await test();
    if (fault !== null) throw new PluginError('installer', `The server does not accept the new configuration, so it was put back:\n${fault}`);
  } catch (error) {
    const undone = await (stage === 'temporary' ? revertTemporary : revertInProgress)(dirs, undoCommand(world));
    for (const problem of undone?.problems ?? []) world.log('error', problem);
    if (undone?.keptAt) world.log('error', `Not everything could be put back; the copies are kept in ${undone.keptAt}.`);
    throw error;
  }
}
