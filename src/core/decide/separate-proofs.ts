import type { Identifier } from '../identifier.js';
import type { Settings } from '../settings.js';
import type { Answer } from './answers.js';
import type { PluginFact } from './facts.js';
import type { Choice, QuestionId } from './question.js';

/** Stands for two authenticators in the first list of them: one for the names with *, one for the others (N15). */
export const SEPARATELY = 'separately';

/** Names that are asked about on their own. */
export interface NamesApart {
  id: Extract<QuestionId, 'authenticator' | 'authenticator-plain' | 'authenticator-wildcards'>;
  identifiers: readonly Identifier[];
  /** How the trail calls them. */
  label: string;
}

/** The names whose authenticator is asked next: of all, or where a person wants to say it separately of the names without *, then of the others. */
export function namesAskedNext({ values }: Settings, wanted: readonly Identifier[], answers: readonly Answer[]): NamesApart {
  const all: NamesApart = { id: 'authenticator', identifiers: wanted, label: 'Proof' };
  if (!answers.some(({ id, value }) => id === 'authenticator' && value === SEPARATELY)) return all;
  const plain = wanted.filter((identifier) => !isWildcard(identifier));
  if (plain.some(({ value }) => !Object.hasOwn(values.authenticatorMap, value))) return { id: 'authenticator-plain', identifiers: plain, label: 'Without *' };
  return { id: 'authenticator-wildcards', identifiers: wanted.filter(isWildcard), label: 'With *' };
}

/** The entry for it; null where all names are of one kind, or nothing but DNS could prove any. */
export function separateChoice(authenticators: readonly PluginFact[], wanted: readonly Identifier[]): Choice | null {
  const plain = wanted.filter((identifier) => !isWildcard(identifier));
  const byServer = authenticators.some(({ name, challengeTypes }) => name !== 'manual' && challengeTypes.some((type) => !type.startsWith('dns-')));
  if (plain.length === 0 || plain.length === wanted.length || !byServer) return null;
  return {
    value: SEPARATELY,
    label: 'Names with * by DNS, the others another way',
    hint: 'two questions: first how the names without * are proved, then those with it',
    flag: '-a … -d …',
  };
}

/** `example.com`, or what all of them have in common. */
export function calledTogether({ id, identifiers }: NamesApart): string {
  const [only] = identifiers;
  if (only && identifiers.length === 1) return id === 'authenticator' ? 'this name' : only.shown;
  return { authenticator: 'these names', 'authenticator-plain': 'the names without *', 'authenticator-wildcards': 'the names with *' }[id];
}

export function isWildcard({ value }: Identifier): boolean {
  return value.startsWith('*.');
}
