import type { Installer, ServerChange } from '../plugins/contract.js';
import type { Lineage } from '../store/lineage.js';
import { renewalSettings } from './decide/renewal-settings.js';
import { CertwrightError } from './errors.js';
import { openInstaller, undoOf } from './installation.js';
import { shownSteps } from './change-step.js';
import { applySteps } from './server-change.js';
import type { Settings } from './settings.js';
import type { World } from './world.js';

/** What taking certificates out of one server's configuration changes, or naming them anew; its `warnings` name what cannot do without them. */
export interface Detaching {
  plugin: string;
  label: string;
  installer: Installer;
  change: ServerChange;
  /** With which the server was found. */
  settings: Settings;
}

/** What would be taken out of the web servers of this machine that use certificates below these folders: nothing is written. */
export function planDetaching(folders: readonly string[], lineages: readonly Lineage[], asked: Settings, world: World): Promise<readonly Detaching[]> {
  return planOnServers((installer) => installer.detach(folders), lineages, asked, world);
}

/**
 * What a change would be in each web server of this machine; null where there is none. Servers are looked for where the lineages were
 * installed, and where this command line says. One that cannot be read is told and left out.
 */
export async function planOnServers(plan: (installer: Installer) => ServerChange | null, lineages: readonly Lineage[], asked: Settings, world: World): Promise<readonly Detaching[]> {
  const ways = [...lineages.map(({ name, renewal }) => renewalSettings(asked, name, renewal.params)), asked];
  const found = new Map<string, Detaching | null>();
  for (const plugin of world.plugins) {
    for (const { values, ...settings } of ways) {
      const root = plugin.server?.root(settings.plugin) ?? null;
      // In a sandbox nothing of the machine is real.
      if (root === null || found.has(`${plugin.name} ${root}`) || (world.sandbox !== null && values.installer !== plugin.name)) continue;
      found.set(`${plugin.name} ${root}`, null);
      const own = { ...settings, values: { ...values, installer: plugin.name } };
      try {
        const installer = await openInstaller(own, world);
        const change = plan(installer);
        if (change) found.set(`${plugin.name} ${root}`, { plugin: plugin.name, label: plugin.server?.label ?? plugin.name, installer, change, settings: own });
      } catch (error) {
        if (!(error instanceof CertwrightError) || error.code === 'cancelled') throw error;
        world.log('warning', `Whether ${plugin.server?.label ?? plugin.name} uses it could not be seen: ${error.message}`);
      }
    }
  }
  return [...found.values()].filter((each) => each !== null);
}

/** Does what was planned, each server tested and reloaded, with a checkpoint of its own. Throws PluginError with the server's words. */
export async function detachAll(all: readonly Detaching[], names: readonly string[], world: World): Promise<void> {
  for (const { plugin, installer, change, settings } of all) {
    const steps = [{ title: `Detached ${names.join(', ')}`, change }];
    await applySteps(steps, () => installer.test(), world);
    await installer.reload();
    world.interaction.report({ type: 'installation', installer: plugin, steps: shownSteps(steps), done: true, undo: undoOf(settings, plugin, steps.length, world) });
  }
}
