import type { Lineage } from '../store/lineage.js';
import { changeRenewalNotes, readRenewalNotes, type Behind } from '../store/renewal-notes.js';
import { behindWith } from './decide/install-due.js';
import { renewalSettings } from './decide/renewal-settings.js';
import type { Settings } from './settings.js';
import type { World } from './world.js';

/** Remembers, before these lineages are renewed, what their servers have. Never throws. */
export function noteBehind(lineages: readonly Lineage[], asked: Settings, world: World): void {
  if (lineages.length === 0) return;
  const notes = readRenewalNotes(world.dirs);
  const changes: Record<string, Behind> = {};
  for (const { name, serial, renewal } of lineages) {
    const { installer } = renewalSettings(asked, name, renewal.params).values;
    if (installer !== undefined) changes[name] = behindWith(notes[name]?.behind, installer, serial, world.clock.now());
  }
  changeBehind(changes, world);
}

/** `undefined` = the server has the present certificate. Never throws: the renewal itself is worth more. */
export function changeBehind(changes: Readonly<Record<string, Behind | undefined>>, world: World): void {
  if (Object.keys(changes).length === 0) return;
  try {
    changeRenewalNotes(world.dirs, Object.fromEntries(Object.entries(changes).map(([name, behind]) => [name, { behind }])));
  } catch (error) {
    world.log('warning', `Which servers still have to be given a renewed certificate could not be kept: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The certificate of this lineage was just installed. */
export function forgetBehind(name: string, { values }: Settings, world: World): void {
  if (readRenewalNotes(world.dirs)[name]?.behind?.installer === values.installer) changeBehind({ [name]: undefined }, world);
}
