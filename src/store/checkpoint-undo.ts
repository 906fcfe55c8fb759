import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync, unlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { StoreError } from '../core/errors.js';
import { fsyncFolder, isTemporaryName, permitted, removeTemporariesOf, writeFileAtomic, writeFilesAtomic, type FileToWrite } from '../system/atomic-file.js';
import { readCheckpoint, stageFolder, type Checkpoint } from './checkpoint.js';
import type { Directories } from './paths.js';

/** Runs one undo command to its end; null, or why it failed. */
export type RunUndo = (command: readonly string[]) => Promise<string | null>;

/** What was put back. */
export interface Undone {
  restored: readonly string[];
  removed: readonly string[];
  /** What could not be put back and why, one line each. */
  problems: readonly string[];
  /** Where the checkpoint is kept when there were problems. */
  keptAt: string | null;
}

/**
 * Puts back what a stopped run had changed: challenge edits first, then those that were in progress (F67). What cannot be put back
 * is told, and its checkpoint is laid aside so that it stands in nobody's way (U35). Null for a stage that left nothing.
 */
export async function recoverCheckpoints(dirs: Directories, run: RunUndo): Promise<readonly Undone[]> {
  sweep(dirs);
  const undone: Undone[] = [];
  for (const stage of ['temporary', 'in-progress'] as const) {
    const folder = stageFolder(dirs, stage);
    if (existsSync(folder)) undone.push(await undoFolder(dirs, folder, run));
  }
  return undone;
}

/** Puts back the temporary edits of a challenge. */
export async function revertTemporary(dirs: Directories, run: RunUndo): Promise<Undone | null> {
  const folder = stageFolder(dirs, 'temporary');
  return existsSync(folder) ? undoFolder(dirs, folder, run) : null;
}

/** Puts back what is in progress. */
export async function revertInProgress(dirs: Directories, run: RunUndo): Promise<Undone | null> {
  const folder = stageFolder(dirs, 'in-progress');
  return existsSync(folder) ? undoFolder(dirs, folder, run) : null;
}

/**
 * Undoes one finished checkpoint. Files of `keep` stay as they are. It becomes the change in progress first: if we are stopped
 * then, the next run, ours or certbot's, finishes the undoing. Throws StoreError when another change is in progress.
 */
export async function undoCheckpoint(dirs: Directories, { folder }: Checkpoint, keep: readonly string[], run: RunUndo): Promise<Undone> {
  const inProgress = stageFolder(dirs, 'in-progress');
  if (existsSync(inProgress)) throw new StoreError(`Another change is in progress: ${inProgress} is there.`);
  const { files, newFiles } = readCheckpoint(folder);
  for (const { path, copy } of files) {
    if (!keep.includes(path)) continue;
    // Putting it back changes nothing then. One that was removed stays so: it is named as one to remove.
    if (existsSync(path)) writeFileAtomic(copy, readFileSync(path), { mode: statSync(path).mode & 0o7777, times: statSync(path) });
  }
  const gone = files.map(({ path }) => path).filter((path) => keep.includes(path) && !existsSync(path));
  const toRemove = [...newFiles.filter((path) => !keep.includes(path)), ...gone];
  if (keep.length > 0) writeFileAtomic(join(folder, 'NEW_FILES'), toRemove.map((path) => `${path}\n`).join(''), { mode: 0o644 });
  permitted(folder, 'write', () => renameSync(folder, inProgress));
  fsyncFolder(dirs.work);
  const undone = await undoFolder(dirs, inProgress, run);
  return { ...undone, restored: undone.restored.filter((path) => !keep.includes(path)), removed: undone.removed.filter((path) => !gone.includes(path)) };
}

async function undoFolder(dirs: Directories, folder: string, run: RunUndo): Promise<Undone> {
  const problems: string[] = [];
  const { commands, files, newFiles } = readCheckpoint(folder);
  for (const command of commands.toReversed()) {
    const problem = await run(command);
    // certbot goes on too: a module that is off already is no reason to leave files changed.
    if (problem !== null) problems.push(`Unable to run undo command: ${command.join(' ')}: ${problem}`);
  }
  const restored = await putBackAll(files, problems);
  const removed = newFiles.filter((path) => attempt(`${path} could not be removed`, problems, () => remove(path)));
  removeTemporariesOf([...files.map(({ path }) => path), ...newFiles]);
  const filesBack = restored.length === files.length && removed.length === newFiles.length;
  return { restored: restored.map(({ path }) => path), removed, problems, keptAt: layAside(dirs, folder, filesBack) };
}

/** Puts all files back, or, where one cannot be, each of the others. */
async function putBackAll(files: Checkpoint['files'], problems: string[]): Promise<Checkpoint['files']> {
  try {
    await writeFilesAtomic(files.map(({ path, copy }) => asItWas(path, copy)));
    return files;
  } catch {
    const restored: { path: string; copy: string }[] = [];
    for (const file of files) {
      try {
        await writeFilesAtomic([asItWas(file.path, file.copy)]);
        restored.push(file);
      } catch (error) {
        problems.push(`${file.path} could not be put back from ${file.copy}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return restored;
  }
}

/** The copy in the file's place, through links, with the copy's mode and times; the owner stays (as certbot does it, but whole at any instant). */
function asItWas(path: string, copy: string): FileToWrite {
  const { mode, atime, mtime, uid, gid } = statSync(copy);
  const present = statSync(path, { throwIfNoEntry: false });
  return { path: present ? realpathSync(path) : path, data: readFileSync(copy), mode: mode & 0o7777, times: { atime, mtime }, owner: present ?? { uid, gid } };
}

function remove(path: string): void {
  // Files are named before they are made: it may not be there.
  if (lstatSync(path, { throwIfNoEntry: false })) permitted(path, 'write', () => unlinkSync(path));
}

/** A folder that is half removed would stop certbot for good: it leaves its place by one rename. */
function layAside(dirs: Directories, folder: string, whole: boolean): string | null {
  const suffix = randomBytes(6).toString('hex');
  const place = whole ? join(dirs.work, `.${basename(folder)}.${suffix}.certwright-tmp`) : join(dirs.work, `unrecovered-${basename(folder)}-${suffix}`);
  permitted(folder, 'write', () => renameSync(folder, place));
  fsyncFolder(dirs.work);
  if (!whole) return place;
  rmSync(place, { recursive: true, force: true });
  return null;
}

/** Folders whose removal was cut short. */
function sweep(dirs: Directories): void {
  for (const name of readdirSync(dirs.work).filter(isTemporaryName)) rmSync(join(dirs.work, name), { recursive: true, force: true });
}

/** Keeps a file whose edit is about to be overwritten; where it went, null when it was removed. */
export function keepEdited(dirs: Directories, path: string, now: number): string | null {
  if (!existsSync(path)) return null;
  const folder = join(dirs.work, 'edited');
  permitted(folder, 'create', () => mkdirSync(folder, { recursive: true, mode: 0o755 }));
  const place = join(folder, `${basename(path)}.${now}.${randomBytes(3).toString('hex')}`);
  writeFileAtomic(place, readFileSync(path), { mode: statSync(path).mode & 0o7777, times: statSync(path) });
  return place;
}

function attempt(what: string, problems: string[], step: () => void): boolean {
  try {
    step();
    return true;
  } catch (error) {
    problems.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}
