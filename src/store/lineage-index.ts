import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '../system/atomic-file.js';
import type { Installed } from './lineage.js';
import { archiveFolder, kinds, liveFolder, renewalPath, type Directories } from './paths.js';
import { ownFolder } from './pending.js';
import type { RenewalFile } from './renewal-file.js';

/**
 * What an earlier run read of the lineages, so that a timer's `renew` of thousands that finds nothing changed reads none of their files again.
 * As git's index: a part counts as long as inode, size and times of what it was read from are the same. It can be deleted at any time.
 */
export interface LineageIndex {
  entries: ReadonlyMap<string, Entry>;
  /** When this run began to look, milliseconds since the epoch. */
  since: number;
  /** What this run has looked at, by path; each once, for the locks are held. */
  stamps: Map<string, Stamp>;
  /** Lineages of which recovery saw that nothing is to be put right. */
  inOrder: Set<string>;
  /** What this run found, to be remembered in turn. */
  found: Map<string, Entry<Date>>;
}

/** Times are text in the file. */
interface Entry<Time = string> {
  stamps: Stamps;
  renewal: RenewalFile;
  installed: Omit<Installed, 'notBefore' | 'notAfter'> & { notBefore: Time; notAfter: Time };
}

interface Stamps {
  renewal: string;
  live: string;
  archive: string;
  cert: string;
}

/** What tells that a file or folder is still as it was (empty when it is not there), and its last change in milliseconds since the epoch. */
interface Stamp {
  is: string;
  changed: number;
}

const PARTS = ['renewal', 'live', 'archive', 'cert'] as const;

/** Another form of what is remembered makes older files count for nothing. */
const FORMAT = 1;
/** Milliseconds: two changes within one tick of a file system's clock look like one, so what was changed just now is not remembered. */
const TICK = 2000;

/** What is remembered; nothing when there is none or it cannot be read. Call it with the locks held. */
export function openLineageIndex(dirs: Directories): LineageIndex {
  return { entries: remembered(dirs), since: Date.now(), stamps: new Map(), inOrder: new Set(), found: new Map() };
}

function remembered(dirs: Directories): ReadonlyMap<string, Entry> {
  try {
    const { format, config, entries } = JSON.parse(readFileSync(pathOf(dirs), 'utf8')) as { format: number; config: string; entries: Record<string, Entry> };
    // A folder that was moved holds files that nothing happened to, and that lead elsewhere.
    return new Map(format === FORMAT && config === dirs.config ? Object.entries(entries) : []);
  } catch {
    return new Map();
  }
}

/** The renewal file as it was read before, if nothing happened to it. */
export function rememberedRenewal(index: LineageIndex, dirs: Directories, name: string): RenewalFile | undefined {
  const known = index.entries.get(name);
  return known && known.stamps.renewal === stampOf(index, renewalPath(dirs, name)).is ? known.renewal : undefined;
}

/** What the links in the usual folder led to, if nothing happened to it, to the archive and to the certificate. */
export function rememberedInstalled(index: LineageIndex, dirs: Directories, name: string): Installed | undefined {
  const known = index.entries.get(name);
  if (!known || !isAsItWas(index, dirs, name)) return undefined;
  const { installed } = known;
  return { ...installed, notBefore: new Date(installed.notBefore), notAfter: new Date(installed.notAfter) };
}

/** Whether links, archive and certificate are as they were: then there is nothing to recover, as there was nothing. */
export function isAsItWas(index: LineageIndex, dirs: Directories, name: string): boolean {
  const known = index.entries.get(name);
  return known !== undefined && installedPaths(dirs, name).every(([part, path]) => stampOf(index, path).is === known.stamps[part]);
}

/** Whether its links are those that certbot makes: the index looks at no others. */
export function hasUsualLinks({ links }: RenewalFile, dirs: Directories, name: string): boolean {
  const live = liveFolder(dirs, name);
  return kinds.every((kind) => links[kind] === `${live}/${kind}.pem`);
}

/**
 * Notes what was read of a lineage; not of one that is not in order, lies elsewhere, or whose certificate was changed just now. A renewal
 * file that was, as each is when its CA was asked, is read again the next time, and nothing else is.
 */
export function noteLineage(index: LineageIndex, dirs: Directories, name: string, renewal: RenewalFile, installed: Installed): void {
  if (!index.inOrder.has(name) || !hasUsualLinks(renewal, dirs, name)) return;
  const archive = archiveFolder(dirs, name);
  if (kinds.some((kind) => dirname(installed.files[kind]) !== archive)) return;
  const settled = (path: string): string => {
    const { is, changed } = stampOf(index, path);
    return changed > index.since - TICK ? '' : is;
  };
  const stamps = Object.fromEntries([['renewal', settled(renewalPath(dirs, name))], ...installedPaths(dirs, name).map(([part, path]) => [part, settled(path)])]) as unknown as Stamps;
  if (stamps.live !== '' && stamps.archive !== '' && stamps.cert !== '') index.found.set(name, { stamps, renewal, installed });
}

/** This run has changed something of it: its folders are looked at again. */
export function forgetLineage(index: LineageIndex, dirs: Directories, name: string): void {
  for (const [, path] of installedPaths(dirs, name)) index.stamps.delete(path);
}

/** Remembers what this run found, if that is not what was remembered. Trouble is no matter: the next run reads the files. */
export function writeLineageIndex(index: LineageIndex, dirs: Directories): void {
  const { entries, found } = index;
  if (entries.size === found.size && [...found].every(([name, { stamps }]) => PARTS.every((part) => stamps[part] === entries.get(name)?.stamps[part]))) return;
  try {
    mkdirSync(ownFolder(dirs, 'lineage-index'), { recursive: true, mode: 0o700 });
    writeFileAtomic(pathOf(dirs), JSON.stringify({ format: FORMAT, config: dirs.config, entries: Object.fromEntries(found) }), { mode: 0o600 });
  } catch {
    // Read-only, or full.
  }
}

/** What `installed` was read from. */
function installedPaths(dirs: Directories, name: string): readonly (readonly ['live' | 'archive' | 'cert', string])[] {
  const live = liveFolder(dirs, name);
  return [['live', live], ['archive', archiveFolder(dirs, name)], ['cert', `${live}/cert.pem`]];
}

function stampOf({ stamps }: LineageIndex, path: string): Stamp {
  const known = stamps.get(path);
  if (known) return known;
  const file = statSync(path, { throwIfNoEntry: false });
  const stamp = file ? { is: `${file.ino}:${file.size}:${file.mtimeMs}:${file.ctimeMs}`, changed: file.ctimeMs } : { is: '', changed: 0 };
  stamps.set(path, stamp);
  return stamp;
}

function pathOf(dirs: Directories): string {
  return join(ownFolder(dirs, 'lineage-index'), 'index.json');
}
