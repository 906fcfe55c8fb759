import type { Authenticator } from '../plugins/contract.js';
import { authenticatorByName } from './authenticator-by-name.js';
import { plannedAuthenticators } from './decide/authenticators-by-name.js';
import type { ObtainPlan } from './decide/plan.js';
import { Refused } from './errors.js';
import { lockServer } from './installation.js';
import type { Settings } from './settings.js';
import type { World } from './world.js';

/** What proves the names of a plan; of several authenticators each gets its own names. Throws Refused for one that is not here, LockHeld. */
export async function loadAuthenticator(plan: Pick<ObtainPlan, 'authenticator' | 'proofs'>, settings: Settings, world: World): Promise<Authenticator> {
  const loaded = new Map<string, Authenticator>();
  for (const name of plannedAuthenticators(plan)) loaded.set(name, await loadOne(name, settings, world));
  const main = loaded.get(plan.authenticator);
  return main && loaded.size === 1 ? main : authenticatorByName(loaded, plan);
}

/** Certificates of one run share an authenticator only where it would be the same in everything: ports, and the plugin's own options. */
async function loadOne(name: string, settings: Settings, world: World): Promise<Authenticator> {
  const { plugins, authenticators } = world;
  const { values } = settings;
  const descriptor = plugins.find((plugin) => plugin.name === name);
  if (!descriptor?.load) throw new Refused(`The requested ${name} plugin does not appear to be installed`);
  await lockServer(descriptor, settings, world);
  if (!authenticators || !descriptor.overlaps) return descriptor.load();
  const options = descriptor.options.map(({ dest }) => settings.plugin[dest] ?? null);
  const key = JSON.stringify([name, values.http01Port, values.http01Address ?? '', values.httpsPort, options]);
  const shared = authenticators.get(key) ?? descriptor.load();
  authenticators.set(key, shared);
  return shared;
}
