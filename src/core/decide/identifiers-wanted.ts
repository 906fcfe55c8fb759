import { Refused, UsageError } from '../errors.js';
import type { Identifier } from '../identifier.js';
import { parseNameList } from '../names.js';
import type { Settings } from '../settings.js';
import type { Assignment } from './assign.js';
import type { Facts, ServedNameFact, ServerFact } from './facts.js';
import { changedNames, changesNames } from './names-change.js';
import type { AnswerValue, Question } from './question.js';

/** The names the certificate shall hold, or the question for them. */
export function identifiersWanted(settings: Settings, facts: Facts): readonly Identifier[] | Question {
  const { domains, ipAddresses, certname } = settings.values;
  if (facts.csr) return facts.csr.identifiers;
  if (changesNames(settings)) return changedNames(settings, facts);
  if (domains.length > 0 || ipAddresses.length > 0) return typed([...domains, ...ipAddresses]);
  if (certname !== undefined) {
    const lineage = facts.lineages.find((candidate) => candidate.name === certname);
    if (lineage) return lineage.identifiers;
    throw new Refused(`No certificate with name ${certname} found.`, {
      hint: 'Use -d to specify domains, or run `certwright certificates` to see the names there are.',
    });
  }
  const servers = (facts.servers ?? []).filter(({ plugin }) => settings.values.installer === undefined || plugin === settings.values.installer);
  const suggested = servers.flatMap(({ label, names }) => names.map((served) => ({ label, ...served })));
  return {
    kind: 'names',
    id: 'names',
    label: 'Names',
    title: 'Which names should the certificate cover?',
    term: 'domains',
    why:
      'A certificate is valid for exactly the names in it. People who type another name see a warning, so www.example.com must be named beside example.com. ' +
      '*.example.com covers every name one step below example.com, but not example.com itself.',
    flags: ['-d', '--domains'],
    missing: 'Please enter the domain name(s) you would like on your certificate (comma and/or space separated)',
    suggestions: suggested.map(({ label, name, place, tls, until }) => ({ name, note: `${httpsText(tls, until, facts.now)}   ${label}, ${place}` })),
    initial: firstSite(suggested),
    facts: patternsText(servers),
  };
}

interface Suggested extends ServedNameFact {
  label: string;
}

/** Ticked from the start: the names without https of the first site that has such. Others may not lead to this machine any more. */
function firstSite(suggested: readonly Suggested[]): readonly string[] {
  const first = suggested.find(({ tls }) => !tls);
  return suggested.filter(({ tls, label, place }) => first !== undefined && !tls && label === first.label && place === first.place).map(({ name }) => name);
}

function httpsText(tls: boolean, until: number | undefined, now: number): string {
  if (!tls) return 'HTTP only';
  if (until === undefined) return 'HTTPS';
  return `${until < now ? 'HTTPS expired' : 'HTTPS until'} ${new Date(until).toISOString().slice(0, 10)}`;
}

/** Names by pattern cannot be ticked: what they stand for has to be typed. */
function patternsText(servers: readonly ServerFact[]): readonly string[] {
  const patterns = servers.flatMap(({ patterns: own }) => own);
  if (patterns.length === 0) return [];
  const some = patterns.slice(0, 3).join(', ');
  return [`Not listed, for many names are meant: ${some}${patterns.length > 3 ? ` and ${patterns.length - 3} more` : ''}. Type those that you want.`];
}

function typed(texts: readonly string[]): readonly Identifier[] {
  const { identifiers, errors } = parseNameList(texts.join('\n'));
  const first = errors[0];
  if (first) {
    const rest = errors.length > 1 ? `\n${errors.slice(1).map((error) => error.message).join('\n')}` : '';
    throw new UsageError(`${first.message}${rest}`);
  }
  return identifiers;
}

export function assignNames(value: AnswerValue): Assignment {
  const { identifiers } = parseNameList(Array.isArray(value) ? value.join('\n') : String(value));
  return {
    values: {
      domains: identifiers.filter(({ type }) => type === 'dns').map(({ shown }) => shown),
      ipAddresses: identifiers.filter(({ type }) => type === 'ip').map(({ value: address }) => address),
    },
  };
}
