import { readLineage } from '../store/lineage.js';
import { namesKey, type Facts } from './decide/facts.js';
import { sameNames } from './decide/name-sets.js';
import type { Identifier } from './identifier.js';
import { renewalVerdicts } from './renewal-verdicts.js';
import type { Settings } from './settings.js';
import type { World } from './world.js';

/** Milliseconds that a person waits for what may make a certificate due early. The timer's `renew`, which has the night for it, is more patient and comes again. */
const PATIENCE = 3000;

/** The facts with what `renew` would decide about the lineages of exactly these names: revocation and the CA's advice are asked for as there. Throws Cancelled, StoreError. */
export async function withEarlyRenewals(facts: Facts, settings: Settings, world: World, identifiers: readonly Identifier[]): Promise<Facts> {
  const lineages = facts.lineages.filter((lineage) => sameNames(lineage.identifiers, identifiers)).map(({ name }) => readLineage(world.dirs, name));
  const verdicts = await renewalVerdicts(lineages, settings, world, PATIENCE);
  const because = [...verdicts].flatMap(([name, verdict]) => (verdict.because === undefined ? [] : [[name, verdict.because] as const]));
  return { ...facts, early: { names: namesKey(identifiers), because: Object.fromEntries(because) } };
}
