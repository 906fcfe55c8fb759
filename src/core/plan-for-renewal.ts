import { listAccounts } from '../store/accounts.js';
import { decide } from './decide/decide.js';
import type { Facts } from './decide/facts.js';
import type { ObtainPlan } from './decide/plan.js';
import { withDirectory } from './directory-facts.js';
import { MissingFlag, Refused } from './errors.js';
import { lookUpFits } from './facts.js';
import type { Settings } from './settings.js';
import type { World } from './world.js';

/**
 * The plan for a new version of a lineage, as `decide` makes it without a person: every question must have been answered when the
 * certificate was obtained. Throws MissingFlag for one that was not, and what `decide` throws.
 */
export async function planForRenewal(saved: Settings, base: Facts, world: World): Promise<ObtainPlan> {
  const settings: Settings = { ...saved, verb: 'certonly', values: { ...saved.values, renewByDefault: true, dual: false } };
  let facts: Facts = { ...base, accounts: listAccounts(world.dirs, settings.values.server) };
  for (;;) {
    const decision = decide(settings, facts, []);
    if ('ask' in decision) throw new MissingFlag(decision.ask.missing ?? decision.ask.title, decision.ask.flags);
    if ('lookup' in decision) {
      facts = decision.lookup === 'fits' ? await lookUpFits(facts, settings, world.plugins, decision.identifiers, { attended: false }) : await withDirectory(facts, settings, world);
      continue;
    }
    if (decision.plan.kind !== 'obtain') throw new Refused('There is nothing to renew for this certificate.');
    return decision.plan;
  }
}
