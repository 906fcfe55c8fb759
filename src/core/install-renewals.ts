import type { Deployment } from '../plugins/contract.js';
import type { Lineage } from '../store/lineage.js';
import { readRenewalNotes, type Behind } from '../store/renewal-notes.js';
import { changeBehind } from './behind.js';
import { installDue } from './decide/install-due.js';
import { renewalSettings } from './decide/renewal-settings.js';
import { CertwrightError } from './errors.js';
import type { InstallOutcome } from './events.js';
import { failureReason } from './failure-reason.js';
import type { Settings } from './settings.js';
import type { World } from './world.js';

/** Lineages with the same installer and options. */
interface Group {
  settings: Settings;
  own: Lineage[];
  /** Names of those that it has to be given: renewed now, or by a run that could not. */
  fresh: Set<string>;
}

/**
 * C21: servers whose certificates were renewed read them anew, each server once for all of them, and are asked what they serve (N10). One
 * that does not is told, stops nothing and is remembered: every later `renew` tries again until it does (`noteBehind` was called before the
 * renewals, so that also a stopped run is made up for). Where a server has copies, those that an earlier run or another client left old are
 * made up for as well. Returns what was not done, or was done late, by name. Throws Cancelled.
 */
export async function installRenewals(renewed: readonly Lineage[], others: readonly Lineage[], asked: Settings, world: World): Promise<ReadonlyMap<string, InstallOutcome>> {
  const notes = readRenewalNotes(world.dirs);
  const outcomes = new Map<string, InstallOutcome>();
  const changes: Record<string, Behind | undefined> = {};
  const groups = new Map<string, Group>();
  const ofThisRun = new Set(renewed);
  for (const lineage of [...renewed, ...others]) {
    const isRenewed = ofThisRun.has(lineage);
    const behind = notes[lineage.name]?.behind;
    if (!isRenewed && !behind && asked.values.installer === undefined && !mayHaveCopies(lineage, world)) continue;
    const settings = renewalSettings(asked, lineage.name, lineage.renewal.params);
    const { installer } = settings.values;
    const due = isRenewed ? 'due' : behind ? dueNow(behind, lineage, settings) : 'over';
    if (behind && due === 'over') {
      changes[lineage.name] = undefined;
      if (behind.serial !== lineage.serial) world.log('info', `${lineage.name} is no longer given to the ${behind.installer} installer: it has another one now, or none.`);
    }
    if (behind && due === 'waiting') outcomes.set(lineage.name, { installer: behind.installer, state: 'waiting', since: behind.since });
    if (installer === undefined || (due !== 'due' && world.plugins.find(({ name }) => name === installer)?.copies !== true)) continue;
    const key = JSON.stringify([installer, settings.plugin]);
    const group = groups.get(key) ?? { settings, own: [], fresh: new Set<string>() };
    groups.set(key, group);
    group.own.push(lineage);
    if (due === 'due') group.fresh.add(lineage.name);
  }
  try {
    for (const group of groups.values()) {
      const { withheld, reason } = await installGroup(group, world);
      for (const { name, serial } of group.own.filter((lineage) => group.fresh.has(lineage.name))) {
        const behind = notes[name]?.behind;
        const installer = group.settings.values.installer ?? '';
        const since = behind?.since ?? new Date(world.clock.now()).toISOString();
        // Its serial number is the one of before this run.
        const before = behind !== undefined && behind.serial !== serial;
        if (reason !== undefined) outcomes.set(name, { installer, state: 'failed', since, reason });
        else if (withheld && before) outcomes.set(name, { installer, state: 'waiting', since });
        else {
          changes[name] = undefined;
          if (before) outcomes.set(name, { installer, state: 'done', since });
        }
      }
    }
  } finally {
    // Also of a run that is cancelled.
    changeBehind(changes, world);
  }
  return outcomes;
}

/** What a rehearsal leaves waiting, by name. */
export function installsWaiting(lineages: readonly Lineage[], asked: Settings, world: World): ReadonlyMap<string, InstallOutcome> {
  const notes = readRenewalNotes(world.dirs);
  return new Map(
    lineages.flatMap((lineage): readonly [string, InstallOutcome][] => {
      const behind = notes[lineage.name]?.behind;
      if (!behind || dueNow(behind, lineage, renewalSettings(asked, lineage.name, lineage.renewal.params)) === 'over') return [];
      return [[lineage.name, { installer: behind.installer, state: 'waiting', since: behind.since }]];
    }),
  );
}

function dueNow(behind: Behind, { serial, renewal: { params } }: Lineage, { values }: Settings): ReturnType<typeof installDue> {
  const { installer: saved } = params;
  return installDue(behind, { serial, saved: typeof saved === 'string' ? saved.replace(/^[\w-]+:/, '') : undefined, installer: values.installer });
}

/** `withheld`: --disable-renew-updates kept certificates from what keeps them elsewhere; `reason`: it failed. */
async function installGroup({ settings, own, fresh }: Group, world: World): Promise<{ withheld: boolean; reason?: string }> {
  const [{ installRenewed, openInstaller }, { deploymentOf }, { tellOtherServed }] = await Promise.all([import('./installation.js'), import('./deployment.js'), import('./served-certificate.js')]);
  try {
    const installer = await openInstaller(settings, world);
    const deployments = own.map((lineage): Deployment => ({ ...deploymentOf(lineage, settings, world.dirs), ...(fresh.has(lineage.name) ? { fresh: true } : {}) }));
    await installRenewed(installer, deployments, settings, world, { ifChanged: fresh.size === 0 });
    if (fresh.size > 0) await tellOtherServed(installer, deployments, world);
    return { withheld: settings.values.disableRenewUpdates && installer.publish !== undefined };
  } catch (error) {
    if (error instanceof CertwrightError && error.code === 'cancelled') throw error;
    const reason = failureReason(error);
    world.log('error', `The ${settings.values.installer ?? ''} server still serves the old certificate: ${reason}${fresh.size > 0 ? `\nEvery \`${settings.program} renew\` tries again.` : ''}`);
    return { withheld: false, reason };
  }
}

/** By what its file says, before the settings of a thousand lineages are made for nothing. */
function mayHaveCopies({ renewal: { params } }: Lineage, { plugins }: World): boolean {
  const { installer } = params;
  if (installer === undefined || installer === 'None') return false;
  const plugin = plugins.find(({ name }) => name === installer);
  // A name of a package's plugin, as old files have it.
  return plugin === undefined || plugin.copies === true;
}
