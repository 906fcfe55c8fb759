import { lstatSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreError } from '../core/errors.js';
import { finishJournal } from './journal-finish.js';
import { readJournal, writeJournal, journalPath, type Journal, type Pems } from './journal.js';
import { newLinks, nextVersion, readLineage } from './lineage.js';
import { archiveFolder, liveFolder, renewalPath, type Directories, type Kind } from './paths.js';
import type { RenewalValue } from './renewal-file.js';
import { folderInode } from './switch-folder.js';
import { blockedLink } from './switch-links.js';

/** Where a saved version is used from. */
export interface Saved {
  name: string;
  version: number;
  /** The links that servers are pointed to. */
  files: Readonly<Record<Kind, string>>;
  liveFolder: string;
}

/**
 * Saves a certificate as a lineage of its own. With `mayChange` a name that is taken becomes NAME-0001 … (F20); else, and
 * for folders that stand in the way (F04), StoreError. A stop at any point leaves nothing that certbot would list, or is
 * finished by `recover`. Also throws PermissionMissing.
 */
export async function saveNewLineage(
  dirs: Directories,
  wish: { name: string; mayChange: boolean },
  pems: Pems,
  params: Readonly<Record<string, RenewalValue>>,
): Promise<Saved> {
  checkPems(pems);
  await finishEarlier(dirs, wish.name);
  const name = freeName(dirs, wish);
  const [archive, live] = [archiveFolder(dirs, name), liveFolder(dirs, name)];
  for (const [what, folder] of [['archive', archive], ['live', live]] as const) {
    if (inTheWay(folder)) throw new StoreError(`${what} directory exists for ${name}`, { hint: `Look at ${folder} and move it away, or choose another name with --cert-name. The certificate is not lost: the next run fetches it.` });
  }
  return save(dirs, { kind: 'new', name, wished: wish.name, version: 1, archiveFolder: archive, links: newLinks(dirs, name), folder: null, pems, params });
}

/**
 * Saves a certificate as the next version of a lineage and brings it into use: the links change at once where the system
 * can do that. Parameters replace those of the renewal file. A stop at any point leaves the old version in use or the new
 * one, and `recover` finishes it. Throws StoreError (a broken lineage), PermissionMissing.
 */
export async function saveNewVersion(dirs: Directories, name: string, pems: Pems, params: Readonly<Record<string, RenewalValue>>): Promise<Saved> {
  checkPems(pems);
  await finishEarlier(dirs, name);
  const { archiveFolder: archive, live } = readLineage(dirs, name);
  const blocked = blockedLink(live);
  if (blocked !== null) throw new StoreError(`expected ${blocked} to be a symlink`, { hint: 'Put the file elsewhere: a new certificate would have to replace it.' });
  return save(dirs, { kind: 'version', name, wished: name, version: nextVersion(dirs, name), archiveFolder: archive, links: live, folder: folderInode(dirname(live.cert)), pems, params });
}

async function save(dirs: Directories, journal: Journal): Promise<Saved> {
  await writeJournal(dirs, journal);
  const { name, version, links } = journal;
  if ((await finishJournal(dirs, journal)) !== 'done') throw new StoreError(`Another program changed the certificate ${name} while its new version was saved`, { hint: 'Run the same command again.' });
  return { name, version, files: links, liveFolder: dirname(links.cert) };
}

/** A save of this lineage that was stopped comes first: its journal would be written over otherwise. */
async function finishEarlier(dirs: Directories, name: string): Promise<void> {
  const earlier = readJournal(dirs, name);
  if (earlier) await finishJournal(dirs, earlier);
}

function freeName(dirs: Directories, { name, mayChange }: { name: string; mayChange: boolean }): string {
  for (let number = 0; number <= 9999; number += 1) {
    const candidate = number === 0 ? name : `${name}-${String(number).padStart(4, '0')}`;
    if (![renewalPath(dirs, candidate), journalPath(dirs, candidate)].some((path) => lstatSync(path, { throwIfNoEntry: false }))) return candidate;
    if (!mayChange) break;
  }
  throw new StoreError(`There is a certificate named ${name} already: ${renewalPath(dirs, name)}`, { hint: 'Choose another name with --cert-name.' });
}

/** F04: both folders must be absent or empty. */
function inTheWay(folder: string): boolean {
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  return stats !== undefined && (!stats.isDirectory() || readdirSync(folder).length > 0);
}

function checkPems(pems: Pems): void {
  for (const kind of ['cert', 'fullchain'] as const) if (!pems[kind].includes('-----BEGIN CERTIFICATE-----')) throw new StoreError(`There is no certificate to save (${kind})`);
  if (!pems.privkey.includes('PRIVATE KEY-----')) throw new StoreError('There is no private key to save');
}
