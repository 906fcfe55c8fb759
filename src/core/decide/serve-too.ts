import { parseNameList } from '../names.js';
import { isSet, type Settings } from '../settings.js';
import type { Assignment } from './assign.js';
import type { Facts, ServingFact } from './facts.js';
import type { AnswerValue, Question, QuestionId } from './question.js';

/** A certificate that names come to, for the one who looks up whether a web server serves it; with the settings it is renewed under. */
export interface ServingWish {
  lineage: string;
  settings: Settings;
}

/**
 * After names were added to a certificate that a web server of this machine serves: shall it serve them too? Without a person's word the
 * certificate would get the names and the server would not. Null when that is answered or is no question: only names that stand in a
 * server's configuration are, and no server may serve the certificate.
 */
export function servingQuestion(settings: Settings, facts: Facts, answered: ReadonlySet<QuestionId>): { ask: Question } | { wish: ServingWish } | null {
  const { certname, addDomains } = settings.values;
  const added = parseNameList(addDomains.join('\n')).identifiers.filter(({ type }) => type === 'dns');
  if (certname === undefined || added.length === 0) return null;
  if (facts.serving?.lineage !== certname) return { wish: { lineage: certname, settings } };
  const { server } = facts.serving;
  if (!server) return null;
  if (!answered.has('serve-too')) return { ask: serveQuestion(server, added.map(({ shown }) => shown)) };
  if (settings.verb !== 'run' || isSet(settings, 'redirect') || answered.has('redirect-too')) return null;
  return { ask: redirectTooQuestion(server) };
}

function serveQuestion({ plugin, label }: ServingFact, added: readonly string[]): Question {
  const them = added.length === 1 ? 'the name' : 'the names';
  return {
    kind: 'choice',
    id: 'serve-too',
    label: 'Serve',
    about: `${plugin} ${added.join(' ')}`,
    title: `${label} serves this certificate. Shall it serve the new ${added.length === 1 ? 'name' : 'names'} too?`,
    term: 'installer',
    why:
      `A name in the certificate is not yet a name that ${label} answers to by https: that stands in its configuration. Every changed line is shown before it is done, and it can be ` +
      'undone. Without it the certificate has the new names, and you say in the configuration yourself what is served for them.',
    flags: ['run -i', 'certonly'],
    missing: `Shall ${label} serve the new names too? Say run -i ${plugin}, or certonly.`,
    choices: [
      { value: 'yes', label: `Yes, serve ${added.length === 1 ? 'it' : 'them'} too`, hint: `${label} is configured for ${them}; you see each changed line first`, flag: `run -i ${plugin}` },
      { value: 'no', label: 'Only the certificate', hint: `it gets ${them}; the configuration of ${label} stays as it is`, flag: 'certonly' },
    ],
    recommended: 'yes',
  };
}

/** `value`: yes or no. What http does is said in words, for `run` alone would redirect sites that were left without: as all present names do, or else not. */
export function assignServeToo(value: AnswerValue, settings: Settings, { serving }: Facts): Assignment {
  const server = serving?.server;
  if (value !== 'yes' || !server) return {};
  const common = { verb: 'run' as const, values: { installer: server.plugin }, words: { installer: ['-i', server.plugin] } };
  if (isSet(settings, 'redirect') || mixed(server)) return common;
  const redirect = server.redirected.length > 0;
  return { ...common, values: { ...common.values, redirect }, words: { ...common.words, redirect: [redirect ? '--redirect' : '--no-redirect'] } };
}

function mixed({ redirected, plain }: ServingFact): boolean {
  return redirected.length > 0 && plain.length > 0;
}

function redirectTooQuestion({ plain, redirected }: ServingFact): Question {
  const some = (names: readonly string[]): string => (names.length <= 4 ? names.join(', ') : `${names.slice(0, 4).join(', ')} and ${names.length - 4} more`);
  return {
    kind: 'choice',
    id: 'redirect-too',
    label: 'Redirect',
    about: plain.join(' '),
    title: 'Send visitors of all names from http:// to https://?',
    term: 'redirect',
    facts: [`Not sent to https now: ${some(plain)}`, `The others: ${some(redirected)}`],
    why: 'Some names of the certificate are sent from http to https, others are not, so it cannot be told what the new ones shall do. Nothing is taken out either way: what is sent to https now stays so.',
    flags: ['--redirect', '--no-redirect'],
    choices: [
      { value: 'no', label: 'No, leave http as it is', hint: 'each name goes on as now; the new ones answer by http and by https', flag: '--no-redirect' },
      { value: 'redirect', label: 'Yes, all of them', hint: 'also the present names that are not sent there now', flag: '--redirect' },
    ],
    recommended: 'no',
  };
}

export function assignRedirectToo(value: AnswerValue): Assignment {
  const redirect = value === 'redirect';
  return { values: { redirect }, words: { redirect: [redirect ? '--redirect' : '--no-redirect'] } };
}
