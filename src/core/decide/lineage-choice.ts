import { Refused } from '../errors.js';
import type { Identifier } from '../identifier.js';
import { isSet, type Settings } from '../settings.js';
import type { Assignment } from './assign.js';
import { namesKey, renewedNow, type Facts, type LineageFact } from './facts.js';
import { contains, difference, sameNames } from './name-sets.js';
import { openOrder } from './open-order.js';
import { freePairName, lacksPartner } from './pair.js';
import type { ObtainPlan } from './plan.js';
import type { AnswerValue, Choice, Question, QuestionId } from './question.js';
import { daysLeft, listNames } from './wording.js';

/** What becomes of the names asked: a new lineage, a new version of one that is there, or nothing. */
export type LineageChoice =
  | { ask: Question }
  | { lookup: 'early' }
  | { keep: LineageFact }
  | { leave: true }
  | { fresh: { name: string; nameMayChange: boolean; reason: 'new' | 'duplicate' } }
  | { version: LineageFact; reason: ObtainPlan['reason'] };

/** The decisions of certbot's guide (S52–S60), with its precedence of --duplicate over --cert-name over matching names. */
export function lineageChoice(settings: Settings, facts: Facts, wanted: readonly Identifier[], answered: ReadonlySet<QuestionId>): LineageChoice {
  const { certname, duplicate } = settings.values;
  if (duplicate) return { fresh: { ...freeName(settings, facts, certname ?? defaultName(wanted)), reason: 'duplicate' } };
  if (certname !== undefined) {
    refuseBroken(facts, certname);
    const lineage = facts.lineages.find((candidate) => candidate.name === certname);
    if (!lineage) return { fresh: { name: certname, nameMayChange: false, reason: 'new' } };
    return sameNames(lineage.identifiers, wanted) ? identical(settings, facts, lineage, wanted, answered) : otherNames(settings, lineage, wanted, answered);
  }
  // The halves of a pair have the same names: the one with the wished type of key is meant. Else certbot's choice: the last of the same names, the first of the largest.
  const wished = ({ keyType }: LineageFact): number => (keyType === settings.values.keyType ? 0 : 1);
  const lineages = [...facts.lineages].sort((a, b) => wished(a) - wished(b));
  const same = [...facts.lineages].reverse().sort((a, b) => wished(a) - wished(b)).find((lineage) => sameNames(lineage.identifiers, wanted));
  if (same) return identical(settings, facts, same, wanted, answered);
  const subset = lineages
    .filter((lineage) => lineage.identifiers.length > 0 && contains(wanted, lineage.identifiers))
    .sort((a, b) => b.identifiers.length - a.identifiers.length)[0];
  if (subset) return superset(settings, facts, subset, wanted, answered);
  return { fresh: { ...freeName(settings, facts, defaultName(wanted)), reason: 'new' } };
}

/** A pair takes two names at once, so they are chosen now; else the number is added when the name turns out to be taken. */
function freeName(settings: Settings, facts: Facts, name: string): { name: string; nameMayChange: boolean } {
  return settings.values.dual ? { name: freePairName(facts, name), nameMayChange: false } : { name, nameMayChange: true };
}

function identical(settings: Settings, facts: Facts, lineage: LineageFact, wanted: readonly Identifier[], answered: ReadonlySet<QuestionId>): LineageChoice {
  const { renewByDefault, reinstall, dryRun } = settings.values;
  if (keyTypeChanges(settings, lineage)) return { version: lineage, reason: 'key-type' };
  if (renewByDefault) return { version: lineage, reason: 'forced' };
  if (lineage.due) return { version: lineage, reason: 'date' };
  if (dryRun) return { version: lineage, reason: 'forced' };
  // As certbot: what is revoked, or what its CA wants renewed, is neither asked about nor kept.
  if (lineage.renewable && facts.early?.names !== namesKey(wanted)) return { lookup: 'early' };
  const early = renewedNow(facts, lineage);
  if (early) return { version: lineage, reason: early };
  if (reinstall || answered.has('same-names')) return { keep: lineage };
  if (openOrder(settings, facts, lineage.name, lineage.identifiers)) return { version: lineage, reason: 'resumed' };
  if (lacksPartner(settings, facts, lineage)) return { keep: lineage };
  const installs = settings.verb === 'run' && settings.values.installer !== undefined;
  return {
    ask: {
      kind: 'choice',
      id: 'same-names',
      label: 'Existing',
      title: 'These names already have a certificate. What should happen to it?',
      facts: [`${lineage.name}: ${listNames(lineage.identifiers)}, valid for ${daysLeft(lineage.notAfter, facts.now)}`],
      why:
        'The certificate is still good, so a new one is not needed yet. Certificate authorities limit how many certificates ' +
        'they issue for the same names in a week; renewing again and again uses that up.',
      flags: ['--keep-until-expiring', '--force-renewal', '--duplicate'],
      unattended: 'keep',
      choices: [
        { value: 'keep', label: 'Keep it for now', hint: installs ? 'the certificate stays; the server is pointed to it where it is not yet' : 'nothing is changed', flag: '--keep-until-expiring' },
        { value: 'renew', label: 'Renew and replace it', hint: `saved as ${lineage.name}, version ${lineage.version + 1}`, flag: '--force-renewal' },
        { value: 'duplicate', label: 'Make a second, separate one', hint: 'the same names, its own files', flag: '--duplicate' },
      ],
      recommended: 'keep',
    },
  };
}

function superset(settings: Settings, facts: Facts, lineage: LineageFact, wanted: readonly Identifier[], answered: ReadonlySet<QuestionId>): LineageChoice {
  if (settings.values.expand || settings.values.renewByDefault) return { version: lineage, reason: 'expand' };
  if (answered.has('superset')) return { leave: true };
  const added = difference(wanted, lineage.identifiers);
  const choices: Choice[] = [
    { value: 'expand', label: `Add ${listNames(added)} to it`, hint: 'same place, servers need no change', flag: '--expand' },
    { value: 'duplicate', label: 'Make a separate one', hint: 'its own files, both are renewed', flag: '--duplicate' },
    { value: 'cancel', label: 'Leave it as it is', hint: 'nothing is changed' },
  ];
  return {
    ask: {
      kind: 'choice',
      id: 'superset',
      label: 'Existing',
      title: `Some of these names are in the certificate ${lineage.name} already. Add the others to it?`,
      facts: [
        `it has      ${listNames(lineage.identifiers)}, valid for ${daysLeft(lineage.notAfter, facts.now)}`,
        `you asked   ${listNames(wanted)}`,
      ],
      why:
        'One certificate can hold many names. Adding the new names to the certificate that is there keeps its place on disk, so servers that ' +
        'use it need no change. A separate certificate has files of its own, and both must be renewed.',
      flags: ['--expand', '--duplicate'],
      missing:
        `You have an existing certificate that contains a portion of the domains you requested (${lineage.name}: ` +
        `${listNames(lineage.identifiers)}). Expand and replace it with one for ${listNames(wanted)}?`,
      choices,
      recommended: 'expand',
    },
  };
}

function otherNames(settings: Settings, lineage: LineageFact, wanted: readonly Identifier[], answered: ReadonlySet<QuestionId>): LineageChoice {
  const added = difference(wanted, lineage.identifiers);
  const removed = difference(lineage.identifiers, wanted);
  const agreed = settings.values.renewWithNewDomains || (settings.values.expand && removed.length === 0);
  if (agreed || settings.values.dryRun) return { version: lineage, reason: 'names-changed' };
  if (answered.has('other-names')) return { leave: true };
  return {
    ask: {
      kind: 'choice',
      id: 'other-names',
      label: 'Names',
      title: `This changes the names of the certificate ${lineage.name}. Is that what you want?`,
      facts: [
        ...(added.length > 0 ? [`+ ${listNames(added)}`] : []),
        ...(removed.length > 0 ? [`− ${listNames(removed)}`] : []),
      ],
      why:
        'A certificate of this name exists with other names in it. The new one takes its place: servers that use it serve the new names, ' +
        'and names that were taken out get a warning in the browser.',
      flags: ['--renew-with-new-domains'],
      unattended: 'change',
      choices: [
        { value: 'change', label: 'Update the certificate', hint: `${wanted.length} names instead of ${lineage.identifiers.length}`, flag: '--renew-with-new-domains' },
        { value: 'cancel', label: 'Leave it as it is', hint: 'nothing is changed' },
      ],
      recommended: 'change',
    },
  };
}

/** What the answers to these questions say in flags. */
export function assignLineageChoice(id: QuestionId, value: AnswerValue): Assignment {
  if (value === 'renew') return { values: { renewByDefault: true }, words: { renewByDefault: ['--force-renewal'] } };
  if (value === 'duplicate') return { values: { duplicate: true }, words: { duplicate: ['--duplicate'] } };
  if (value === 'expand') return { values: { expand: true }, words: { expand: ['--expand'] } };
  if (value === 'change') return { values: { renewWithNewDomains: true }, words: { renewWithNewDomains: ['--renew-with-new-domains'] } };
  if (id === 'same-names') return { values: { reinstall: true }, words: { reinstall: ['--keep-until-expiring'] } };
  return {};
}

/** A lineage whose renewal file cannot be used is repaired by a person, never written over. */
function refuseBroken(facts: Facts, name: string): void {
  const broken = facts.broken.find((candidate) => candidate.name === name);
  if (!broken) return;
  throw new Refused(`The certificate ${name} cannot be changed: its renewal file is not usable.\n${broken.reason}`, {
    hint: `Repair renewal/${name}.conf, or choose another name with --cert-name.`,
  });
}

/** The person asked for this key type, by flag or by answer, and the lineage has another. */
function keyTypeChanges(settings: Settings, lineage: LineageFact): boolean {
  return isSet(settings, 'keyType') && settings.values.keyType !== lineage.keyType;
}

/** F21: the first name, a wildcard without its `*.`. */
export function defaultName(identifiers: readonly Identifier[]): string {
  const first = identifiers[0];
  if (!first) throw new Refused('A certificate needs at least one name.', { hint: 'Use -d to name it.' });
  return first.value.replace(/^\*\./, '');
}
