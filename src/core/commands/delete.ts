import { basename } from 'node:path';
import { deleteLineage } from '../../store/delete-lineage.js';
import { storedExports } from '../../store/export-targets.js';
import { listLineages } from '../../store/lineage.js';
import { archiveFolder, liveFolder } from '../../store/paths.js';
import { unlinkPartner } from '../../store/partner.js';
import { removePending } from '../../store/pending.js';
import type { Question } from '../decide/question.js';
import { Refused } from '../errors.js';
import { putRight } from '../put-right.js';
import { withPartners } from '../partner-too.js';
import { referencesTo, type Reference } from '../references.js';
import type { Settings } from '../settings.js';
import type { World } from '../world.js';

/** References that are shown before the others are counted. */
const SHOWN = 8;

/**
 * `delete`: all files of one certificate, or of several that a person ticks, after asking; what still points at them is shown first
 * (U14). -n means yes, as in certbot (T06); without it and without a person nothing is deleted (U16). Throws Refused, StoreError.
 */
export async function deleteCertificate(settings: Settings, world: World): Promise<void> {
  const { interaction, dirs, root } = world;
  await putRight(world);
  const { lineages, broken } = listLineages(dirs);
  const choices = [
    ...lineages.map(({ name, identifiers }) => ({ value: name, label: name, hint: identifiers.map(({ shown }) => shown).join(', ') })),
    ...broken.map(({ path }) => ({ value: basename(path, '.conf'), label: basename(path, '.conf'), hint: 'its renewal file is not usable' })),
  ];
  const { certname } = settings.values;
  if (certname === undefined && choices.length === 0) throw new Refused('No certificates found.');
  const chosen = certname === undefined ? await interaction.ask(whichOnes(choices), { canGoBack: false, trail: [] }) : [certname];
  const ticked = Array.isArray(chosen) ? chosen.map(String) : [String(chosen)];
  const partners = lineages.flatMap(({ name, renewal }) => (ticked.includes(name) && lineages.some((other) => other.name === renewal.partner) ? [renewal.partner ?? ''] : [])).filter((name) => !ticked.includes(name));
  const names = partners.length > 0 && (await withPartners('delete', partners, settings, world)) ? [...ticked, ...partners] : ticked;
  const folders = names.flatMap((name) => {
    const lineage = lineages.find((candidate) => candidate.name === name);
    return [lineage?.liveFolder ?? liveFolder(dirs, name), lineage?.archiveFolder ?? archiveFolder(dirs, name)];
  });
  const references = referencesTo(folders, root);
  interaction.report({ type: 'references', names, references: [...references] });
  const exported = lineages.filter(({ name }) => names.includes(name)).flatMap(({ name }) => storedExports(dirs, name).map(({ path }) => path));
  const sure = await interaction.ask(areYouSure(names, references, exported), { canGoBack: false, trail: [] });
  if (sure !== 'yes') return;
  for (const name of names) {
    deleteLineage(dirs, name);
    removePending(dirs, name);
    const partner = lineages.find((lineage) => lineage.name === name)?.renewal.partner;
    if (partner !== undefined && !names.includes(partner)) unlinkPartner(dirs, partner);
    interaction.report({ type: 'result', text: `Deleted all files relating to certificate ${name}.` });
  }
  if (exported.length > 0) interaction.report({ type: 'result', text: `What was exported is still there, with the private key in it: ${exported.join(', ')}` });
}

function whichOnes(choices: Extract<Question, { kind: 'checklist' }>['choices']): Question {
  return {
    kind: 'checklist',
    id: 'certificates',
    label: 'Certificates',
    title: 'Which certificates should be deleted?',
    why: 'Their files below live/, archive/ and renewal/ are removed and they are not renewed any more. They stay valid; revoke one first if its key may be known to others.',
    flags: ['--cert-name'],
    missing: 'Which certificate(s) would you like to delete?',
    choices,
    initial: [],
    least: 1,
  };
}

function areYouSure(names: readonly string[], references: readonly Reference[], exported: readonly string[]): Question {
  const what = names.length === 1 ? (names[0] ?? '') : `these ${names.length} certificates`;
  return {
    kind: 'choice',
    id: 'confirm',
    label: 'Delete',
    title: `Are you sure you want to delete ${what}?`,
    facts: [
      ...(names.length > 1 ? [names.join(', ')] : []),
      ...(references.length === 0
        ? ['No configuration of a server that was looked at names its files. Others may: point them elsewhere first.']
        : ['These lines name its files; the servers do not start any more once they are gone:', ...references.slice(0, SHOWN).map(({ path, line, text }) => `${path}:${line}  ${text.trim()}`)]),
      ...(exported.length > 0 ? [`Exported files stay, but no renewal writes them any more: ${exported.join(', ')}`] : []),
      ...(references.length > SHOWN ? [`and ${references.length - SHOWN} more lines`] : []),
    ],
    why: 'Deleted files cannot be brought back. Programs that refer to them fail at their next start or reload.',
    flags: ['-n'],
    unattended: 'yes',
    consent: true,
    choices: [{ value: 'yes', label: `Delete ${what}` }, { value: 'no', label: names.length === 1 ? 'Keep it' : 'Keep them', hint: 'nothing is changed' }],
    recommended: 'no',
  };
}
