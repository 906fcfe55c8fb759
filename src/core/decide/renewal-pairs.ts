/** What pairs are made of: a lineage, whose renewal file may name a partner. */
interface Half {
  name: string;
  renewal: { partner?: string };
}

/** The partners that are renewed although nothing but their pair says so (U23): by name, with the name of the one they come along with. `autorenew = False` holds for them too. */
export function partnersAlong<T extends Half>(lineages: readonly T[], isDue: (name: string) => boolean, mayRenew: (lineage: T) => boolean): ReadonlyMap<string, string> {
  const found = lineages.flatMap(({ name, renewal }): [string, string][] => {
    const partner = renewal.partner !== undefined && isDue(name) ? lineages.find((candidate) => candidate.name === renewal.partner) : undefined;
    return partner && !isDue(partner.name) && mayRenew(partner) ? [[partner.name, name]] : [];
  });
  return new Map(found);
}

/** The two of a pair stand together: the second finds the names proved by the first. */
export function inPairs<T extends Half>(due: readonly T[]): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const lineage of due) {
    const { name, renewal } = lineage;
    const group = groups.get(name) ?? groups.get(renewal.partner ?? '') ?? [];
    group.push(lineage);
    // The partner's own file may not say that it is one.
    for (const half of [name, renewal.partner ?? name]) groups.set(half, group);
  }
  return [...new Set(groups.values())];
}
