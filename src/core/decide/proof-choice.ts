import { MissingFlag, Refused } from '../errors.js';
import type { ChallengeType, Identifier } from '../identifier.js';
import { isSet, type Settings, type WebrootMap } from '../settings.js';
import type { Answer } from './answers.js';
import type { Assignment } from './assign.js';
import { authenticatorWords } from './authenticator-words.js';
import { authenticatorGroups, type AuthenticatorGroup } from './authenticators-by-name.js';
import { challengeQuestion } from './challenge-choice.js';
import { credentialsQuestion, DNS_BY_API, dnsByApiChoice, dnsProviderQuestion, noDnsByApi, providersThatAsk } from './dns-credentials.js';
import { namesKey, type Facts, type PluginFact } from './facts.js';
import { changesNames } from './names-change.js';
import type { Proof } from './plan.js';
import type { AnswerValue, Choice, Question } from './question.js';
import { calledTogether, isWildcard, namesAskedNext, separateChoice, SEPARATELY, type NamesApart } from './separate-proofs.js';

export type ProofChoice = { ask: Question } | { lookup: 'fits'; identifiers: readonly Identifier[] } | { authenticator: string; proofs: readonly Proof[]; webrootMap: WebrootMap };

/** How each name is proved: the main authenticator and that of each name, its challenge type, and for webroot the folder of each name. */
export function proofChoice(settings: Settings, facts: Facts, wanted: readonly Identifier[], answers: readonly Answer[]): ProofChoice {
  const chosen = settings.values.authenticator;
  if (chosen === undefined) {
    const next = namesAskedNext(settings, wanted, answers);
    if (facts.fits?.names !== namesKey(next.identifiers)) return { lookup: 'fits', identifiers: next.identifiers };
    const { by } = facts.fits;
    if (next.id !== 'authenticator') return { ask: authenticatorQuestion(settings, facts, by, next) };
    const able = authenticators(facts).filter(({ name }) => by[name]?.fits);
    const own = able.find(({ name }) => name === settings.values.installer);
    // The server that is configured anyway proves them too.
    if (own) return prove(settings, own, wanted);
    const only = able[0];
    if (able.length === 1 && only && providersThatAsk(facts).length === 0 && !separateChoice(authenticators(facts), wanted)) return prove(settings, only, wanted);
    return { ask: authenticatorQuestion(settings, facts, by, next) };
  }
  if (chosen === DNS_BY_API && facts.fits) return { ask: dnsProviderQuestion(facts) };
  const groups = authenticatorGroups(settings, chosen, wanted);
  const [only] = groups;
  if (groups.length > 1) return proveBySeveral(settings, facts, groups, wanted);
  return prove(settings, pluginNamed(only?.authenticator ?? chosen, facts), wanted);
}

function pluginNamed(chosen: string, facts: Facts): PluginFact {
  const plugin = facts.plugins.find(({ name }) => name === chosen);
  if (!plugin || !plugin.authenticator) {
    throw new Refused(`The requested ${chosen} plugin does not appear to be installed`, {
      hint: `Authenticators here: ${authenticators(facts).map(({ name }) => name).join(', ')}. A plugin of others is found beside certwright, or by \`plugin-dir = DIR\` in cli.ini.`,
    });
  }
  return plugin;
}

/** Each authenticator with its names (U03). Only the main one's credentials can be asked for: throws MissingFlag for those of others. */
function proveBySeveral(settings: Settings, facts: Facts, groups: readonly AuthenticatorGroup[], wanted: readonly Identifier[]): ProofChoice {
  const proofs = new Map<string, Proof>();
  let webrootMap: WebrootMap = {};
  for (const { authenticator, identifiers } of groups) {
    const plugin = pluginNamed(authenticator, facts);
    const account = credentialsQuestion(settings, plugin);
    if (account && authenticator === settings.values.authenticator) return { ask: account };
    if (account) throw new MissingFlag(account.missing ?? account.title, account.flags);
    const part = proveNames(settings, plugin, identifiers);
    if (!('proofs' in part)) return part;
    for (const proof of part.proofs) proofs.set(proof.identifier.value, proof);
    webrootMap = { ...webrootMap, ...part.webrootMap };
  }
  return { authenticator: groups[0]?.authenticator ?? '', proofs: wanted.flatMap(({ value }) => proofs.get(value) ?? []), webrootMap };
}

function prove(settings: Settings, plugin: PluginFact, wanted: readonly Identifier[]): ProofChoice {
  const place = challengeQuestion(settings, plugin.name, wanted);
  if (place) return { ask: place };
  const account = credentialsQuestion(settings, plugin);
  if (account) return { ask: account };
  return proveNames(settings, plugin, wanted);
}

function proveNames(settings: Settings, plugin: PluginFact, wanted: readonly Identifier[]): ProofChoice {
  const proofs = wanted.map((identifier) => ({ identifier, authenticator: plugin.name, challenge: challengeFor(settings, plugin, identifier) }));
  if (plugin.name !== 'webroot') return { authenticator: plugin.name, proofs, webrootMap: {} };
  const { map, missing } = foldersOf(settings, wanted);
  if (missing.length > 0) return { ask: foldersQuestion(settings, wanted, map) };
  return { authenticator: plugin.name, proofs: proofs.map((proof) => ({ ...proof, detail: map[proof.identifier.value] ?? '' })), webrootMap: map };
}

/** The first wish of --preferred-challenges, else the plugin's own first, that can prove this identifier (S22). */
function challengeFor(settings: Settings, plugin: PluginFact, identifier: Identifier): ChallengeType {
  const wildcard = identifier.value.startsWith('*.');
  if (identifier.type === 'ip' && !plugin.ipAddresses) {
    throw new Refused(`${identifier.shown} is an IP address, which the ${plugin.name} plugin cannot prove.`, { hint: 'Use --standalone, --webroot or --manual.' });
  }
  const able = (plugin.challengeTypes as readonly ChallengeType[]).filter((type) => canProve(type, identifier, wildcard));
  const wishes = settings.values.prefChalls;
  const type = wishes.length > 0 ? wishes.find((wish): wish is ChallengeType => (able as readonly string[]).includes(wish)) : able[0];
  if (type) return type;
  if (wildcard && able.length === 0) {
    throw new Refused(
      `Client with the currently selected authenticator does not support any combination of challenges that will satisfy the CA: ${identifier.shown} can only be proved by a DNS record.`,
      { hint: 'Use --manual or a DNS plugin for wildcard names.' },
    );
  }
  throw new Refused(`None of the preferred challenges (${wishes.join(', ')}) can prove ${identifier.shown} with the ${plugin.name} plugin.`, {
    hint: able.length > 0 ? `It can be proved by ${able.join(' or ')}.` : 'Choose another authenticator.',
  });
}

function canProve(type: ChallengeType, identifier: Identifier, wildcard: boolean): boolean {
  const byDns = type.startsWith('dns-');
  if (identifier.type === 'ip') return !byDns;
  return wildcard ? byDns : true;
}

function authenticators(facts: Facts): readonly PluginFact[] {
  return facts.plugins.filter((plugin) => plugin.authenticator);
}

function authenticatorQuestion(settings: Settings, facts: Facts, fits: Readonly<Record<string, { fits: boolean; absent?: boolean; reason: string }>>, next: NamesApart): Question {
  // Credentials are asked for once: for the main authenticator, which here is that of the names with *.
  const plain = next.id === 'authenticator-plain';
  const asking = plain ? [] : providersThatAsk(facts);
  // Those that need an account elsewhere are one entry, until one of them fits.
  const elsewhere = (plugin: PluginFact): boolean => plugin.credentials !== undefined && fits[plugin.name]?.fits !== true;
  const all = authenticators(facts).filter((plugin) => !elsewhere(plugin) && fits[plugin.name]?.absent !== true).map((plugin): Choice => {
    const fit = fits[plugin.name];
    return {
      value: plugin.name,
      label: plugin.title,
      hint: `${fit?.reason ?? plugin.description}${installs(settings, plugin) ? '; then it gets the certificate' : ''}`,
      flag: authenticatorWords(plugin.name).join(' '),
      ...(fit && !fit.fits ? { disabled: fit.reason } : {}),
    };
  });
  // What can be chosen now stands first: on a small screen it is all that is seen.
  const able = all.filter(({ disabled }) => disabled === undefined);
  const byHand = able.findIndex(({ value }) => value === 'manual');
  const separate = next.id === 'authenticator' ? separateChoice(authenticators(facts), next.identifiers) : null;
  const ready = asking.length === 0 ? able : able.toSpliced(byHand < 0 ? able.length : byHand, 0, dnsByApiChoice(facts, asking));
  const choices = [...ready, ...(separate ? [separate] : []), ...all.filter(({ disabled }) => disabled !== undefined), ...(asking.length === 0 && !plain && authenticators(facts).some(elsewhere) ? [noDnsByApi(facts)] : [])];
  return {
    kind: 'choice',
    id: next.id,
    label: next.label,
    title: `How can ${calledTogether(next)} be proved yours?`,
    term: 'authenticator',
    why:
      'Before a certificate authority issues a certificate, it looks whether you control the names: it asks a web server of yours for a file, ' +
      'or looks for a record in your DNS. certwright puts the answer in place and takes it away afterwards.',
    flags: ['--standalone', '--webroot', '--manual', '-a'],
    missing: 'How would you like to authenticate with the ACME CA?',
    choices,
    recommended: choices.find((choice) => choice.disabled === undefined && (choice.value !== DNS_BY_API || facts.dnsProvider !== undefined))?.value ?? choices[0]?.value ?? 'manual',
  };
}

function installs({ verb, values }: Settings, { installer }: PluginFact): boolean {
  return verb === 'run' && installer && values.installer === undefined;
}

/** A server that proves the names also installs, as `--nginx` means both; unless another one does. */
export function assignAuthenticator(value: AnswerValue, { values }: Settings, { plugins }: Facts): Assignment {
  const authenticator = String(value);
  if (authenticator === SEPARATELY) return {};
  const server = plugins.some(({ name, installer }) => name === authenticator && installer);
  const installer = values.installer ?? (server ? authenticator : undefined);
  const word = server && installer !== authenticator ? ['-a', authenticator] : authenticatorWords(authenticator);
  return { values: { authenticator, ...(installer === undefined ? {} : { installer }) }, words: { authenticator: word, configurator: [] } };
}

/** The main authenticator; its names stand first then, as they do on a command line. */
export function assignWildcardAuthenticator(value: AnswerValue, settings: Settings, facts: Facts, wanted: readonly Identifier[]): Assignment {
  const { values, words } = assignAuthenticator(value, settings, facts);
  const names = wanted.filter(({ type }) => type === 'dns').toSorted((a, b) => Number(isWildcard(b)) - Number(isWildcard(a)));
  const addresses = wanted.filter(({ type }) => type === 'ip');
  return { values: { ...values, domains: names.map(({ shown }) => shown), ipAddresses: addresses.map((address) => address.value) }, ...(words === undefined ? {} : { words }) };
}

/** The names without * get it; a server that proves them also installs, for all of them. */
export function assignPlainAuthenticator(value: AnswerValue, settings: Settings, facts: Facts, wanted: readonly Identifier[]): Assignment {
  const { values: { authenticator: _all, ...installing } = {} } = assignAuthenticator(value, settings, facts);
  const { installer } = installing;
  const authenticatorMap = Object.fromEntries(wanted.filter((identifier) => !isWildcard(identifier)).map(({ value: name }) => [name, String(value)]));
  return { values: { ...installing, authenticatorMap }, words: installer === undefined || installer === settings.values.installer ? {} : { installer: ['--installer', installer] } };
}

/** The folder of each name from --webroot-map, `-w`/`-d`, or a single `-w` for all (S27). */
function foldersOf(settings: Settings, wanted: readonly Identifier[]): { map: Record<string, string>; missing: readonly Identifier[] } {
  const given = (settings.plugin['webroot_map'] ?? {}) as WebrootMap;
  const paths = (settings.plugin['webroot_path'] ?? []) as readonly string[];
  const last = paths.at(-1);
  const map: Record<string, string> = {};
  for (const identifier of wanted) {
    const folder = given[identifier.value] ?? given[identifier.shown] ?? last;
    if (folder !== undefined && folder !== '') map[identifier.value] = folder;
  }
  return { map, missing: wanted.filter(({ value }) => map[value] === undefined) };
}

function foldersQuestion(settings: Settings, wanted: readonly Identifier[], known: Readonly<Record<string, string>>): Question {
  const missing = wanted.filter(({ value }) => known[value] === undefined);
  return {
    kind: 'folders',
    id: 'webroots',
    label: 'Folders',
    title: 'Which folder does the web server serve for each name?',
    term: 'webroot',
    why:
      'A small file is put below .well-known/acme-challenge in this folder, the certificate authority fetches it over http, and it is removed again. ' +
      'The folder is the one your web server calls root or DocumentRoot.',
    flags: ['-w', '--webroot-path', '--webroot-map'],
    missing: `Input the webroot for ${missing.map(({ shown }) => shown).join(', ')}:`,
    // When names change, the others keep the folders they have.
    names: (changesNames(settings) ? missing : wanted).map(({ shown }) => shown),
    initial: Object.fromEntries(wanted.map(({ value, shown }) => [shown, known[value] ?? (isSet(settings, 'webroot_path') ? '' : '/var/www/html')])),
  };
}

/** The web folders that were typed and not looked at yet; null = none. Throws Refused, at once and not when the CA is asked, when one of them is none. */
export function unseenFolders({ folders: seen }: Facts, answers: readonly Answer[]): WebrootMap | null {
  const typed = answers.find(({ id }) => id === 'webroots')?.value;
  if (typed === undefined) return null;
  if (seen?.answer !== typed) return typed as WebrootMap;
  if (seen.problem !== undefined) throw new Refused(seen.problem, { hint: 'Give the folder that your web server calls root or DocumentRoot.' });
  return null;
}

/** `value`: name as shown → folder. */
export function assignFolders(value: AnswerValue, wanted: readonly Identifier[]): Assignment {
  const folders = value as Readonly<Record<string, string>>;
  const entries = wanted.flatMap(({ shown, value: name }) => (folders[shown] === undefined ? [] : [[name, folders[shown]] as const]));
  return { plugin: { webroot_map: Object.fromEntries(entries), webroot_path: [...new Set(entries.map(([, folder]) => folder))] } };
}
