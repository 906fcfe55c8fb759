import type { Identifier } from '../identifier.js';
import type { Settings, WebrootMap } from '../settings.js';
import type { ObtainPlan, Proof } from './plan.js';

/** Names that one authenticator proves. */
export interface AuthenticatorGroup {
  authenticator: string;
  identifiers: readonly Identifier[];
}

/** Who proves which of these names (U03): the main authenticator first, where it has any, then the others in the order of their names. */
export function authenticatorGroups({ values }: Settings, main: string, wanted: readonly Identifier[]): readonly AuthenticatorGroup[] {
  const groups = new Map<string, Identifier[]>([[main, []]]);
  for (const identifier of wanted) {
    const authenticator = own(values.authenticatorMap, identifier.value) ?? main;
    groups.set(authenticator, [...(groups.get(authenticator) ?? []), identifier]);
  }
  return [...groups].filter(([, identifiers]) => identifiers.length > 0).map(([authenticator, identifiers]) => ({ authenticator, identifiers }));
}

/** All authenticators of the settings, the main one first. */
export function authenticatorsOf({ values }: Settings): readonly string[] {
  return [...new Set([...(values.authenticator === undefined ? [] : [values.authenticator]), ...Object.values(values.authenticatorMap)])];
}

/** All authenticators of a plan, the main one first. */
export function plannedAuthenticators({ authenticator, proofs }: Pick<ObtainPlan, 'authenticator' | 'proofs'>): readonly string[] {
  return [...new Set([authenticator, ...proofs.map((proof) => proof.authenticator)])];
}

/** ASCII name → authenticator of all names, and empty when there is only one. */
export function authenticatorMapOf(proofs: readonly Proof[]): Readonly<Record<string, string>> {
  if (new Set(proofs.map(({ authenticator }) => authenticator)).size < 2) return {};
  return Object.fromEntries(proofs.map(({ identifier, authenticator }) => [identifier.value, authenticator]));
}

/** Will it be renewed without a person, as far as its proof goes? */
export function provedWithoutPerson({ proofs, authenticator, renewalParams }: Pick<ObtainPlan, 'authenticator' | 'proofs' | 'renewalParams'>): boolean {
  if (!plannedAuthenticators({ authenticator, proofs }).includes('manual')) return true;
  const beside = renewalParams['certwright.authenticator_options'];
  return renewalParams['manual_auth_hook'] !== undefined || (typeof beside === 'object' && 'manual_auth_hook' in beside);
}

/** What a renewal file says of authenticators beside the main one. */
export interface SavedAuthenticators {
  names: Readonly<Record<string, string>>;
  /** Options of the others, by destination. */
  options: Readonly<Record<string, unknown>>;
  webrootMap: WebrootMap;
}

/**
 * The authenticators beside the main one, from a renewal file's parameters. Null when there are none, or when the file names another main
 * one than when they were saved: certbot was told since then to prove all names another way, and leaves our section as it is.
 */
export function savedAuthenticators(params: Readonly<Record<string, unknown>>): SavedAuthenticators | null {
  const names = table(params['certwright.authenticators']);
  if (Object.keys(names).length === 0 || params['certwright.main_authenticator'] !== params['authenticator']) return null;
  return { names: texts(names), options: table(params['certwright.authenticator_options']), webrootMap: texts(table(params['certwright.webroot_map'])) };
}

function table(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {};
}

function texts(values: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== ''));
}

function own<T>(values: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(values, key) ? values[key] : undefined;
}
