import type { Lineage } from '../store/lineage.js';
import { readRenewalNotes } from '../store/renewal-notes.js';
import { nextRenewal, renewalReason, type RenewalFacts } from './decide/renewal-reason.js';
import type { RenewalOutcome } from './events.js';
import { renewalFacts } from './facts.js';
import { renewalAdvice } from './renewal-information.js';
import { revokedLineages } from './revocation.js';
import type { Settings } from './settings.js';
import type { World } from './world.js';

/** Why a lineage is renewed in this run (`because`), or else when it will be (`next`). */
export type RenewalVerdict = Pick<RenewalOutcome, 'because' | 'revocation' | 'next'>;

/**
 * What a run of `renew` with these settings decides about each lineage, by name. The network is asked about those only that
 * nothing else decides: never for --dry-run, --force-renewal, autorenew = False, or what its dates make due. `patienceMs`: how long
 * is waited for its answers, where a person waits too; what did not come by then counts as not said. Throws Cancelled.
 */
export async function renewalVerdicts(lineages: readonly Lineage[], settings: Settings, world: World, patienceMs?: number): Promise<ReadonlyMap<string, RenewalVerdict>> {
  const { dryRun, renewByDefault } = settings.values;
  const now = world.clock.now();
  const alone = (lineage: Lineage): RenewalFacts => ({ ...renewalFacts(lineage, now), revoked: false, advised: null, forced: dryRun || renewByDefault });
  const open = lineages.filter((lineage) => alone(lineage).renewable && renewalReason(alone(lineage)) === null);
  const [revoked, advice] = await Promise.all([revokedLineages(open, readRenewalNotes(world.dirs), world, patienceMs), renewalAdvice(open, settings, world, patienceMs === undefined ? {} : { patienceMs })]);
  world.signal.throwIfAborted();
  return new Map(
    lineages.map((lineage): [string, RenewalVerdict] => {
      const { name } = lineage;
      const revocation = revoked.get(name);
      const facts: RenewalFacts = { ...alone(lineage), revoked: revocation !== undefined, advised: advice[name]?.moment ?? null };
      const because = renewalReason(facts);
      if (because === null) return [name, { next: moment(nextRenewal(facts)) }];
      if (because !== 'revoked' || !revocation) return [name, { because }];
      return [name, { because, revocation: { by: revocation.by, ...(revocation.at === undefined ? {} : { at: new Date(revocation.at).toISOString() }) } }];
    }),
  );
}

function moment(next: ReturnType<typeof nextRenewal>): NonNullable<RenewalVerdict['next']> | null {
  return next && { at: new Date(next.at).toISOString(), by: next.by };
}
