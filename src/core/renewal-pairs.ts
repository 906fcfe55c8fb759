import type { Lineage } from '../store/lineage.js';

/** The partners that are renewed although nothing but their pair says so (U23): by name, with the name of the one they come along with. */
export function partnersAlong(lineages: readonly Lineage[], isDue: (name: string) => boolean): ReadonlyMap<string, string> {
  const found = lineages.flatMap(({ name, renewal }): [string, string][] => {
    const partner = lineages.find((candidate) => candidate.name === renewal.partner);
    return partner && isDue(name) && !isDue(partner.name) ? [[partner.name, name]] : [];
  });
  return new Map(found);
}

/** The two of a pair stand together: the second finds the names proved by the first. */
export function inPairs(due: readonly Lineage[]): readonly (readonly Lineage[])[] {
  const groups = new Map<string, Lineage[]>();
  for (const lineage of due) {
    const group = groups.get(lineage.renewal.partner ?? '') ?? [];
    group.push(lineage);
    groups.set(lineage.name, group);
  }
  return [...new Set(groups.values())];
}
