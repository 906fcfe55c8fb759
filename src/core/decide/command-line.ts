import type { Settings, WebrootMap } from '../settings.js';
import type { Answer } from './answers.js';
import { authenticatorWords } from './authenticator-words.js';
import { plannedAuthenticators } from './authenticators-by-name.js';
import { withAnswers } from './decide.js';
import type { Facts } from './facts.js';
import { changesNames, savedFolders } from './names-change.js';
import type { ObtainPlan, Plan, Proof } from './plan.js';

/**
 * The words that would have asked nothing: program, command, every option that was set by flag or answered, then the names
 * (each with the web folder and, of several, the authenticator it belongs to) or by how much they change. Run with -n on the same facts they give the same plan.
 */
export function commandLine(settings: Settings, facts: Facts, answers: readonly Answer[], plan: Plan): readonly string[] {
  const after = withAnswers(settings, facts, answers);
  const words = [after.program, after.verb === 'run' && plan.kind === 'obtain' && plan.installer === null ? 'certonly' : after.verb];
  if (plan.kind === 'obtain' && after.values.authenticator === undefined) words.push(...authenticatorWords(plan.authenticator));
  // `--nginx` says both, where it is said.
  const byPosition = plan.kind === 'obtain' && saysByPosition(after, plan);
  const proof = plan.kind === 'obtain' ? (after.words['authenticator'] ?? (after.values.authenticator === undefined ? authenticatorWords(plan.authenticator) : [])) : [];
  const both = !byPosition && plan.kind === 'obtain' && plan.installer === plan.authenticator && proof[0] === `--${plan.authenticator}`;
  for (const [option, said] of Object.entries(after.words)) if (byPosition ? option !== 'authenticator' && option !== 'configurator' : !both || option !== 'installer') words.push(...said);
  if (byPosition && after.words['configurator'] !== undefined && after.values.installer !== undefined) words.push('--installer', after.values.installer);
  if (plan.kind === 'export') return words;
  if (plan.kind !== 'obtain') return [...words, ...named(after)];
  if (plan.csr && !byPosition) return words;
  if (changesNames(after)) return [...words, ...changes(after, facts, plan, byPosition)];
  if (!byPosition && plan.authenticator !== 'webroot') return [...words, ...named(after)];
  return [...words, ...namesInOrder(byPosition ? mainFirst(plan) : plan.proofs, plan.webrootMap, byPosition)];
}

/** Is it said of names which authenticator proves them? When names change, of those that come in. */
function saysByPosition(after: Settings, plan: ObtainPlan): boolean {
  if (!changesNames(after)) return plannedAuthenticators(plan).length > 1;
  return Object.keys(after.values.authenticatorMap).length > 0 && addedProofs(plan).some(({ authenticator }) => authenticator !== after.values.authenticator);
}

function addedProofs({ proofs, lineage }: ObtainPlan): readonly Proof[] {
  return proofs.filter(({ identifier }) => lineage?.added.some(({ value }) => value === identifier.value));
}

/** What is said first is the main one. */
function mainFirst({ proofs, authenticator: main }: ObtainPlan): readonly Proof[] {
  if (proofs[0]?.authenticator === main) return proofs;
  return [...proofs.filter(({ authenticator }) => authenticator === main), ...proofs.filter(({ authenticator }) => authenticator !== main)];
}

/** By how much the names change; of the web folders those that are not what the certificate has anyway. */
function changes({ values, sources }: Settings, facts: Facts, plan: ObtainPlan, byPosition: boolean): readonly string[] {
  const { webrootMap, lineage } = plan;
  const removed = values.removeDomains.length > 0 ? ['--remove-domain', values.removeDomains.join(',')] : [];
  const plain = values.addDomains.length > 0 ? ['--add-domain', values.addDomains.join(',')] : [];
  const said = plannedAuthenticators(plan).includes('webroot') && ['flag', 'answered'].includes(sources['webroot_map'] ?? '');
  if (!byPosition && !said) return [...plain, ...removed];
  const added = new Set(lineage?.added.map(({ value }) => value));
  const present = facts.lineages.find(({ name }) => name === lineage?.name);
  const saved = present ? savedFolders(present) : {};
  const other = Object.fromEntries(Object.entries(webrootMap).filter(([name, folder]) => !added.has(name) && saved[name] !== folder));
  const map = said && Object.keys(other).length > 0 ? ['--webroot-map', JSON.stringify(other)] : [];
  return [...map, ...namesInOrder(addedProofs(plan), webrootMap, byPosition, { dns: '--add-domain', ip: '--add-domain' }), ...removed];
}

function named({ values }: Settings): readonly string[] {
  const words: string[] = [];
  if (values.domains.length > 0) words.push('-d', values.domains.join(','));
  if (values.ipAddresses.length > 0) words.push('--ip-address', values.ipAddresses.join(','));
  return words;
}

/** `-w /a -d one,two -w /b -d three`: each -d belongs to the -w last seen before it, and so it is with -a where there are several. */
function namesInOrder(proofs: readonly Proof[], folders: WebrootMap, byPosition: boolean, flags = { dns: '-d', ip: '--ip-address' }): readonly string[] {
  const words: string[] = [];
  let by: string | undefined;
  let folder: string | undefined;
  let group: string[] = [];
  const flush = () => {
    if (group.length > 0) words.push(flags.dns, group.join(','));
    group = [];
  };
  for (const { authenticator, identifier: { type, value, shown } } of proofs) {
    if (byPosition && authenticator !== by) {
      flush();
      by = authenticator;
      words.push('-a', authenticator);
    }
    const own = folders[value] ?? '';
    if (authenticator === 'webroot' && own !== folder) {
      flush();
      folder = own;
      words.push('-w', own);
    }
    if (type === 'ip' && flags.ip !== flags.dns) words.push(flags.ip, value);
    else group.push(shown);
  }
  flush();
  return words;
}

/** The words as a person would paste them into a shell. */
export function shellQuote(words: readonly string[]): string {
  return words.map((word) => (/^[\p{L}\p{N}_@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}
