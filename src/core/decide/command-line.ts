import type { Identifier } from '../identifier.js';
import type { Settings, WebrootMap } from '../settings.js';
import type { Answer } from './answers.js';
import { withAnswers } from './decide.js';
import type { Facts } from './facts.js';
import { changesNames, savedFolders } from './names-change.js';
import type { ObtainPlan, Plan } from './plan.js';

/**
 * The words that would have asked nothing: program, command, every option that was set by flag or answered, then the names
 * (each with the web folder it belongs to) or by how much they change. Run with -n on the same facts they give the same plan.
 */
export function commandLine(settings: Settings, facts: Facts, answers: readonly Answer[], plan: Plan): readonly string[] {
  const after = withAnswers(settings, facts, answers);
  const words = [after.program, after.verb === 'run' && plan.kind === 'obtain' && plan.installer === null ? 'certonly' : after.verb];
  if (plan.kind === 'obtain' && after.values.authenticator === undefined) words.push(`--${plan.authenticator}`);
  // `--nginx` says both.
  const both = plan.kind === 'obtain' && plan.installer === plan.authenticator && (after.words['authenticator'] ?? [`--${plan.authenticator}`])[0] === `--${plan.authenticator}`;
  for (const [option, said] of Object.entries(after.words)) if (!both || option !== 'installer') words.push(...said);
  if (plan.kind === 'export') return words;
  if (plan.kind !== 'obtain') return [...words, ...named(after)];
  if (plan.csr) return words;
  if (changesNames(after)) return [...words, ...changes(after, facts, plan)];
  if (plan.authenticator !== 'webroot') return [...words, ...named(after)];
  return [...words, ...namesWithFolders(plan.proofs.map(({ identifier }) => identifier), plan.webrootMap)];
}

/** By how much the names change; of the web folders those that are not what the certificate has anyway. */
function changes({ values, sources }: Settings, facts: Facts, { proofs, webrootMap, authenticator, lineage }: ObtainPlan): readonly string[] {
  const removed = values.removeDomains.length > 0 ? ['--remove-domain', values.removeDomains.join(',')] : [];
  const plain = values.addDomains.length > 0 ? ['--add-domain', values.addDomains.join(',')] : [];
  const said = ['flag', 'answered'].includes(sources['webroot_map'] ?? '');
  if (authenticator !== 'webroot' || !said) return [...plain, ...removed];
  const added = new Set(lineage?.added.map(({ value }) => value));
  const present = facts.lineages.find(({ name }) => name === lineage?.name);
  const saved = present ? savedFolders(present) : {};
  const other = Object.fromEntries(Object.entries(webrootMap).filter(([name, folder]) => !added.has(name) && saved[name] !== folder));
  const map = Object.keys(other).length > 0 ? ['--webroot-map', JSON.stringify(other)] : [];
  const fresh = proofs.map(({ identifier }) => identifier).filter(({ value }) => added.has(value));
  return [...map, ...namesWithFolders(fresh, webrootMap, { dns: '--add-domain', ip: '--add-domain' }), ...removed];
}

function named({ values }: Settings): readonly string[] {
  const words: string[] = [];
  if (values.domains.length > 0) words.push('-d', values.domains.join(','));
  if (values.ipAddresses.length > 0) words.push('--ip-address', values.ipAddresses.join(','));
  return words;
}

/** `-w /a -d one,two -w /b -d three`: each -d belongs to the -w last seen before it. */
function namesWithFolders(identifiers: readonly Identifier[], folders: WebrootMap, flags = { dns: '-d', ip: '--ip-address' }): readonly string[] {
  const words: string[] = [];
  let folder: string | undefined;
  let group: string[] = [];
  const flush = () => {
    if (group.length > 0) words.push(flags.dns, group.join(','));
    group = [];
  };
  for (const { type, value, shown } of identifiers) {
    const own = folders[value] ?? '';
    if (own !== folder) {
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
