import type { Identifier } from '../identifier.js';
import type { Settings } from '../settings.js';
import type { Facts } from './facts.js';

/** The order of an earlier run for this lineage and these names whose certificate was not saved yet (N09). */
export function openOrder(settings: Settings, facts: Facts, name: string | undefined, wanted: readonly Identifier[]): Facts['pending'][number] | undefined {
  return facts.pending.find(
    ({ lineage, server, names }) => lineage === name && server === settings.values.server && names.length === wanted.length && wanted.every(({ value }) => names.includes(value)),
  );
}
