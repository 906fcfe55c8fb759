import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, unlinkSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { StoreError } from '../core/errors.js';
import { configText, parseConfig, setValue } from '../system/configobj.js';
import { fsyncFolder, permitted, replaceLinks, temporaryFor, writeFileAtomic } from '../system/atomic-file.js';
import { checkpointTime, listCheckpoints, type Checkpoint } from './checkpoint.js';
import { readDeployQueue, writeDeployQueue } from './deploy-queue.js';
import { hasUsualLinks } from './lineage-index.js';
import { changeOwnSection } from './own-section.js';
import { archiveFolder, kinds, liveFolder, renewalPath, type Directories } from './paths.js';
import { checkLineageName, ownFolder, readPending } from './pending.js';
import { readAdvice, writeAdvice } from './renewal-advice.js';
import { readRenewalFile, understood } from './renewal-file.js';
import { changeRenewalNotes, readRenewalNotes } from './renewal-notes.js';
import { writeRenewalFile } from './save-files.js';
import { linkTarget } from './switch-links.js';

/** A lineage that gets another name, noted before anything is done. */
export interface Renaming {
  from: string;
  to: string;
  /** Milliseconds since the epoch. */
  since: number;
}

/** Title of the checkpoint that has the servers use the new name: when it is there, what is left is done; before, all is put back. It goes at the end. */
export function renamingTitle({ from, to }: Pick<Renaming, 'from' | 'to'>): string {
  return `Renamed ${from} to ${to}`;
}

/**
 * Makes the files of a lineage available under another name too: the archive by hard links, so that nothing is copied, and the links of
 * live/. No renewal file names them yet, so for every client there is one lineage, the old one. Throws StoreError for a name that is taken or
 * cannot be one, and for a lineage that cannot be renamed.
 */
export async function beginRenaming(dirs: Directories, from: string, to: string, now: number): Promise<Renaming> {
  checkLineageName(to);
  if (/[\s"'`\\;{}()#$<>*?|&]/.test(to)) throw new StoreError(`${JSON.stringify(to)} cannot be the name of a certificate: configurations of servers could not name its files.`, { hint: 'Use letters, digits, dots and dashes.' });
  const renewal = readRenewalFile(renewalPath(dirs, from));
  if (!hasUsualLinks(renewal, dirs, from) || (renewal.archiveDir ?? archiveFolder(dirs, from)) !== archiveFolder(dirs, from)) throw new StoreError(`The certificate ${from} cannot be renamed: its renewal file ${renewal.path} has its files elsewhere than below ${dirs.config}.`);
  for (const path of [renewalPath(dirs, to), liveFolder(dirs, to), archiveFolder(dirs, to)]) if (existsSync(path)) throw new StoreError(`The name ${to} is taken: ${path} is there.`, { hint: 'Choose another name; `certificates` lists those that are there.' });
  if (readPending(dirs, from)) throw new StoreError(`The certificate ${from} cannot be renamed now: an order of it is open.`, { hint: 'Finish it with `resume` first.' });
  const renaming = { from, to, since: now };
  const folder = ownFolder(dirs, 'renaming');
  permitted(folder, 'create', () => mkdirSync(folder, { recursive: true, mode: 0o700 }));
  fsyncFolder(dirname(folder));
  writeFileAtomic(notePath(dirs, from), `${JSON.stringify(renaming)}\n`, { mode: 0o600 });
  await mirror(dirs, renaming);
  return renaming;
}

/** From now on the lineage has the new name; the old one goes with everything that is left of it. May be called again after a stop. */
export async function finishRenaming(dirs: Directories, renaming: Renaming): Promise<void> {
  const { from, to } = renaming;
  const [old, fresh] = [renewalPath(dirs, from), renewalPath(dirs, to)];
  if (existsSync(old)) {
    // Another client may have renewed it since.
    await mirror(dirs, renaming);
    writeRenewalFile(fresh, renamedText(readFileSync(old, 'utf8'), dirs, to, old));
    permitted(old, 'write', () => unlinkSync(old));
    fsyncFolder(dirname(old));
  }
  const { partner } = readRenewalFile(fresh);
  if (partner !== undefined && existsSync(renewalPath(dirs, partner))) changeOwnSection(renewalPath(dirs, partner), { values: { partner: to } });
  const queue = readDeployQueue(dirs, from);
  if (queue.length > 0) writeDeployQueue(dirs, to, queue);
  writeDeployQueue(dirs, from, []);
  const { [from]: notes } = readRenewalNotes(dirs);
  if (notes) changeRenewalNotes(dirs, { [to]: notes, [from]: null });
  const { [from]: advice, ...others } = readAdvice(dirs);
  if (advice) writeAdvice(dirs, { ...others, [to]: advice });
  removeFiles(dirs, from);
  // Undoing it by itself would have servers name files that are gone; without it, older checkpoints find their files edited since.
  for (const { folder } of checkpointsOf(dirs, renaming)) {
    const aside = join(dirs.work, `.renamed.${randomBytes(6).toString('hex')}.certwright-tmp`);
    permitted(folder, 'write', () => renameSync(folder, aside));
    rmSync(aside, { recursive: true, force: true });
  }
  const done = listRenamings(dirs);
  if (!done.some((each) => each.from === from && each.to === to && each.since === renaming.since)) writeFileAtomic(donePath(dirs), [...done, renaming].map((each) => `${JSON.stringify(each)}\n`).join(''), { mode: 0o600 });
  rmSync(notePath(dirs, from), { force: true });
}

/** Names that were changed, oldest first: what is older than that speaks of files that are gone. Lines that cannot be read are left out. */
export function listRenamings(dirs: Directories): readonly Renaming[] {
  let text: string;
  try {
    text = readFileSync(donePath(dirs), 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => renamingIn(line) ?? []);
}

/** Null for what is no note of a renaming. */
function renamingIn(text: string): Renaming | null {
  try {
    const { from, to, since } = JSON.parse(text) as Partial<Record<keyof Renaming, unknown>>;
    if (typeof from !== 'string' || typeof to !== 'string' || typeof since !== 'number') return null;
    checkLineageName(from);
    checkLineageName(to);
    return { from, to, since };
  } catch {
    return null;
  }
}

function donePath(dirs: Directories): string {
  return join(ownFolder(dirs, 'renaming'), 'done.jsonl');
}

function checkpointsOf(dirs: Directories, renaming: Renaming): readonly Checkpoint[] {
  return listCheckpoints(dirs).filter((checkpoint) => checkpoint.title === renamingTitle(renaming) && checkpointTime(checkpoint) >= renaming.since);
}

/** Nothing refers to the new name: its files go, and all is as it was. */
export function cancelRenaming(dirs: Directories, { from, to }: Renaming): void {
  removeFiles(dirs, to);
  rmSync(notePath(dirs, from), { force: true });
}

/**
 * What stopped runs left of a change of name is finished when the servers use the new one, else put back. Server configuration that was half
 * changed must have been put back before. Tells what was done, and what could not be (U35).
 */
export async function settleRenamings(dirs: Directories): Promise<readonly { what: string; path: string }[]> {
  const told: { what: string; path: string }[] = [];
  for (const renaming of readRenamings(dirs)) {
    const { from, to } = renaming;
    const switched = existsSync(renewalPath(dirs, to)) || (existsSync(renewalPath(dirs, from)) && checkpointsOf(dirs, renaming).length > 0);
    const path = liveFolder(dirs, switched ? to : from);
    try {
      if (switched) await finishRenaming(dirs, renaming);
      else cancelRenaming(dirs, renaming);
      told.push({ what: `an earlier run was stopped while it gave this certificate ${switched ? 'its name; finished' : 'another name; put back as it was'}`, path });
    } catch (error) {
      told.push({ what: `could not be given its name: ${error instanceof Error ? error.message : String(error)}`, path });
    }
  }
  return told;
}

function readRenamings(dirs: Directories): readonly Renaming[] {
  let entries: string[];
  try {
    entries = readdirSync(ownFolder(dirs, 'renaming'));
  } catch {
    return [];
  }
  return entries.filter((entry) => entry.endsWith('.json') && !entry.startsWith('.')).flatMap((entry) => {
    try {
      const renaming = renamingIn(readFileSync(join(ownFolder(dirs, 'renaming'), entry), 'utf8'));
      return renaming !== null && entry === `${renaming.from}.json` ? [renaming] : [];
    } catch {
      return [];
    }
  });
}

/** Every file of the archive, and the four links to the versions that the old ones lead to. */
async function mirror(dirs: Directories, { from, to }: Renaming): Promise<void> {
  const [oldArchive, archive] = [archiveFolder(dirs, from), archiveFolder(dirs, to)];
  const [oldLive, live] = [liveFolder(dirs, from), liveFolder(dirs, to)];
  for (const [old, fresh] of [[oldArchive, archive], [oldLive, live]] as const) if (!existsSync(fresh)) permitted(fresh, 'create', () => mkdirSync(fresh, { mode: statSync(old).mode & 0o777 }));
  for (const file of readdirSync(oldArchive)) linkFile(join(oldArchive, file), join(archive, file));
  if (existsSync(join(oldLive, 'README'))) linkFile(join(oldLive, 'README'), join(live, 'README'));
  await replaceLinks(kinds.map((kind) => ({ path: join(live, `${kind}.pem`), target: relative(live, join(archive, basename(linkTarget(join(oldLive, `${kind}.pem`)) ?? ''))) })));
  for (const folder of [archive, live, dirname(archive), dirname(live)]) fsyncFolder(folder);
}

function linkFile(from: string, to: string): void {
  const [own, present] = [statSync(from), statSync(to, { throwIfNoEntry: false })];
  if (present?.ino === own.ino && present.dev === own.dev) return;
  const temporary = temporaryFor(to);
  permitted(to, 'create', () => linkSync(from, temporary));
  renameSync(temporary, to);
}

function removeFiles(dirs: Directories, name: string): void {
  for (const folder of [liveFolder(dirs, name), archiveFolder(dirs, name)]) permitted(folder, 'write', () => rmSync(folder, { recursive: true, force: true }));
}

/** The renewal file as it names the files by the new name; all else in it stays. */
function renamedText(text: string, dirs: Directories, to: string, path: string): string {
  return understood(path, () => {
    let document = setValue(parseConfig(text), [], 'archive_dir', archiveFolder(dirs, to));
    for (const kind of kinds) document = setValue(document, [], kind, join(liveFolder(dirs, to), `${kind}.pem`));
    return configText(document);
  });
}

function notePath(dirs: Directories, from: string): string {
  return join(ownFolder(dirs, 'renaming'), `${from}.json`);
}
