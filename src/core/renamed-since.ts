import { readFileSync } from 'node:fs';
import type { Renamed } from './decide/undo-choice.js';
import type { CheckpointReport } from './events.js';
import { liveFolder, type Directories } from '../store/paths.js';
import { listRenamings } from '../store/rename-lineage.js';

/** Certificates that got another name after these changes, and that their files name by it: undoing would have servers look for files that are gone. */
export function renamedSince(undo: readonly CheckpointReport[], dirs: Directories): readonly Renamed[] {
  const all = listRenamings(dirs);
  const found = new Map<string, Renamed>();
  for (const { when, files } of all.length === 0 ? [] : undo) {
    const later = all.filter(({ since }) => since >= Date.parse(when));
    for (const { path } of files.filter(({ state }) => state === 'edited')) {
      const text = textOf(path);
      for (const { from, to } of later.filter((each) => text.includes(`${liveFolder(dirs, each.to)}/`))) {
        // By several steps: its name then was that of the first.
        const first = later.slice(0, later.findIndex((each) => each.to === to)).reduceRight((name, each) => (each.to === name ? each.from : name), from);
        if (first !== to) found.set(to, { from: first, to });
      }
    }
  }
  return [...found.values()];
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
