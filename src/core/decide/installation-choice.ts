import type { Enhancement, PlaceQuestion } from '../../plugins/contract.js';
import type { ChangeStep } from '../change-step.js';
import { parseName } from '../names.js';
import type { Settings } from '../settings.js';
import type { Assignment } from './assign.js';
import { enhancementsWanted } from './enhancements-wanted.js';
import type { Facts } from './facts.js';
import { changesNames } from './names-change.js';
import type { KeepPlan, ObtainPlan, Plan } from './plan.js';
import type { AnswerValue, Choice, Question, QuestionId } from './question.js';

/** A plan whose certificate is to be installed, for the one who looks up what that would change. */
export interface InstallationWish {
  /** The same for the same wish. */
  key: string;
  settings: Settings;
  plan: ObtainPlan | KeepPlan;
}

/** What was looked up for a wish: questions that only a person can answer, or else every change of the server's files. */
export interface InstallationFact {
  key: string;
  questions: readonly PlaceQuestion[];
  steps: readonly ChangeStep[];
  unsupported: readonly Enhancement[];
}

/** The part of a plan that changes a server's configuration: each step becomes a checkpoint. */
export interface Installation {
  steps: readonly ChangeStep[];
  unsupported: readonly Enhancement[];
}

/** The plan with what `run` changes in the server that it installs into: first asked where only a person knows, then to the letter. */
export function withInstallation(plan: Plan, settings: Settings, facts: Facts, answered: ReadonlySet<QuestionId>): { ask: Question } | { wish: InstallationWish } | { plan: Plan } {
  if ((plan.kind !== 'obtain' && plan.kind !== 'keep') || plan.installer === null || settings.verb !== 'run' || settings.values.dryRun || plan.lineage === null) return { plan };
  const { http01Port, httpsPort } = settings.values;
  const certificates = plan.kind === 'keep' ? [plan.lineage] : [plan.identifiers.map(({ value }) => value), plan.lineage, plan.key?.type, plan.pair?.lineage];
  const key = JSON.stringify([plan.installer, certificates, settings.plugin, enhancementsWanted(settings), http01Port, httpsPort]);
  const fact = facts.installation;
  if (fact?.key !== key) return { wish: { key, settings, plan } };
  const [first, ...others] = fact.questions;
  if (first) return { ask: placesQuestion(first, others) };
  // `_` and the like are nobody's name.
  const lost = [...new Set(fact.steps.flatMap(({ change }) => change.lost ?? []))].filter((name) => name.includes('.'));
  // A redirect that was only taken over from the present names may be refused here.
  if (lost.length > 0 && (settings.values.redirect === undefined || settings.sources['redirect'] === 'answered') && !answered.has('redirect')) return { ask: redirectQuestion(lost, settings) };
  return { plan: { ...plan, installation: { steps: fact.steps, unsupported: fact.unsupported } } };
}

/** One question for all names that need an answer: whatever gets the certificate gets it for all of them. */
function placesQuestion(first: PlaceQuestion, others: readonly PlaceQuestion[]): Question {
  const all = [first, ...others];
  const places = new Map(all.flatMap(({ places: own }) => own).map((place) => [place.id, place]));
  const recommended = [...new Set(all.flatMap(({ recommended: own }) => own))];
  const choices: readonly Choice[] = [...places.values()].map(({ id, label, hint }) => ({ value: id, label, ...(hint === undefined ? {} : { hint }) }));
  const copied = all.every(({ name }) => !name.startsWith('*.'));
  const common = {
    id: 'places' as const,
    label: 'Where',
    about: all.map(({ name }) => name).join(' '),
    facts: all.map(({ reason }) => reason),
    flags: [first.flag],
    missing: `${first.reason} For example ${first.flag} ${recommended[0] ?? choices[0]?.value ?? 'FILE:LINE'}`,
  };
  if (copied) {
    return {
      ...common,
      kind: 'choice',
      title: `Which part of the configuration shall serve ${all.map(({ name }) => name).join(', ')}?`,
      why: 'The name stands nowhere in the configuration of your server. It is served as the part that you choose serves its own names, with https; that part goes on as it is.',
      choices,
      recommended: choices[0]?.value ?? '',
      even: true,
    };
  }
  return {
    ...common,
    kind: 'checklist',
    title: `Which parts of the configuration shall have the certificate for ${all.map(({ name }) => name).join(', ')}?`,
    why: 'Each part that you tick is given the certificate. The others stay as they are. The file and the line stand beside each; those that the name covers are ticked.',
    choices,
    initial: recommended,
    least: 1,
  };
}

/** `value`: the places of the answer. They stand for the installer's option. */
export function assignPlaces(value: AnswerValue, { values }: Settings, { plugins }: Facts): Assignment {
  const flag = plugins.find(({ name }) => name === values.installer)?.placesFlag ?? '';
  const places = Array.isArray(value) ? value.map(String) : [String(value)];
  const dest = flag.replace(/^--/, '').replaceAll('-', '_');
  return { plugin: { [dest]: places }, words: { [dest]: places.flatMap((place) => [flag, place]) } };
}

/** A redirect of a block is for all its names: those that have no certificate would be lost to visitors. */
function redirectQuestion(lost: readonly string[], settings: Settings): Question {
  const names = lost.filter((name) => !('message' in parseName(name)));
  const canAdd = names.length > 0 && !changesNames(settings);
  const listed = lost.join(', ');
  return {
    kind: 'choice',
    id: 'redirect',
    label: 'Redirect',
    about: listed,
    title: 'Send visitors from http:// to https://?',
    term: 'redirect',
    facts: [`${listed} ${lost.length === 1 ? 'stands' : 'stand'} in the same block of the configuration and ${lost.length === 1 ? 'is' : 'are'} not in the certificate.`],
    why:
      'With a redirect visitors who type the name without https come to the encrypted site. The block that answers them is then for the names of the certificate only: ' +
      'its other names have nothing on http any more and answer 404 (not found), and on https browsers warn, for the certificate is not theirs.',
    flags: ['--redirect', '--no-redirect'],
    unattended: 'redirect',
    choices: [
      ...(canAdd ? [{ value: `add ${names.join(' ')}`, label: `Yes, and ${names.join(', ')} into the certificate too`, hint: 'then every name of the block is served by https; each must be proved' }] : []),
      { value: 'redirect', label: 'Yes', hint: `${listed} would answer 404 (not found) on http from then on`, flag: '--redirect' },
      { value: 'no', label: 'No, leave http as it is', hint: 'http and https both answer, for all names as now', flag: '--no-redirect' },
    ],
    recommended: canAdd ? `add ${names.join(' ')}` : 'no',
  };
}

/** `value`: `redirect`, `no`, or `add` with the names that the certificate shall have too. */
export function assignRedirect(value: AnswerValue, { values }: Settings): Assignment {
  const [kind, ...names] = String(value).split(' ');
  if (kind === 'no') return { values: { redirect: false }, words: { redirect: ['--no-redirect'] } };
  return { values: { redirect: true, ...(names.length === 0 ? {} : { domains: [...values.domains, ...names] }) }, words: { redirect: ['--redirect'] } };
}
