import type { Deployment } from '../plugins/contract.js';
import type { Lineage } from '../store/lineage.js';
import { renewalSettings } from './decide/renewal-settings.js';
import { CertwrightError } from './errors.js';
import type { Settings } from './settings.js';
import type { World } from './world.js';

/**
 * Server configuration that changes with time, such as the header of --auto-hsts (F58): each server that has some is asked once in a renewal,
 * whether its certificates were due or not. What does not work is told and stops nothing. Not with --disable-renew-updates.
 */
export async function updateServers(lineages: readonly Lineage[], renewed: readonly Lineage[], asked: Settings, world: World): Promise<void> {
  const updating = world.plugins.filter((plugin) => plugin.hasUpdates?.(world.dirs.config) === true);
  if (asked.values.disableRenewUpdates || updating.length === 0) return;
  const [{ openInstaller }, { applySteps }] = await Promise.all([import('./installation.js'), import('./server-change.js')]);
  const bySetting = new Map<string, Settings>();
  for (const { name, renewal } of lineages) {
    const settings = renewalSettings(asked, name, renewal.params);
    const { installer } = settings.values;
    if (updating.some((plugin) => plugin.name === installer)) bySetting.set(JSON.stringify([installer, settings.plugin]), settings);
  }
  const deployments = renewed.map(({ identifiers, live }): Deployment => ({ names: identifiers.filter(({ type }) => type === 'dns').map(({ value }) => value), files: live }));
  for (const settings of bySetting.values()) {
    try {
      const installer = await openInstaller(settings, world);
      const change = installer.update?.(deployments);
      if (!change || change.files.length === 0) continue;
      await applySteps([{ title: 'Increased HSTS max-age values', change }], () => installer.test(), world);
      await installer.reload();
    } catch (error) {
      if (error instanceof CertwrightError && error.code === 'cancelled') throw error;
      world.log('error', `The configuration of ${settings.values.installer ?? ''} could not be brought up to date: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
