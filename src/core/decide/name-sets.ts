import type { Identifier } from '../identifier.js';

/** The same names, in any order. */
export function sameNames(a: readonly Identifier[], b: readonly Identifier[]): boolean {
  return a.length === b.length && contains(a, b);
}

/** Are all of `some` among `all`? */
export function contains(all: readonly Identifier[], some: readonly Identifier[]): boolean {
  return difference(some, all).length === 0;
}

/** Those of `from` that are not in `without`, in their order. */
export function difference(from: readonly Identifier[], without: readonly Identifier[]): readonly Identifier[] {
  const gone = new Set(without.map(({ value }) => value));
  return from.filter(({ value }) => !gone.has(value));
}
