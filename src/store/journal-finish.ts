import { lstatSync, readFileSync, readdirSync, rmdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { replaceLink, syncAll } from '../system/atomic-file.js';
import { removeJournal, type Journal, type Pems } from './journal.js';
import { kinds, renewalPath, type Directories } from './paths.js';
import { readPending, removePending } from './pending.js';
import { editRenewalText, renewalText } from './renewal-file.js';
import { makeFile, makeFolder, newestVersion, pruneVersions, removeTemporary, versionState, writeRenewalFile, writeVersion } from './save-files.js';
import { readmeText } from './save-readme.js';
import { settleFolder } from './switch-folder.js';
import { linkTarget, switchLinks } from './switch-links.js';

/** `superseded`: another program saved a newer version meanwhile; `gone`: the lineage was deleted. Both leave nothing to do. */
export type Finish = 'done' | 'superseded' | 'gone';

/**
 * Does what the journal says, from wherever an earlier run was stopped, then removes it. The save itself is nothing but
 * this, so what a stopped run did and what its successor does cannot differ. Rejects with PermissionMissing, StoreError; the
 * journal stays then.
 */
export async function finishJournal(dirs: Directories, journal: Journal): Promise<Finish> {
  if (journal.folder !== null) await settleFolder(dirname(journal.links.cert), journal.folder);
  const finish = journal.kind === 'new' ? await finishNew(dirs, journal) : await finishVersion(dirs, journal);
  if (finish === 'done' && journal.pems) forgetOrder(dirs, journal.wished, journal.pems);
  await removeJournal(dirs, journal.name);
  return finish;
}

/** certbot sees the lineage when its renewal file appears: that is the last step. */
async function finishNew(dirs: Directories, { name, version, archiveFolder, links, pems, params }: Journal): Promise<Finish> {
  if (!pems || versionState(archiveFolder, version, pems) === 'foreign') return 'superseded';
  const live = dirname(links.cert);
  for (const parent of [dirname(archiveFolder), dirname(live)]) makeFolder(parent, 0o700);
  makeFolder(archiveFolder, 0o755);
  await writeVersion(archiveFolder, version, pems, null);
  await syncAll([dirname(archiveFolder)]);
  makeFile(join(dirname(live), 'README'), readmeText('[cert name]/'));
  makeFolder(live, 0o755);
  for (const kind of kinds) {
    const target = relative(live, join(archiveFolder, `${kind}${version}.pem`));
    if (!lstatSync(links[kind], { throwIfNoEntry: false })) symlinkSync(target, links[kind]);
    else if (linkTarget(links[kind]) !== target) await replaceLink(links[kind], target);
  }
  makeFile(join(live, 'README'), readmeText(''));
  await syncAll([live, dirname(live)]);
  const path = renewalPath(dirs, name);
  makeFolder(dirname(path), 0o700);
  // Something stands there already: this run's predecessor came so far, or a person has put the file in order since.
  if ((textOf(path) ?? '') === '') writeRenewalFile(path, renewalText({ archiveDir: archiveFolder, links, params: params ?? {} }));
  return 'done';
}

async function finishVersion(dirs: Directories, { name, version, archiveFolder, links, pems, params }: Journal): Promise<Finish> {
  const path = renewalPath(dirs, name);
  const text = textOf(path);
  if (text === null) {
    clearDeleted(dirname(links.cert));
    return 'gone';
  }
  if (newestVersion(archiveFolder) > version || (pems && versionState(archiveFolder, version, pems) === 'foreign')) {
    removeTemporary(archiveFolder, readdirSync(archiveFolder));
    return 'superseded';
  }
  if (pems) {
    await writeVersion(archiveFolder, version, pems, links.privkey);
    if (params) writeRenewalFile(path, editRenewalText(text, { params }, path));
  }
  await switchLinks(links, archiveFolder, version);
  pruneVersions(archiveFolder, version, kinds.map((kind) => resolve(dirname(links[kind]), linkTarget(links[kind]) ?? '')));
  return 'done';
}

/** The order that this certificate came from is not waited for any more. */
function forgetOrder(dirs: Directories, name: string, pems: Pems): void {
  const pending = readPending(dirs, name);
  if (pending && pending.privateKey.trim() === pems.privkey.trim()) removePending(dirs, name);
}

/** certbot deleted the lineage between our stop and now: what it would have removed of the folder goes too (F22). */
function clearDeleted(live: string): void {
  const dangling = kinds.map((kind) => join(live, `${kind}.pem`)).filter((link) => linkTarget(link) !== null);
  for (const link of dangling) quietly(() => unlinkSync(link));
  quietly(() => {
    if (readdirSync(live).join() === 'README') unlinkSync(join(live, 'README'));
  });
  quietly(() => rmdirSync(live));
}

function quietly(step: () => void): void {
  try {
    step();
  } catch {
    // Not there, or not empty: as certbot leaves it.
  }
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (!lstatSync(path, { throwIfNoEntry: false })) return null;
    throw error;
  }
}
