import { realpathSync } from 'node:fs';
import type { Deployment, Installer } from '../plugins/contract.js';
import { readLineage } from '../store/lineage.js';
import type { Facts, ServingFact } from './decide/facts.js';
import type { ServingWish } from './decide/serve-too.js';
import { deploymentOf } from './deployment.js';
import { CertwrightError } from './errors.js';
import { openInstaller } from './installation.js';
import { rootHere } from './servers-here.js';
import type { World } from './world.js';

/**
 * The facts with the web server of this machine that serves a lineage: the one it was installed with first. One that cannot be read is told
 * where the lineage was installed with it, and passed over. Throws StoreError, Cancelled.
 */
export async function withServing(facts: Facts, { lineage: name, settings }: ServingWish, world: World): Promise<Facts> {
  const deployment = deploymentOf(readLineage(world.dirs, name), settings, world.dirs);
  const saved = settings.values.installer;
  for (const plugin of world.plugins.toSorted((a, b) => Number(b.name === saved) - Number(a.name === saved))) {
    if (!plugin.server || rootHere(plugin, settings, world) === null) continue;
    const { label } = plugin.server;
    let installer: Installer;
    try {
      installer = await openInstaller({ ...settings, values: { ...settings.values, installer: plugin.name } }, world);
    } catch (error) {
      if (!(error instanceof CertwrightError) || error.code === 'cancelled') throw error;
      if (plugin.name === saved) world.log('warning', `${label} cannot be read now, so it is not made to serve the new names: ${error.message}`);
      continue;
    }
    if (serves(installer, deployment)) return { ...facts, serving: { lineage: name, server: { plugin: plugin.name, label, ...redirectsOf(installer, deployment) } } };
  }
  return { ...facts, serving: { lineage: name } };
}

/** Does a block that answers TLS name the lineage's files, by whatever path? */
function serves(installer: Installer, { files, second }: Deployment): boolean {
  const own = new Set([files, ...(second ? [second] : [])].flatMap(({ fullchain, cert }) => [fullchain, cert]).map(real));
  return installer.tlsHosts().some(({ certificates }) => certificates.some((path) => own.has(real(path))));
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Which present names http sends to https: those for which the redirect would change nothing. A name that the server has no block for counts nowhere. */
function redirectsOf(installer: Installer, deployment: Deployment): Pick<ServingFact, 'redirected' | 'plain'> {
  const redirected: string[] = [];
  const plain: string[] = [];
  for (const name of deployment.names) {
    try {
      const change = installer.enhance('redirect', { ...deployment, names: [name] });
      if (change) (change.files.length + change.links.length + change.commands.length === 0 ? redirected : plain).push(name);
    } catch (error) {
      if (!(error instanceof CertwrightError)) throw error;
    }
  }
  return { redirected, plain };
}
