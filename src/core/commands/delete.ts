import { basename } from 'node:path';
import { deleteLineage } from '../../store/delete-lineage.js';
import { listLineages } from '../../store/lineage.js';
import { archiveFolder, liveFolder } from '../../store/paths.js';
import { unlinkPartner } from '../../store/partner.js';
import { removePending } from '../../store/pending.js';
import type { Choice, Question } from '../decide/question.js';
import { detachAll, planDetaching, type Detaching } from '../detach.js';
import { Refused } from '../errors.js';
import { exportedFiles, tellExported } from '../exported-files.js';
import { putRight } from '../put-right.js';
import { withPartners } from '../partner-too.js';
import { referencesTo, type Reference } from '../references.js';
import type { Settings } from '../settings.js';
import type { World } from '../world.js';

/** References that are shown before the others are counted. */
const SHOWN = 8;

/**
 * `delete`: all files of one certificate, or of several that a person ticks, after asking; what still points at them is shown first
 * (U14). -n means yes, as in certbot (T06); without it and without a person nothing is deleted (U16). Web servers that use them are
 * offered to be detached first (N12), which --detach wants. Throws Refused, StoreError, PluginError.
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
  const going = lineages.filter(({ name }) => names.includes(name));
  const installed = going.some(({ renewal }) => renewal.params['installer'] !== undefined);
  const detaching = settings.values.detach || installed || references.length > 0 ? await planDetaching(folders, going, settings, world) : [];
  const stuck = detaching.flatMap(({ change }) => change.warnings);
  if (settings.values.detach && stuck.length > 0) throw new Refused(`It is still needed:\n${stuck.join('\n')}`, { hint: 'Nothing was changed. Give these blocks another certificate, then run the same command again.' });
  const exported = exportedFiles(dirs, going.map(({ name }) => name));
  const sure = await interaction.ask(areYouSure(names, { references, exported, detaching, wanted: settings.values.detach }), { canGoBack: false, trail: [] });
  if (sure !== 'yes' && sure !== 'detach') return;
  if (sure === 'detach') await detachAll(detaching, names, world);
  for (const name of names) {
    deleteLineage(dirs, name);
    removePending(dirs, name);
    const partner = lineages.find((lineage) => lineage.name === name)?.renewal.partner;
    if (partner !== undefined && !names.includes(partner)) unlinkPartner(dirs, partner);
    interaction.report({ type: 'result', text: `Deleted all files relating to certificate ${name}.` });
  }
  tellExported(exported, world);
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

interface Using {
  references: readonly Reference[];
  exported: readonly string[];
  detaching: readonly Detaching[];
  /** --detach. */
  wanted: boolean;
}

function areYouSure(names: readonly string[], { references, exported, detaching, wanted }: Using): Question {
  const what = names.length === 1 ? (names[0] ?? '') : `these ${names.length} certificates`;
  const servers = detaching.map(({ label }) => label).join(' and ');
  const stuck = detaching.flatMap(({ change }) => change.warnings);
  const detach: Choice = {
    value: 'detach',
    label: `Take ${names.length === 1 ? 'it' : 'them'} out of ${servers} first, then delete ${what}`,
    hint: 'http is served as before',
    flag: '--detach',
    ...(stuck[0] === undefined ? {} : { disabled: stuck[0] }),
  };
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
      ...detaching.flatMap(({ label, change }) => [`${label} uses ${names.length === 1 ? 'it' : 'them'}. Taking ${names.length === 1 ? 'it' : 'them'} out changes ${[...change.files, ...(change.removes ?? [])].map(({ path }) => path).join(', ') || 'nothing'}.`, ...change.warnings]),
      ...(exported.length > 0 ? [`Exported files stay, but no renewal writes them any more: ${exported.join(', ')}`] : []),
      ...(references.length > SHOWN ? [`and ${references.length - SHOWN} more lines`] : []),
    ],
    why: 'Deleted files cannot be brought back. Programs that refer to them fail at their next start or reload.',
    flags: detaching.length > 0 ? ['-n', '--detach'] : ['-n'],
    unattended: wanted && detaching.length > 0 ? 'detach' : 'yes',
    consent: true,
    choices: [...(detaching.length > 0 ? [detach] : []), ...(wanted && detaching.length > 0 ? [] : [{ value: 'yes', label: `Delete ${what}` }]), { value: 'no', label: names.length === 1 ? 'Keep it' : 'Keep them', hint: 'nothing is changed' }],
    recommended: 'no',
  };
}
