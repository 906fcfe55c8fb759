import type { Settings, WebrootMap } from '../settings.js';
import type { Answer } from './answers.js';
import { withAnswers } from './decide.js';
import type { Facts } from './facts.js';
import type { Plan } from './plan.js';

/**
 * The words that would have asked nothing: program, command, every option that was set by flag or answered, then the names
 * (each with the web folder it belongs to). Run with -n on the same facts they give the same plan.
 */
export function commandLine(settings: Settings, facts: Facts, answers: readonly Answer[], plan: Plan): readonly string[] {
  const after = withAnswers(settings, facts, answers);
  const words = [after.program, after.verb === 'run' && plan.kind === 'obtain' && plan.installer === null ? 'certonly' : after.verb];
  if (plan.kind === 'obtain' && after.values.authenticator === undefined) words.push(`--${plan.authenticator}`);
  for (const option of Object.values(after.words)) words.push(...option);
  if (plan.kind !== 'obtain') return [...words, ...named(after)];
  if (plan.csr) return words;
  if (plan.authenticator !== 'webroot') return [...words, ...named(after)];
  return [...words, ...namesWithFolders(plan.proofs.map(({ identifier }) => identifier), plan.webrootMap)];
}

function named({ values }: Settings): readonly string[] {
  const words: string[] = [];
  if (values.domains.length > 0) words.push('-d', values.domains.join(','));
  if (values.ipAddresses.length > 0) words.push('--ip-address', values.ipAddresses.join(','));
  return words;
}

/** `-w /a -d one,two -w /b -d three`: each -d belongs to the -w last seen before it. */
function namesWithFolders(identifiers: readonly { type: string; value: string; shown: string }[], folders: WebrootMap): readonly string[] {
  const words: string[] = [];
  let folder: string | undefined;
  let group: string[] = [];
  const flush = () => {
    if (group.length > 0) words.push('-d', group.join(','));
    group = [];
  };
  for (const { type, value, shown } of identifiers) {
    const own = folders[value] ?? '';
    if (own !== folder) {
      flush();
      folder = own;
      words.push('-w', own);
    }
    if (type === 'ip') words.push('--ip-address', value);
    else group.push(shown);
  }
  flush();
  return words;
}

/** The words as a person would paste them into a shell. */
export function shellQuote(words: readonly string[]): string {
  return words.map((word) => (/^[\p{L}\p{N}_@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}
