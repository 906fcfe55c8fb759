import { createHash, randomBytes } from 'node:crypto';
import { appendFileSync, chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { StoreError } from '../core/errors.js';
import { codeOf, fsyncFolder, permitted, writeFileAtomic, writeFilesAtomic, type FileToWrite } from '../system/atomic-file.js';
import { backupsFolder, commandRow, digestOf, LEFT_FILE, readCheckpoint, stageFolder, type CheckpointStage } from './checkpoint.js';
import type { Directories } from './paths.js';

/**
 * Keeps files as they are, before they are changed. Each copy is whole before FILEPATHS names it: whatever happens in between,
 * what is named can be put back. The first copy of a file stays (F66). Rejects with StoreError when a file cannot be kept, or holds a
 * challenge at the moment.
 */
export async function recordFiles(dirs: Directories, stage: CheckpointStage, paths: readonly string[], notes: string): Promise<void> {
  if (stage === 'in-progress') refuseChallengeFiles(dirs, paths);
  const folder = ensureStage(dirs, stage);
  const { files } = readCheckpoint(folder);
  const before = files.map(({ path }) => path);
  const known = [...new Set([...before, ...paths])];
  const copies: FileToWrite[] = [];
  for (const [index, path] of known.entries()) {
    if (index < before.length) continue;
    if (/[\r\n]/.test(path)) throw new StoreError(`Unable to add file ${JSON.stringify(path)} to checkpoint ${folder}: its name has a line break.`);
    try {
      const { mode, atime, mtime, uid, gid } = statSync(path);
      copies.push({ path: join(folder, `${basename(path)}_${index}`), data: readFileSync(path), mode: mode & 0o7777, times: { atime, mtime }, owner: { uid, gid } });
    } catch (cause) {
      throw new StoreError(`Unable to add file ${path} to checkpoint ${folder}: ${(cause as Error).message}`, { hint: 'Nothing was changed.', cause });
    }
  }
  try {
    await writeFilesAtomic(copies);
  } catch (cause) {
    throw new StoreError(`Unable to add files to checkpoint ${folder}: ${(cause as Error).message}`, { hint: 'Nothing was changed.', cause });
  }
  if (copies.length > 0) writeList(folder, 'FILEPATHS', known);
  addNotes(folder, notes);
}

/** Names files (or links) that are about to be made, so that undoing removes them. */
export function recordNewFiles(dirs: Directories, stage: CheckpointStage, paths: readonly string[]): void {
  if (paths.length === 0) return;
  if (stage === 'in-progress') refuseChallengeFiles(dirs, paths);
  const folder = ensureStage(dirs, stage);
  const { newFiles } = readCheckpoint(folder);
  writeList(folder, 'NEW_FILES', [...new Set([...newFiles, ...paths])]);
}

/** Notes the command that undoes what is about to be run; undoing runs the last one first. */
export function recordCommand(dirs: Directories, stage: CheckpointStage, undo: readonly string[]): void {
  const folder = ensureStage(dirs, stage);
  const path = join(folder, 'COMMANDS');
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  writeFileAtomic(path, before + commandRow(undo), { mode: 0o644 });
}

/**
 * The changes stay: what is in progress becomes a finished checkpoint of this title (F69), with a note of what every file holds
 * now, by which an edit that comes later is recognised; `held` says it for files that another checkpoint, made right after, changes
 * further (until that one is there, which a kill may prevent, what they hold now is of this one too). Its id, or null when nothing was in progress.
 */
export function finalizeCheckpoint(dirs: Directories, title: string, now: number, held: ReadonlyMap<string, Buffer> = new Map()): string | null {
  const folder = stageFolder(dirs, 'in-progress');
  if (!existsSync(folder)) return null;
  const { files, newFiles, notes } = readCheckpoint(folder);
  const left = leftBy([...files.map(({ path }) => path), ...newFiles], held);
  writeFileAtomic(join(folder, LEFT_FILE), `${JSON.stringify(left, null, 2)}\n`, { mode: 0o644 });
  writeFileAtomic(join(folder, 'CHANGES_SINCE'), `-- ${title.replace(/[\r\n]+/g, ' ')} --\n${notes === '' ? 'No changes\n' : notes}`, { mode: 0o644 });
  // certbot reads FILEPATHS of every finished checkpoint.
  if (files.length === 0) appendFileSync(join(folder, 'FILEPATHS'), '');
  const backups = backupsFolder(dirs);
  makeFolder(backups);
  const id = nextId(readdirSync(backups), now);
  permitted(folder, 'write', () => renameSync(folder, join(backups, id)));
  fsyncFolder(backups);
  fsyncFolder(dirs.work);
  return id;
}

/** A change that was made together with the one before it, and is undone by itself: what its files held in between. */
export interface LaterChange {
  title: string;
  notes: string;
  files: readonly { path: string; text: Buffer }[];
  newFiles: readonly string[];
}

/**
 * Adds a finished checkpoint for a change that is on disk already; it appears whole. `held` as for `finalizeCheckpoint`. What is on disk
 * must have been noted by another checkpoint until now.
 */
export async function addCheckpoint(dirs: Directories, { title, notes, files, newFiles }: LaterChange, now: number, held: ReadonlyMap<string, Buffer>): Promise<void> {
  const backups = backupsFolder(dirs);
  const temporary = join(dirs.work, `.later.${randomBytes(6).toString('hex')}.certwright-tmp`);
  makeFolder(backups);
  makeFolder(temporary);
  await writeFilesAtomic(
    files.map(({ path, text }, index) => {
      const { mode, uid, gid } = statSync(path);
      return { path: join(temporary, `${basename(path)}_${index}`), data: text, mode: mode & 0o7777, owner: { uid, gid } };
    }),
  );
  const left = leftBy([...files.map(({ path }) => path), ...newFiles], held);
  writeList(temporary, 'FILEPATHS', files.map(({ path }) => path));
  if (newFiles.length > 0) writeList(temporary, 'NEW_FILES', newFiles);
  writeFileAtomic(join(temporary, LEFT_FILE), `${JSON.stringify(left, null, 2)}\n`, { mode: 0o644 });
  writeFileAtomic(join(temporary, 'CHANGES_SINCE'), `-- ${title} --\n${notes}\n`, { mode: 0o644 });
  permitted(temporary, 'write', () => renameSync(temporary, join(backups, nextId(readdirSync(backups), now))));
  fsyncFolder(backups);
  fsyncFolder(dirs.work);
}

/** By path: what it holds after this change, and after those that were made with it. */
function leftBy(paths: readonly string[], held: ReadonlyMap<string, Buffer>): Record<string, readonly (string | null)[]> {
  return Object.fromEntries(
    paths.map((path) => {
      const text = held.get(path);
      return [path, [...new Set([...(text ? [createHash('sha256').update(text).digest('hex')] : []), digestOf(path)])]];
    }),
  );
}

/** F69: above all others also when the clock jumped back, and never the same twice. */
export function nextId(others: readonly string[], now: number): string {
  const wanted = String(now / 1000);
  const last = others.filter((name) => /^\d/.test(name)).sort().at(-1);
  if (last === undefined || last < wanted) return wanted;
  return last === wanted ? String(Number((Number(last) + 0.01).toFixed(6))) : String(Number(last) + 1);
}

function ensureStage(dirs: Directories, stage: CheckpointStage): string {
  const folder = stageFolder(dirs, stage);
  makeFolder(folder);
  return folder;
}

function makeFolder(path: string): void {
  try {
    permitted(path, 'create', () => mkdirSync(path));
    chmodSync(path, 0o755);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST' || !lstatSync(path).isDirectory()) throw error;
  }
}

function writeList(folder: string, name: string, all: readonly string[]): void {
  writeFileAtomic(join(folder, name), all.map((path) => `${path}\n`).join(''), { mode: 0o644 });
}

function addNotes(folder: string, notes: string): void {
  const path = join(folder, 'CHANGES_SINCE');
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  if (notes !== '' || before === '') writeFileAtomic(path, before + (notes === '' || notes.endsWith('\n') ? notes : `${notes}\n`), { mode: 0o644 });
}

function refuseChallengeFiles(dirs: Directories, paths: readonly string[]): void {
  const { files, newFiles } = readCheckpoint(stageFolder(dirs, 'temporary'));
  const held = [...files.map(({ path }) => path), ...newFiles].find((path) => paths.includes(path));
  if (held !== undefined) throw new StoreError(`Attempting to overwrite challenge file - ${held}`, { hint: 'The challenge must be cleaned up before the file is changed to stay.' });
}
