import { Refused } from '../errors.js';
import type { Identifier } from '../identifier.js';
import { parseNameList } from '../names.js';
import { isSet, type PluginValue, type Settings, type WebrootMap } from '../settings.js';
import type { Assignment } from './assign.js';
import { authenticatorsOf, savedAuthenticators } from './authenticators-by-name.js';
import type { Facts, LineageFact } from './facts.js';
import { difference } from './name-sets.js';
import type { AnswerValue, Question } from './question.js';
import { renewalSettings } from './renewal-settings.js';
import { daysLeft, listNames } from './wording.js';

/** Is it said by how much the names of a certificate change (--add-domain, --remove-domain), not which they are (U05)? */
export function changesNames({ values }: Settings): boolean {
  return values.addDomains.length > 0 || values.removeDomains.length > 0;
}

/**
 * The names of --cert-name after the change: those it has in their order, without those taken out, then the added ones. Throws
 * Refused, which names the name, when one is there already, is not there, is on both lists, or when nothing would be left.
 */
export function changedNames(settings: Settings, facts: Facts): readonly Identifier[] {
  const { name, identifiers } = lineageNamed(settings.values.certname, facts);
  const { identifiers: added } = parseNameList(settings.values.addDomains.join('\n'));
  const { identifiers: removed } = parseNameList(settings.values.removeDomains.join('\n'));
  const hint = `It has ${listNames(identifiers)}.`;
  const both = common(added, removed)[0];
  if (both) throw new Refused(`${both.shown} is to be added to the certificate ${name} and taken out of it.`, { hint: 'Give it with --add-domain or with --remove-domain.' });
  const known = common(added, identifiers);
  if (known.length > 0) throw new Refused(`The certificate ${name} has ${listNames(known)} already.`, { hint });
  const strange = difference(removed, identifiers);
  if (strange.length > 0) throw new Refused(`The certificate ${name} does not have ${listNames(strange)}, so it cannot be taken out.`, { hint });
  const left = [...difference(identifiers, removed), ...added];
  if (left.length === 0) throw new Refused(`Without ${listNames(removed)} no name would be left in the certificate ${name}.`, { hint: `To be rid of it: certwright delete --cert-name ${name}` });
  return left;
}

/**
 * The settings for a certificate whose names change: as --renew-with-new-domains, and as for its renewals everything it was
 * obtained with that this command does not say otherwise. A present name keeps its web folder; a new one takes the given -w, else
 * the single folder of the certificate, else it is asked for. Of several authenticators each keeps its names; a new name takes the main
 * one, or the one that is said for it. Other settings come back as they are.
 */
export function inheriting(settings: Settings, facts: Facts): Settings {
  const lineage = changesNames(settings) ? facts.lineages.find(({ name }) => name === settings.values.certname) : undefined;
  return lineage ? inheritFrom(settings, lineage) : settings;
}

/** What a lineage was obtained with, except for what these settings say. */
export function inheritFrom(asked: Settings, lineage: LineageFact): Settings {
  const added = authenticatorsOfAdded(asked, lineage);
  const settings = added ? withoutAuthenticator(asked) : asked;
  const saved = renewalSettings(settings, lineage.name, lineage.params);
  const inherited: Settings = {
    ...saved,
    values: { ...saved.values, renewWithNewDomains: true, authenticatorMap: { ...saved.values.authenticatorMap, ...added } },
    sources: added ? { ...saved.sources, authenticatorMap: 'flag' } : saved.sources,
  };
  if (!authenticatorsOf(inherited).includes('webroot')) return inherited;
  return { ...inherited, plugin: { ...saved.plugin, ...folders(settings, lineage) } };
}

/** Name → authenticator of the names that come in, where that is said for them alone; null = one authenticator is meant for all names, or none is said. */
function authenticatorsOfAdded({ values, sources }: Settings, lineage: LineageFact): Readonly<Record<string, string>> | null {
  const { authenticator, authenticatorMap, addDomains } = values;
  if (authenticator === undefined || (sources['authenticator'] ?? 'default') !== 'flag') return null;
  if (Object.keys(authenticatorMap).length > 0) return authenticatorMap;
  if (addDomains.length === 0 || savedAuthenticators(lineage.params) === null) return null;
  return Object.fromEntries(parseNameList(addDomains.join('\n')).identifiers.map(({ value }) => [value, authenticator]));
}

function withoutAuthenticator(settings: Settings): Settings {
  const { authenticator: _said, ...values } = settings.values;
  const { authenticator: _from, authenticatorMap: _each, ...sources } = settings.sources;
  return { ...settings, values: { ...values, authenticatorMap: {} }, sources };
}

/** The web folder of each present name that is proved by one, as its renewal file says. */
export function savedFolders({ identifiers, params }: LineageFact): WebrootMap {
  const beside = savedAuthenticators(params);
  const map = { ...(isMap(params['webroot_map']) ? params['webroot_map'] : {}), ...beside?.webrootMap };
  const last = savedPaths(params['webroot_path']).at(-1);
  return Object.fromEntries(identifiers.flatMap(({ value, shown }) => {
    if (beside && (beside.names[value] ?? params['authenticator']) !== 'webroot') return [];
    const folder = map[value] ?? map[shown] ?? last;
    return folder === undefined ? [] : [[value, folder]];
  }));
}

function folders(settings: Settings, lineage: LineageFact): Readonly<Record<string, PluginValue>> {
  const saved = savedFolders(lineage);
  const given = isSet(settings, 'webroot_map') ? ((settings.plugin['webroot_map'] ?? {}) as WebrootMap) : {};
  const paths = isSet(settings, 'webroot_path') ? ((settings.plugin['webroot_path'] ?? []) as readonly string[]) : [];
  const all = [...new Set(Object.values(saved))];
  return { webroot_map: { ...saved, ...given }, webroot_path: paths.length > 0 ? paths : all.length === 1 ? all : [] };
}

function savedPaths(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).filter((path): path is string => typeof path === 'string' && path !== '' && path !== 'None');
}

function isMap(value: unknown): value is WebrootMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** After 'Change the names of a certificate': which one, then its names. Null when both are answered. Throws Refused when nothing changed. */
export function namesChangeQuestion(settings: Settings, facts: Facts, answered: boolean): Question | null {
  if (settings.values.certname === undefined) return whichCertificate(facts);
  const { name, identifiers } = lineageNamed(settings.values.certname, facts);
  if (answered) {
    if (changesNames(settings)) return null;
    throw new Refused(`The certificate ${name} has exactly these names already.`, { hint: 'Take names out or add some, or go back.' });
  }
  const present = identifiers.map(({ shown }) => shown);
  return {
    kind: 'names',
    id: 'names-change',
    about: name,
    label: 'New names',
    title: `Which names should the certificate ${name} have?`,
    term: 'domains',
    why:
      'The certificate gets a new version with these names. It keeps its place on disk, so servers that use it need no change, and everything else it was ' +
      'obtained with. Visitors of a name that is taken out see a warning in their browser.',
    flags: ['--add-domain', '--remove-domain'],
    missing: `Which names should be added to the certificate ${name} or taken out of it?`,
    suggestions: present.map((shown) => ({ name: shown, note: 'in it now' })),
    initial: present,
    present,
  };
}

function whichCertificate(facts: Facts): Question {
  return {
    kind: 'choice',
    id: 'certificate',
    label: 'Certificate',
    title: 'Which certificate should change?',
    why: 'Its names are shown next; nothing is changed before you have seen the whole plan.',
    flags: ['--cert-name'],
    missing: 'Which certificate should change?',
    choices: facts.lineages.map(({ name, identifiers, notAfter }) => ({ value: name, label: name, hint: `${listNames(identifiers, 4)}, valid for ${daysLeft(notAfter, facts.now)}`, flag: `--cert-name ${name}` })),
    recommended: facts.lineages[0]?.name ?? '',
    even: true,
  };
}

export function assignCertificate(value: AnswerValue): Assignment {
  return { values: { certname: String(value) }, words: { certname: ['--cert-name', String(value)] } };
}

/** `value`: all names that are wanted; what differs from those of --cert-name is what changes. */
export function assignNamesChange(value: AnswerValue, settings: Settings, facts: Facts): Assignment {
  const { identifiers: wanted } = parseNameList(Array.isArray(value) ? value.join('\n') : String(value));
  const { identifiers: present } = lineageNamed(settings.values.certname, facts);
  const names = (list: readonly Identifier[]): readonly string[] => list.map(({ shown }) => shown);
  return { values: { addDomains: names(difference(wanted, present)), removeDomains: names(difference(present, wanted)) } };
}

function lineageNamed(name: string | undefined, facts: Facts): LineageFact {
  const lineage = facts.lineages.find((candidate) => candidate.name === name);
  if (lineage) return lineage;
  const broken = facts.broken.find((candidate) => candidate.name === name);
  throw new Refused(broken ? `The certificate ${name} cannot be changed: its renewal file is not usable.\n${broken.reason}` : `No certificate with name ${name} found.`, {
    hint: broken ? `Repair renewal/${name}.conf.` : 'Run `certwright certificates` to see the names there are.',
  });
}

function common(a: readonly Identifier[], b: readonly Identifier[]): readonly Identifier[] {
  return a.filter(({ value }) => b.some((other) => other.value === value));
}
