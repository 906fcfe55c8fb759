import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { codeOf, isTemporaryName, permitted } from '../system/atomic-file.js';
import type { Directories } from './paths.js';

/** Where changes of server configuration are noted before they are made: for a challenge, or to stay (F65). */
export type CheckpointStage = 'temporary' | 'in-progress';

/** One folder of certbot's checkpoints, as far as it can be read (F66). */
export interface Checkpoint {
  folder: string;
  /** The folder's name; of a finished one the seconds since the epoch with a fraction. */
  id: string;
  /** null = not finished, or nobody gave one. */
  title: string | null;
  /** All of CHANGES_SINCE. */
  notes: string;
  /** Files that were there before, and where their copy is. */
  files: readonly { path: string; copy: string }[];
  /** Files that were made. */
  newFiles: readonly string[];
  /** Commands that undo others, in the order they were noted. */
  commands: readonly (readonly string[])[];
  /**
   * What each file may hold after the change, as SHA-256, null = it is not there: two, where another change was made together with it, whose
   * checkpoint may be missing. Null when certbot made the checkpoint.
   */
  left: Readonly<Record<string, readonly (string | null)[]>> | null;
}

/** Ours beside certbot's files, which does not look at it. */
export const LEFT_FILE = 'CERTWRIGHT_LEFT';

export function stageFolder(dirs: Directories, stage: CheckpointStage): string {
  return join(dirs.work, stage === 'temporary' ? 'temp_checkpoint' : 'IN_PROGRESS');
}

export function backupsFolder(dirs: Directories): string {
  return join(dirs.work, 'backups');
}

/** Did a stopped run leave a change of server configuration that nobody said shall stay (F67)? One look at one folder. */
export function changesUnfinished(dirs: Directories): boolean {
  const stages = (['temporary', 'in-progress'] as const).map((stage) => basename(stageFolder(dirs, stage)));
  return readdirSync(dirs.work).some((name) => stages.includes(name) || isTemporaryName(name));
}

/** Finished checkpoints, newest first by the order of their names (F68). What is not named by a time is left out. */
export function listCheckpoints(dirs: Directories): readonly Checkpoint[] {
  let names: string[];
  try {
    names = permitted(backupsFolder(dirs), 'read', () => readdirSync(backupsFolder(dirs)));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
  return names
    .filter((name) => /^\d+(?:\.\d+)?$/.test(name))
    .sort((a, b) => (a < b ? 1 : -1))
    .map((name) => readCheckpoint(join(backupsFolder(dirs), name)));
}

/** Milliseconds since the epoch at which a checkpoint was finished. */
export function checkpointTime({ id }: Pick<Checkpoint, 'id'>): number {
  return Math.round(Number(id) * 1000);
}

/** Reads one folder; a file of it that is missing counts as empty. Throws PermissionMissing. */
export function readCheckpoint(folder: string): Checkpoint {
  const notes = readText(join(folder, 'CHANGES_SINCE')) ?? '';
  const paths = linesOf(join(folder, 'FILEPATHS'));
  return {
    folder,
    id: basename(folder),
    title: /^-- (.*) --$/m.exec(notes.split('\n', 1)[0] ?? '')?.[1] ?? null,
    notes,
    files: paths.map((path, index) => ({ path, copy: join(folder, `${basename(path)}_${index}`) })),
    newFiles: linesOf(join(folder, 'NEW_FILES')),
    commands: readCommands(readText(join(folder, 'COMMANDS')) ?? ''),
    left: readLeft(join(folder, LEFT_FILE)),
  };
}

/** SHA-256 in hexadecimal of a file's bytes, links followed; null when it is not there. */
export function digestOf(path: string): string | null {
  const bytes = readBytes(path);
  return bytes === null ? null : createHash('sha256').update(bytes).digest('hex');
}

/** A file's bytes, links followed; null when it is not there or leads nowhere. Throws PermissionMissing. */
export function readBytes(path: string): Buffer | null {
  try {
    return permitted(path, 'read', () => readFileSync(path));
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null;
    throw error;
  }
}

function readText(path: string): string | null {
  return readBytes(path)?.toString('utf8') ?? null;
}

function linesOf(path: string): readonly string[] {
  return (readText(path) ?? '').split('\n').filter((line) => line !== '');
}

function readLeft(path: string): Checkpoint['left'] {
  if (!existsSync(path)) return null;
  try {
    const parsed: unknown = JSON.parse(readText(path) ?? '');
    if (typeof parsed !== 'object' || parsed === null) return null;
    const isDigest = (value: unknown): value is string | null => value === null || typeof value === 'string';
    return Object.fromEntries(Object.entries(parsed).map(([file, digests]): [string, (string | null)[]] => [file, (Array.isArray(digests) ? (digests as unknown[]) : [digests]).filter(isDigest)]));
  } catch {
    return null;
  }
}

/** COMMANDS is CSV as Python's csv module writes it: one command a line, words with commas or quotes in double quotes. */
export function readCommands(text: string): readonly (readonly string[])[] {
  const commands: string[][] = [];
  for (const line of text.match(/(?:"(?:[^"]|"")*"|[^"\r\n])+/g) ?? []) {
    commands.push((line.match(/(?<=^|,)(?:"(?:[^"]|"")*"|[^,]*)/g) ?? []).map((word) => (word.startsWith('"') ? word.slice(1, -1).replaceAll('""', '"') : word)));
  }
  return commands;
}

export function commandRow(words: readonly string[]): string {
  return `${words.map((word) => (/[",\r\n]/.test(word) ? `"${word.replaceAll('"', '""')}"` : word)).join(',')}\r\n`;
}
