import { deleteLineage } from '../../store/delete-lineage.js';
import { listLineages } from '../../store/lineage.js';
import { removePending } from '../../store/pending.js';
import { Refused } from '../errors.js';
import type { Settings } from '../settings.js';
import type { World } from '../world.js';

/** `delete`: all files of one certificate, after asking (with -n --cert-name is the answer, as in certbot). */
export async function deleteCertificate(settings: Settings, world: World): Promise<void> {
  const { interaction, dirs } = world;
  const { lineages, broken } = listLineages(dirs);
  const names = [...lineages.map(({ name }) => name), ...broken.map(({ path }) => path.slice(path.lastIndexOf('/') + 1, -'.conf'.length))];
  let name = settings.values.certname;
  if (name === undefined) {
    if (names.length === 0) throw new Refused('No certificates found.');
    name = String(
      await interaction.ask(
        {
          kind: 'choice',
          id: 'certificate',
          label: 'Certificate',
          title: 'Which certificate should be deleted?',
          why: 'Its files below live/, archive/ and renewal/ are removed and it is not renewed any more. It stays valid; revoke it first if its key may be known to others.',
          flags: ['--cert-name'],
          missing: 'Which certificate(s) would you like to delete?',
          choices: names.map((value) => ({ value, label: value, hint: lineages.find((lineage) => lineage.name === value)?.identifiers.map(({ shown }) => shown).join(', ') ?? 'its renewal file is not usable' })),
          recommended: names[0] ?? '',
          even: true,
        },
        { canGoBack: false, trail: [] },
      ),
    );
  }
  const sure = await interaction.ask(
    {
      kind: 'choice',
      id: 'confirm',
      label: 'Delete',
      title: `Are you sure you want to delete ${name}?`,
      facts: ['Servers that use its files do not start any more: point them elsewhere first.'],
      why: 'Deleted files cannot be brought back. Programs that refer to them fail at their next start or reload.',
      flags: ['-n'],
      unattended: 'yes',
      choices: [{ value: 'yes', label: `Delete ${name}` }, { value: 'no', label: 'Keep it', hint: 'nothing is changed' }],
      recommended: 'no',
    },
    { canGoBack: false, trail: [] },
  );
  if (sure !== 'yes') return;
  deleteLineage(dirs, name);
  removePending(dirs, name);
  interaction.report({ type: 'result', text: `Deleted all files relating to certificate ${name}.` });
}
