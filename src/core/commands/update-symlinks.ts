import { basename, dirname, join, relative } from 'node:path';
import { lstatSync, readlinkSync } from 'node:fs';
import { listLineages } from '../../store/lineage.js';
import { kinds, renewalPath } from '../../store/paths.js';
import { readRenewalFile } from '../../store/renewal-file.js';
import { replaceLink } from '../../system/atomic-file.js';
import type { Settings } from '../settings.js';
import type { World } from '../world.js';

/**
 * `update_symlinks` (S11, F33): after `archive_dir` or the four paths of a renewal file were edited, every link leads to the file of
 * its old name in that archive. Each link changes by rename and is never missing.
 */
export async function updateSymlinks(_settings: Settings, { dirs, interaction }: World): Promise<void> {
  const { lineages, broken } = listLineages(dirs);
  const names = [...lineages.map(({ name }) => name), ...broken.map(({ path }) => basename(path, '.conf'))];
  for (const name of names) {
    try {
      const { archiveDir, links } = readRenewalFile(renewalPath(dirs, name));
      if (archiveDir === undefined) continue;
      for (const kind of kinds) {
        const link = links[kind];
        if (!lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink()) continue;
        const target = relative(dirname(link), join(archiveDir, basename(readlinkSync(link))));
        if (target !== readlinkSync(link)) await replaceLink(link, target);
      }
    } catch (error) {
      interaction.report({ type: 'log', level: 'warning', message: error instanceof Error ? error.message : String(error) });
    }
  }
}
