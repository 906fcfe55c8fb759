import { recoverCheckpoints } from '../store/checkpoint-undo.js';
import { recover } from '../store/recover.js';
import { undoCommand } from './undo-command.js';
import type { World } from './world.js';

/**
 * What stopped runs left is put right before anything is changed: lineages, and server configuration of which nobody said that it
 * shall stay (F67). It is told, and what cannot be put right is no reason to stop (U35).
 */
export async function putRight(world: World): Promise<void> {
  const tell = (what: string, path: string): void => world.interaction.report({ type: 'recovered', what, path });
  for (const { what, path } of recover(world.dirs)) tell(what, path);
  for (const plugin of world.plugins) {
    const left = await plugin.removeLeftovers?.({ configDir: world.dirs.config, environment: world.env, signal: world.signal, log: (level, message) => world.log(level, message) });
    for (const { what, path } of left ?? []) tell(what, path);
  }
  for (const { restored, removed, problems, keptAt } of await recoverCheckpoints(world.dirs, undoCommand(world))) {
    for (const path of restored) tell('an earlier run was stopped while it changed server configuration; put back as it was before (reload the server if it runs)', path);
    for (const path of removed) tell('an earlier run was stopped while it changed server configuration; a file it had made was removed', path);
    for (const problem of problems) world.log('warning', problem);
    if (keptAt !== null) tell('not everything could be put back; the copies are kept here', keptAt);
  }
}
