import { Refused } from '../errors.js';
import type { Identifier } from '../identifier.js';
import { isSet, type KeyType, type Settings, type WebrootMap } from '../settings.js';
import { renewedNow, type Facts, type LineageFact } from './facts.js';
import { sameNames } from './name-sets.js';
import { changesNames, inheritFrom } from './names-change.js';
import { openOrder } from './open-order.js';
import type { ObtainPlan } from './plan.js';

/** The other certificate of a pair: same names, key of the other type (U23, N14). */
export interface Partner {
  name: string;
  keyType: KeyType;
  /** null: it is not there yet. */
  lineage: LineageFact | null;
}

/** The certificate that a partner belongs to, as far as it is decided. */
export interface PairMain {
  name: string;
  keyType: KeyType;
  lineage: LineageFact | null;
  identifiers: readonly Identifier[];
  /** Absent when the certificate itself is kept as it is. */
  authenticator?: string;
  webrootMap: WebrootMap;
}

/** --dual asks for ECDSA under the name itself; a certificate that has a partner keeps its own type. */
export function asPair(settings: Settings, facts: Facts): Settings {
  const { dual, certname } = settings.values;
  if (!dual || isSet(settings, 'keyType')) return settings;
  const lineage = facts.lineages.find(({ name }) => name === certname);
  const keyType = lineage && partnerSaved(lineage, facts) ? lineage.keyType : 'ecdsa';
  return { ...settings, values: { ...settings.values, keyType }, sources: { ...settings.sources, keyType: 'flag' } };
}

/**
 * The partner that is obtained along with a certificate: the one it has, or with --dual NAME-rsa. Null when there is none, with
 * --no-dual, or when the certificate takes the key type of its partner. Throws Refused when a pair cannot be made.
 */
export function partnerOf({ values }: Settings, facts: Facts, main: PairMain): Partner | null {
  if (values.dual === false) return null;
  const saved = partnerSaved(main.lineage, facts);
  if (saved && saved.keyType !== main.keyType) return { name: saved.name, keyType: saved.keyType, lineage: saved };
  if (!values.dual) return null;
  if (main.keyType !== 'ecdsa') {
    throw new Refused(`The certificate ${main.name} would keep its RSA key, and a pair needs one key of each type.`, { hint: `Have it changed to ECDSA, or leave --dual out.` });
  }
  const name = rsaName(main.name);
  const lineage = facts.lineages.find((candidate) => candidate.name === name) ?? null;
  if (lineage && (lineage.keyType !== 'rsa' || !sameNames(lineage.identifiers, main.lineage?.identifiers ?? main.identifiers))) {
    throw new Refused(`There is a certificate ${name} already, and it is not the same in RSA as ${main.name}.`, { hint: 'Choose another name for the pair with --cert-name.' });
  }
  return { name, keyType: 'rsa', lineage };
}

/** Is there something to do for this partner although its certificate is kept? */
export function partnerNeeds(settings: Settings, facts: Facts, { name, lineage }: Partner, wanted: readonly Identifier[]): boolean {
  return lineage === null || renewedNow(facts, lineage) !== null || !sameNames(lineage.identifiers, wanted) || openOrder(settings, facts, name, wanted) !== undefined;
}

/** Is the partner that --dual wants not there yet? */
export function lacksPartner({ values }: Settings, facts: Facts, lineage: LineageFact): boolean {
  return values.dual === true && !partnerSaved(lineage, facts) && !facts.lineages.some(({ name }) => name === rsaName(lineage.name));
}

/** A name that is free together with the one of its partner: NAME, else NAME-0001 … (F20). */
export function freePairName(facts: Facts, name: string): string {
  const taken = new Set([...facts.lineages, ...facts.broken].map((lineage) => lineage.name));
  for (let number = 0; ; number += 1) {
    const candidate = number === 0 ? name : `${name}-${String(number).padStart(4, '0')}`;
    if (!taken.has(candidate) && !taken.has(rsaName(candidate))) return candidate;
  }
}

/**
 * The settings under which the partner is obtained: those of its certificate. When only the names of a pair change, each half keeps
 * what it was obtained with (`answered`: the settings before anything was inherited), but both are proved the same way.
 */
export function partnerSettings(answered: Settings, effective: Settings, main: PairMain, { name, keyType, lineage }: Partner): Settings {
  const base = changesNames(effective) && lineage ? inheritFrom({ ...answered, values: { ...answered.values, certname: name } }, lineage) : effective;
  const authenticator = main.authenticator ?? base.values.authenticator;
  return {
    ...base,
    // The server is given both at once, as the first half says.
    verb: 'certonly',
    values: {
      ...base.values,
      certname: name,
      keyType,
      ...(authenticator === undefined ? {} : { authenticator }),
      authenticatorMap: effective.values.authenticatorMap,
      prefChalls: effective.values.prefChalls,
      domains: main.identifiers.filter(({ type }) => type === 'dns').map(({ shown }) => shown),
      ipAddresses: main.identifiers.filter(({ type }) => type === 'ip').map(({ value }) => value),
      addDomains: [],
      removeDomains: [],
      dual: false,
      duplicate: false,
      reinstall: false,
      renewByDefault: true,
      renewWithNewDomains: true,
    },
    sources: { ...base.sources, ...proofSources(effective), certname: 'flag', keyType: 'flag' },
    plugin: { ...base.plugin, ...effective.plugin, ...(Object.keys(main.webrootMap).length > 0 ? { webroot_map: main.webrootMap } : {}) },
  };
}

/** Where what says how names are proved comes from. */
function proofSources({ sources, plugin }: Settings): Settings['sources'] {
  return Object.fromEntries(Object.entries(sources).filter(([option]) => option === 'prefChalls' || option in plugin));
}

/** The same plan with its partner's beside it; each remembers the other. */
export function withPair(plan: ObtainPlan, pair: ObtainPlan): ObtainPlan {
  return { ...rememberingPartner(plan, pair.lineage?.name), pair: rememberingPartner(pair, plan.lineage?.name) };
}

export function rememberingPartner(plan: ObtainPlan, partner: string | undefined): ObtainPlan {
  return plan.lineage === null || partner === undefined ? plan : { ...plan, lineage: { ...plan.lineage, partner } };
}

/** The same as `partnerSettings`, for a plan that is decided. Null when it has no partner. */
export function settingsOfPair(answered: Settings, effective: Settings, facts: Facts, plan: ObtainPlan): Settings | null {
  const { pair, lineage, key } = plan;
  if (!pair?.lineage || !pair.key || !lineage || !key) return null;
  const named = (name: string): LineageFact | null => facts.lineages.find((candidate) => candidate.name === name) ?? null;
  const main = { name: lineage.name, keyType: key.type, lineage: named(lineage.name), identifiers: plan.identifiers, authenticator: plan.authenticator, webrootMap: plan.webrootMap };
  return partnerSettings(answered, effective, main, { name: pair.lineage.name, keyType: pair.key.type, lineage: named(pair.lineage.name) });
}

function partnerSaved(lineage: LineageFact | null | undefined, facts: Facts): LineageFact | undefined {
  return lineage?.partner === undefined ? undefined : facts.lineages.find(({ name }) => name === lineage.partner);
}

function rsaName(name: string): string {
  return `${name}-rsa`;
}
