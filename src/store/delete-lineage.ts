import { existsSync, lstatSync, readdirSync, rmSync, rmdirSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StoreError } from '../core/errors.js';
import type { StoredExport } from '../core/export-target.js';
import { permitted } from '../system/atomic-file.js';
import { writeDeployQueue } from './deploy-queue.js';
import { removeKeptPassword } from './export-passwords.js';
import { storedExports } from './export-targets.js';
import { archiveFolder, kinds, liveFolder, renewalPath, type Directories } from './paths.js';
import { changeRenewalNotes } from './renewal-notes.js';
import { readRenewalFile } from './renewal-file.js';

/**
 * Removes everything of one lineage in certbot's order (F22): the renewal file first, so that nothing renews what is half
 * gone, also when it cannot be read; then the links, README and folder of live/, then the archive, then the memory of deploy
 * hooks that wait, passwords that were kept for its exports, and our notes. Exported files stay. Throws StoreError when there is no such lineage.
 */
export function deleteLineage(dirs: Directories, name: string): void {
  const path = renewalPath(dirs, name);
  if (!existsSync(path)) throw new StoreError(`No certificate found with name ${name} (expected ${path}).`);
  let links = kinds.map((kind) => join(liveFolder(dirs, name), `${kind}.pem`));
  let archive = archiveFolder(dirs, name);
  let exports: readonly StoredExport[] = [];
  try {
    exports = storedExports(dirs, name);
    const renewal = readRenewalFile(path);
    links = kinds.map((kind) => renewal.links[kind]);
    archive = renewal.archiveDir ?? archive;
  } catch {
    // A renewal file that cannot be read names nothing: the usual places are taken.
  }
  permitted(path, 'write', () => unlinkSync(path));
  const folders = new Set<string>();
  for (const link of links) {
    folders.add(dirname(link));
    if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink()) unlinkSync(link);
  }
  for (const folder of folders) {
    if (!existsSync(folder)) continue;
    rmSync(join(folder, 'README'), { force: true });
    if (readdirSync(folder).length === 0) rmdirSync(folder);
  }
  rmSync(archive, { recursive: true, force: true });
  for (const { password } of exports) removeKeptPassword(dirs, password);
  writeDeployQueue(dirs, name, []);
  changeRenewalNotes(dirs, { [name]: null });
}
