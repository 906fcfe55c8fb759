import { existsSync } from 'node:fs';
import { changeOwnSection } from './own-section.js';
import { renewalPath, type Directories } from './paths.js';

/** Two lineages remember each other as one pair; of the two only those are changed that exist. Throws StoreError, PermissionMissing. */
export function linkPartners(dirs: Directories, one: string, other: string): void {
  for (const [name, partner] of [[one, other], [other, one]] as const) if (existsSync(renewalPath(dirs, name))) changeOwnSection(renewalPath(dirs, name), { values: { partner } });
}

/** The lineage has no partner any more; nothing happens when it does not exist. Throws StoreError, PermissionMissing. */
export function unlinkPartner(dirs: Directories, name: string): void {
  if (existsSync(renewalPath(dirs, name))) changeOwnSection(renewalPath(dirs, name), { values: { partner: null } });
}
