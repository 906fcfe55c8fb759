import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { replaceLinks } from '../system/atomic-file.js';
import { finishJournal, type Finish } from './journal-finish.js';
import { journalNames, journalPath, readJournal, writeJournal } from './journal.js';
import { forgetLineage, isAsItWas, type LineageIndex } from './lineage-index.js';
import { versionIn } from './lineage.js';
import { kinds, liveFolder, renewalPath, type Directories } from './paths.js';
import { settlePending, unreadablePending } from './pending.js';
import { readRenewalFile, type RenewalFile } from './renewal-file.js';
import { newestVersion, removeTemporary } from './save-files.js';
import { folderInode } from './switch-folder.js';
import { linkTarget } from './switch-links.js';

/** One thing that was put right, or that a person should look at. */
export interface Recovered {
  what: string;
  path: string;
}

const FINISHED: Readonly<Record<Finish, string>> = {
  done: 'an earlier run was stopped while it saved this certificate; finished',
  superseded: 'an earlier run was stopped while it saved this certificate; a newer version was saved since, so nothing was changed',
  gone: 'an earlier run was stopped while it saved this certificate; it was deleted since, so nothing was changed',
};

/**
 * Puts right what stopped runs left, ours and certbot's, in all lineages; call it with the locks held and before anything is
 * read for a decision. What cannot be put right is told and left alone: it is never a reason to stop. With nothing to do it
 * costs two directory listings and the reading of four links for each lineage, or the look at its folders with an index that knows it.
 */
export async function recover(dirs: Directories, index?: LineageIndex): Promise<Recovered[]> {
  const told: Recovered[] = [];
  const attempt = async (path: string, step: () => string | null | Promise<string | null>): Promise<void> => {
    try {
      const what = await step();
      if (what !== null) told.push({ what, path });
    } catch (error) {
      told.push({ what: `could not be put right: ${error instanceof Error ? error.message : String(error)}`, path });
    }
  };
  for (const name of journalNames(dirs)) {
    await attempt(journalPath(dirs, name), async () => {
      const journal = readJournal(dirs, name);
      return journal ? FINISHED[await finishJournal(dirs, journal)] : null;
    });
  }
  settlePending(dirs);
  for (const { path, reason } of unreadablePending(dirs)) told.push({ what: `the order of an earlier run cannot be read: ${reason}`, path });
  const renewal = join(dirs.config, 'renewal');
  const entries = list(renewal);
  removeTemporary(renewal, entries);
  removeTemporary(join(dirs.config, 'live'), list(join(dirs.config, 'live')));
  for (const entry of entries.filter((file) => file.endsWith('.conf.new'))) {
    await attempt(join(renewal, entry), () => {
      rmSync(join(renewal, entry));
      return 'removed: a renewal file that was not finished';
    });
  }
  for (const entry of entries.filter((file) => file.endsWith('.conf') && file !== '.conf')) {
    const name = basename(entry, '.conf');
    if (index && isAsItWas(index, dirs, name)) {
      index.inOrder.add(name);
      continue;
    }
    await attempt(liveFolder(dirs, name), async () => {
      const settled = await settleLineage(dirs, name);
      if (settled === true) index?.inOrder.add(name);
      else if (index) forgetLineage(index, dirs, name);
      return typeof settled === 'string' ? settled : null;
    });
  }
  return told;
}

/** True when the lineage is in order, null when it is so broken that it is for a person to mend, otherwise what was done. */
async function settleLineage(dirs: Directories, name: string): Promise<true | string | null> {
  let folder = liveFolder(dirs, name);
  let files = list(folder);
  let file: RenewalFile | null = null;
  if (files.length === 0) {
    file = parsed(dirs, name);
    if (!file) return null;
    folder = dirname(file.links.cert);
    files = list(folder);
  }
  removeTemporary(folder, files);
  const previous = files.filter((entry) => /^previous_(?:cert|privkey|chain|fullchain)\.pem$/.test(entry));
  const state = versionsOf(folder);
  if (previous.length === 0 && state.now.every((version) => version !== null && version >= state.newest)) return true;
  file ??= parsed(dirs, name);
  if (!file) return null;
  const { links, archiveDir = state.archive } = file;
  if (archiveDir === null) return null;
  // The usual guess about the links was only good enough to see that all is well.
  const newest = newestVersion(archiveDir);
  const present = kinds.map((kind) => versionIn(linkTarget(links[kind]), kind));
  const behind = present.every((version) => version !== null) && Math.min(...present.map((version) => version ?? 0)) < newest;
  const rolledBack = previous.length === kinds.length && previous.every((entry) => existsSync(join(folder, entry)));
  let what: string | null = null;
  if ((behind || rolledBack) && isSound(archiveDir, newest)) {
    const already = present.every((version) => version === newest);
    if (!already) await relink(dirs, name, file, archiveDir, newest);
    if (!already) what = 'found a new certificate in the archive that was not linked to in live; fixed';
  } else if (rolledBack) {
    await replaceLinks(kinds.map((kind) => ({ path: links[kind], target: linkTarget(join(folder, `previous_${kind}.pem`)) ?? '' })));
    what = 'certbot was stopped while it changed the links; they lead to the version before again';
  }
  for (const entry of previous) rmSync(join(folder, entry), { force: true });
  return what ?? (previous.length > 0 ? 'removed: links of a change that certbot had finished or not begun' : null);
}

/** Journaled as a save is, so that readers see the four links change at once and a stop does no harm. */
async function relink(dirs: Directories, name: string, { links }: RenewalFile, archiveFolder: string, version: number): Promise<void> {
  await writeJournal(dirs, { kind: 'relink', name, wished: name, version, archiveFolder, links, folder: folderInode(dirname(links.cert)), pems: null, params: null });
  const journal = readJournal(dirs, name);
  if (journal) await finishJournal(dirs, journal);
}

/** What the four links of a folder lead to, and the newest version that is there. */
function versionsOf(folder: string): { now: (number | null)[]; newest: number; archive: string | null } {
  const targets = kinds.map((kind) => ({ kind, target: linkTarget(join(folder, `${kind}.pem`)) }));
  const now = targets.map(({ kind, target }) => versionIn(target, kind));
  const first = targets[0]?.target ?? null;
  const archive = first === null ? null : join(first.startsWith('/') ? '' : folder, dirname(first));
  return { now, newest: archive === null ? 0 : newestVersion(archive), archive };
}

/** A version that a stop cut short has all four files too, but the last one is not whole: servers must not get it. */
function isSound(archive: string, version: number): boolean {
  if (version === 0) return false;
  try {
    const [cert = '', privkey = '', chain = '', fullchain = ''] = kinds.map((kind) => readFileSync(join(archive, `${kind}${version}.pem`), 'utf8'));
    return fullchain === cert + chain && new X509Certificate(cert).checkPrivateKey(createPrivateKey(privkey));
  } catch {
    return false;
  }
}

function parsed(dirs: Directories, name: string): RenewalFile | null {
  try {
    return readRenewalFile(renewalPath(dirs, name));
  } catch {
    return null;
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
