import { recoverCheckpoints } from '../store/checkpoint-undo.js';
import type { LineageIndex } from '../store/lineage-index.js';
import { recover } from '../store/recover.js';
import { settleRenamings } from '../store/rename-lineage.js';
import { undoCommand } from './undo-command.js';
import type { World } from './world.js';

/**
 * What stopped runs left of lineages, and of records outside of this machine, is put right before anything is changed. It is told, and
 * what cannot be put right is no reason to stop (U35).
 */
export async function putRight(world: World, index?: LineageIndex): Promise<void> {
  for (const { what, path } of await settleRenamings(world.dirs)) tell(what, path, world);
  for (const { what, path } of await recover(world.dirs, index)) tell(what, path, world);
  for (const plugin of world.plugins) {
    const left = await plugin.removeLeftovers?.({ configDir: world.dirs.config, environment: world.env, signal: world.signal, log: (level, message) => world.log(level, message) });
    for (const { what, path } of left ?? []) tell(what, path, world);
  }
}

/**
 * Server configuration of which nobody said that it shall stay is put back as it was (F67), by whatever command comes next: until then the
 * server may not start. Told as above.
 */
export async function putServersRight(world: World): Promise<void> {
  for (const { restored, removed, problems, keptAt } of await recoverCheckpoints(world.dirs, undoCommand(world))) {
    for (const path of restored) tell('an earlier run was stopped while it changed server configuration; put back as it was before (reload the server if it runs)', path, world);
    for (const path of removed) tell('an earlier run was stopped while it changed server configuration; a file it had made was removed', path, world);
    for (const problem of problems) world.log('warning', problem);
    if (keptAt !== null) tell('not everything could be put back; the copies are kept here', keptAt, world);
  }
}

function tell(what: string, path: string, { interaction }: World): void {
  interaction.report({ type: 'recovered', what, path });
}
