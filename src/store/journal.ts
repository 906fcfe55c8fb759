import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '../core/errors.js';
import { isTemporaryName, permitted, syncAll, temporaryFor, writeNewFile } from '../system/atomic-file.js';
import { kinds, type Directories, type Kind } from './paths.js';
import { checkLineageName, ownFolder } from './pending.js';
import type { RenewalValue } from './renewal-file.js';

/** The four texts of a version, PEM. */
export type Pems = Readonly<Record<Kind, string>>;

/**
 * What a save is going to do, whole enough that any later run can finish it. Once this is on disk the save has happened;
 * every step that follows may be repeated.
 */
export interface Journal {
  kind: 'new' | 'version' | 'relink';
  name: string;
  /** Name under which the order waits in pending/: a new lineage may have got another one than was wished. */
  wished: string;
  version: number;
  archiveFolder: string;
  /** The links that servers are pointed to. */
  links: Readonly<Record<Kind, string>>;
  /** Inode of live/NAME when the save began; tells it from the folder that stands in for it during the switch. */
  folder: number | null;
  /** Null with `relink`: the version is in the archive already. */
  pems: Pems | null;
  params: Readonly<Record<string, RenewalValue>> | null;
}

const SUFFIX = '.json';

/** Puts the journal on disk: one file, 0600, there as a whole or not at all. Rejects with PermissionMissing. */
export async function writeJournal(dirs: Directories, journal: Journal): Promise<void> {
  checkLineageName(journal.name);
  const folder = ownFolder(dirs, 'journal');
  permitted(folder, 'create', () => mkdirSync(folder, { recursive: true, mode: 0o700 }));
  const path = journalPath(dirs, journal.name);
  const temporary = temporaryFor(path);
  writeNewFile(temporary, `${JSON.stringify(journal)}\n`, { mode: 0o600, sync: false }, path);
  await syncAll([temporary]);
  permitted(path, 'write', () => renameSync(temporary, path));
  await syncAll([folder]);
}

export function journalPath(dirs: Directories, name: string): string {
  return join(ownFolder(dirs, 'journal'), `${name}${SUFFIX}`);
}

/** The journal of this lineage; null when none. Throws StoreError for one that cannot be understood. */
export function readJournal(dirs: Directories, name: string): Journal | null {
  const path = journalPath(dirs, name);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return null;
  }
  try {
    const journal = JSON.parse(text) as Journal;
    if (journal.name === name && Number.isInteger(journal.version) && kinds.every((kind) => typeof journal.links[kind] === 'string')) return journal;
  } catch {
    // Said below.
  }
  throw new StoreError(`${path} cannot be read as the record of a save that was stopped`, { hint: 'Look at it, and move it away when the certificate it names is in order.' });
}

/** Names of the lineages with a journal. Removes what a stop while writing one left. */
export function journalNames(dirs: Directories): string[] {
  const folder = ownFolder(dirs, 'journal');
  let entries: string[];
  try {
    entries = readdirSync(folder);
  } catch {
    return [];
  }
  for (const entry of entries) if (isTemporaryName(entry)) rmSync(join(folder, entry), { force: true });
  return entries.filter((entry) => entry.endsWith(SUFFIX) && !entry.startsWith('.')).map((entry) => entry.slice(0, -SUFFIX.length)).sort();
}

/** The save is complete. */
export async function removeJournal(dirs: Directories, name: string): Promise<void> {
  rmSync(journalPath(dirs, name), { force: true });
  await syncAll([ownFolder(dirs, 'journal')]);
}
