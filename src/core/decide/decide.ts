import { Refused } from '../errors.js';
import type { Identifier } from '../identifier.js';
import type { Settings, WebrootMap } from '../settings.js';
import { accountChoice, assignAccount, assignEabHmacKey, assignEabKid, assignEmail, assignTerms } from './account-choice.js';
import type { Answer } from './answers.js';
import { authenticatorGroups } from './authenticators-by-name.js';
import { assign, type Assignment } from './assign.js';
import { renewedNow, type Facts, type Lookup } from './facts.js';
import { assignExportFormat, assignExportKeep, assignExportPassword, assignExportPath, exportChoice } from './export-choice.js';
import { assignChallenge } from './challenge-choice.js';
import { assignNames, identifiersWanted } from './identifiers-wanted.js';
import { assignPlaces, assignRedirect, withInstallation, type InstallationWish } from './installation-choice.js';
import { assignKeyType, keyChoice } from './key-choice.js';
import { assignLineageChoice, lineageChoice } from './lineage-choice.js';
import { difference } from './name-sets.js';
import { assignCertificate, assignNamesChange, inheriting, namesChangeQuestion } from './names-change.js';
import { openOrder } from './open-order.js';
import { asPair, partnerNeeds, partnerOf, partnerSettings, rememberingPartner, withPair, type PairMain } from './pair.js';
import type { ObtainPlan, Plan } from './plan.js';
import { assignAuthenticator, assignFolders, assignPlainAuthenticator, assignWildcardAuthenticator, proofChoice, unseenFolders } from './proof-choice.js';
import { assignCredentials, assignDnsProvider, untriedCredentials, type CredentialsWish } from './dns-credentials.js';
import type { Question, QuestionId } from './question.js';
import { renewalParams } from './renewal-params.js';
import { renewedBy } from './schedule-fact.js';
import { scheduleWords } from './directory-words.js';
import { assignRedirectToo, assignServeToo, servingQuestion, type ServingWish } from './serve-too.js';
import { assignTask, taskQuestion } from './task.js';
import { caLabel, isTestCa } from '../ca.js';

/** Something that a decision turned out to need, and what about. */
export interface Needed {
  lookup: Lookup;
  identifiers: readonly Identifier[];
  /** With `installation`. */
  wish?: InstallationWish;
  /** With `credentials`. */
  credentials?: CredentialsWish;
  /** With `folders`: the answer that has them. */
  folders?: WebrootMap;
  /** With `serving`. */
  serving?: ServingWish;
}

/** What comes next: a question for a person, something to look up first, or the plan. */
export type Decision = { ask: Question } | Needed | { plan: Plan };

/**
 * Decides what to ask next or what to do. Pure: no file, no network, no clock, no terminal. Every answer counts as the flags
 * that would have said it, so the command line printed for a walk leads to the same plan.
 * Throws UsageError or Refused when what was asked for cannot be.
 */
export function decide(asked: Settings, facts: Facts, answers: readonly Answer[]): Decision {
  const settings = withAnswers(asked, facts, answers);
  const answered: ReadonlySet<QuestionId> = new Set(answers.map(({ id }) => id));
  const task = answers.find(({ id }) => id === 'task')?.value;
  if (task === 'quit' || task === 'certificates' || task === 'schedule' || task === 'why') return { plan: { kind: 'command', verb: task } };

  const first = taskQuestion(settings, facts);
  if (first) return facts.servers ? { ask: first } : { lookup: 'servers', identifiers: [] };
  const change = task === 'change-names' ? namesChangeQuestion(settings, facts, answered.has('names-change')) : null;
  if (change) return { ask: change };
  const serving = task === 'change-names' ? servingQuestion(settings, facts, answered) : null;
  if (serving) return 'wish' in serving ? { lookup: 'serving', identifiers: [], serving: serving.wish } : serving;
  if (settings.verb === 'export') return exportChoice(settings, facts, answers);
  const untried = untriedCredentials(settings, facts, answers);
  const names = untried && identifiersWanted(settings, facts);
  if (untried && names && !isQuestion(names)) return { lookup: 'credentials', identifiers: namesOf(untried.plugin, settings, names), credentials: untried };
  const folders = unseenFolders(facts, answers);
  if (folders) return { lookup: 'folders', identifiers: [], folders };
  const decision = decideOne(settings, facts, answered, answers);
  const whole = 'plan' in decision ? withPartner(decision.plan, answeredSettings(asked, facts, answers), settings, facts, answers) : decision;
  if (!('plan' in whole)) return whole;
  const plan = answered.has('credentials') && facts.credentials && whole.plan.kind === 'obtain' ? { ...whole.plan, credentialsFile: facts.credentials.path } : whole.plan;
  const installing = withInstallation(plan, settings, facts, answered);
  return 'wish' in installing ? { lookup: 'installation', identifiers: [], wish: installing.wish } : installing;
}

/** The decision for one certificate. */
function decideOne(settings: Settings, facts: Facts, answered: ReadonlySet<QuestionId>, answers: readonly Answer[]): Decision {
  const wanted = identifiersWanted(settings, facts);
  if (isQuestion(wanted)) return facts.servers ? { ask: wanted } : { lookup: 'servers', identifiers: [] };

  refuseMissingInstaller(settings.values.installer ?? null, facts);
  const place = settings.values.csr === undefined ? lineageChoice(settings, facts, wanted, answered) : null;
  if (place && 'ask' in place) return place;
  if (place && 'lookup' in place) return { lookup: place.lookup, identifiers: wanted };
  if (place && 'leave' in place) return { plan: { kind: 'command', verb: 'quit' } };
  if (place && 'keep' in place) {
    return { plan: { kind: 'keep', lineage: place.keep.name, notAfter: place.keep.notAfter, installer: settings.values.installer ?? null, installation: null } };
  }
  const lineage = place && 'version' in place ? place.version : null;
  refuseTestOverReal(settings, lineage);

  const key = place === null ? null : keyChoice(settings, lineage);
  if (key && isQuestion(key)) return { ask: key };

  const proof = proofChoice(settings, facts, wanted, answers);
  if ('ask' in proof) return proof;
  if ('lookup' in proof) return proof;

  const owner = accountChoice(settings, facts, answered);
  if ('ask' in owner) return owner;
  if ('lookup' in owner) return { lookup: owner.lookup, identifiers: wanted };

  return { plan: obtainPlan(settings, facts, { wanted, place, lineage, key, proof, account: owner.account }) };
}

/** The plan with that of its partner, when the certificate is or becomes half of a pair (U23). */
function withPartner(plan: Plan, asked: Settings, settings: Settings, facts: Facts, answers: readonly Answer[]): Decision {
  const main = pairMain(plan, settings, facts);
  const partner = main && partnerOf(settings, facts, main);
  if (!partner) return { plan };
  const whole = plan.kind === 'obtain' && plan.reason !== 'resumed';
  if (!whole && !partnerNeeds(settings, facts, partner, main.identifiers)) return { plan };
  const decision = decideOne(partnerSettings(asked, settings, main, partner), facts, new Set(answers.map(({ id }) => id)), answers);
  if (!('plan' in decision) || decision.plan.kind !== 'obtain') return decision;
  if (plan.kind === 'obtain') return { plan: withPair(plan, decision.plan) };
  const because = partner.lineage && renewedNow(facts, partner.lineage);
  return { plan: rememberingPartner(because ? { ...decision.plan, reason: because } : decision.plan, main.name) };
}

/** What a partner is decided by; null for plans without a lineage. */
function pairMain(plan: Plan, settings: Settings, facts: Facts): PairMain | null {
  const named = (name: string): Facts['lineages'][number] | null => facts.lineages.find((lineage) => lineage.name === name) ?? null;
  if (plan.kind === 'keep') {
    const lineage = named(plan.lineage);
    const asked = identifiersWanted(settings, facts);
    // The same names, as they were typed.
    return lineage && { name: lineage.name, keyType: lineage.keyType, lineage, identifiers: isQuestion(asked) ? lineage.identifiers : asked, webrootMap: {} };
  }
  if (plan.kind !== 'obtain' || !plan.lineage || !plan.key) return null;
  const { identifiers, authenticator, webrootMap } = plan;
  return { name: plan.lineage.name, keyType: plan.key.type, lineage: named(plan.lineage.name), identifiers, authenticator, webrootMap };
}

/** The settings after some answers: what the same person would have said by flags, and what is inherited when only names change. */
export function withAnswers(settings: Settings, facts: Facts, answers: readonly Answer[]): Settings {
  return inheriting(answeredSettings(settings, facts, answers), facts);
}

/** The same without what is inherited. */
export function answeredSettings(settings: Settings, facts: Facts, answers: readonly Answer[]): Settings {
  return asPair(answers.reduce((before, answer) => assign(before, assignment(before, facts, answer)), settings), facts);
}

function assignment(settings: Settings, facts: Facts, { id, value }: Answer): Assignment {
  switch (id) {
    case 'task':
      return assignTask(value, facts);
    case 'names':
      return assignNames(value);
    case 'certificate':
      return assignCertificate(value);
    case 'names-change':
      return assignNamesChange(value, settings, facts);
    case 'same-names':
    case 'superset':
    case 'other-names':
      return assignLineageChoice(id, value);
    case 'key-type':
      return assignKeyType(value);
    case 'authenticator':
      return assignAuthenticator(value, settings, facts);
    case 'authenticator-plain': {
      const wanted = identifiersWanted(settings, facts);
      return isQuestion(wanted) ? {} : assignPlainAuthenticator(value, settings, facts, wanted);
    }
    case 'authenticator-wildcards': {
      const wanted = identifiersWanted(settings, facts);
      return isQuestion(wanted) ? {} : assignWildcardAuthenticator(value, settings, facts, wanted);
    }
    case 'dns-provider':
      return assignDnsProvider(value);
    case 'credentials':
      return assignCredentials(value, settings, facts);
    case 'places':
      return assignPlaces(value, settings, facts);
    case 'serve-too':
      return assignServeToo(value, settings, facts);
    case 'redirect-too':
      return assignRedirectToo(value);
    case 'redirect':
      return assignRedirect(value, settings);
    case 'challenge':
      return assignChallenge(value);
    case 'webroots': {
      const wanted = identifiersWanted(settings, facts);
      return isQuestion(wanted) ? {} : assignFolders(value, wanted);
    }
    case 'email':
      return assignEmail(value);
    case 'terms':
      return assignTerms(value);
    case 'account':
      return assignAccount(value);
    case 'debug-challenges':
    case 'certificates':
    case 'export-password-again':
    case 'checkpoint':
    case 'edited':
    case 'installed':
    case 'confirm':
    case 'partner':
    case 'schedule':
    case 'server':
      return {};
    case 'export-format':
      return assignExportFormat(value);
    case 'export-path':
      return assignExportPath(value, facts);
    case 'export-keep':
      return assignExportKeep(value);
    case 'export-password':
      return assignExportPassword(settings, facts);
    case 'eab-kid':
      return assignEabKid(value);
    case 'eab-hmac-key':
      return assignEabHmacKey(value);
  }
}

/** The names that this authenticator proves. */
function namesOf(authenticator: string, settings: Settings, names: readonly Identifier[]): readonly Identifier[] {
  return authenticatorGroups(settings, authenticator, names).find((group) => group.authenticator === authenticator)?.identifiers ?? [];
}

interface Chosen {
  wanted: readonly Identifier[];
  place: ReturnType<typeof lineageChoice> | null;
  lineage: Facts['lineages'][number] | null;
  key: ObtainPlan['key'];
  proof: Extract<ReturnType<typeof proofChoice>, { authenticator: string }>;
  account: ObtainPlan['account'];
}

function obtainPlan(settings: Settings, facts: Facts, { wanted, place, lineage, key, proof, account }: Chosen): ObtainPlan {
  const { values } = settings;
  const fresh = place && 'fresh' in place ? place.fresh : null;
  const installer = values.installer ?? null;
  const profile = values.requiredProfile ?? values.preferredProfile;
  const name = lineage?.name ?? fresh?.name;
  const pending = openOrder(settings, facts, name, wanted);
  return {
    kind: 'obtain',
    identifiers: wanted,
    lineage:
      name === undefined
        ? null
        : {
            name,
            exists: lineage !== null,
            nameMayChange: fresh?.nameMayChange ?? false,
            added: lineage ? difference(wanted, lineage.identifiers) : [],
            removed: lineage ? difference(lineage.identifiers, wanted) : [],
          },
    resume: pending && !values.dryRun ? { orderUrl: pending.orderUrl } : null,
    reason: place === null ? 'csr' : 'version' in place ? place.reason : (fresh?.reason ?? 'new'),
    key,
    csr:
      values.csr === undefined
        ? null
        : { path: values.csr, ...optional({ certPath: values.certPath, chainPath: values.chainPath, fullchainPath: values.fullchainPath }) },
    ca: { server: values.server, label: facts.sandbox ? 'sandbox CA' : caLabel(values.server), test: facts.sandbox || isTestCa(values.server) },
    account,
    authenticator: proof.authenticator,
    installer,
    installation: null,
    proofs: proof.proofs,
    webrootMap: proof.webrootMap,
    profile: profile === undefined ? null : { name: profile, required: values.requiredProfile !== undefined },
    preferredChain: values.preferredChain ?? null,
    preferredChallenges: values.prefChalls,
    mustStaple: values.mustStaple,
    allowSubsetOfNames: values.allowSubsetOfNames,
    dryRun: values.dryRun,
    ...(facts.schedule === undefined ? {} : renewal(facts.schedule, values)),
    hooks: optional({ pre: values.preHook, post: values.postHook, deploy: values.deployHook }),
    renewalParams:
      key === null
        ? {}
        : renewalParams(settings, { ...proof, installer, key, account: account.kind === 'existing' ? account.id : null }),
  };
}

function renewal(schedule: NonNullable<Facts['schedule']>, values: Settings['values']): Pick<ObtainPlan, 'renewal' | 'schedule'> {
  const job = renewedBy(schedule, values.configDir);
  return job ? { renewal: { by: job.name, ...optional({ next: job.next }) } } : { renewal: null, schedule: scheduleWords(values) };
}

function refuseMissingInstaller(installer: string | null, { plugins }: Facts): void {
  if (installer === null || plugins.some((plugin) => plugin.name === installer && plugin.installer)) return;
  const others = plugins.filter((plugin) => plugin.installer && plugin.name !== 'null').map(({ name }) => name);
  throw new Refused(`The requested ${installer} plugin does not appear to be installed`, { hint: others.length > 0 ? `Installers here: ${others.join(', ')}.` : 'Leave out -i, and point your server to the files by hand.' });
}

/** A certificate of a test CA must not replace one that visitors trust (certbot's rule, --break-my-certs lifts it). */
function refuseTestOverReal(settings: Settings, lineage: Facts['lineages'][number] | null): void {
  const { server, breakMyCerts, dryRun } = settings.values;
  if (!lineage?.server || dryRun || breakMyCerts) return;
  if (!isTestCa(server) || isTestCa(lineage.server)) return;
  throw new Refused(
    `You've asked to renew/replace a seemingly valid certificate with a test certificate (domains: ${lineage.identifiers.map(({ shown }) => shown).join(', ')}). We will not do that unless you use the --break-my-certs flag!`,
  );
}

function isQuestion(value: unknown): value is Question {
  return typeof value === 'object' && value !== null && 'kind' in value && 'title' in value;
}

function optional<T extends Record<string, unknown>>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: NonNullable<T[K]> };
}
