import { Refused, UsageError } from '../errors.js';
import type { Identifier } from '../identifier.js';
import { parseNameList } from '../names.js';
import type { Settings } from '../settings.js';
import type { Assignment } from './assign.js';
import type { Facts } from './facts.js';
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
    suggestions: facts.suggestions,
    initial: [],
  };
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
