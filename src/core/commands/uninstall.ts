import { archiveFolder, liveFolder } from '../../store/paths.js';
import { listLineages, type Lineage } from '../../store/lineage.js';
import type { Question } from '../decide/question.js';
import { detachAll, planDetaching } from '../detach.js';
import { Refused } from '../errors.js';
import { back } from '../interaction.js';
import { putRight } from '../put-right.js';
import type { Settings } from '../settings.js';
import type { World } from '../world.js';

/**
 * `uninstall` (U15): takes a certificate out of nginx and Apache, with the redirects and the TLS that were made for it, by whatever run and
 * whichever client; http is served as before, and the certificate is kept and renewed. What is taken out is found by what stands in the
 * configuration, so it does not matter what was changed since; it is a checkpoint that `rollback` undoes. A pair goes together. Throws
 * Refused when something of a person's own needs the certificate, PluginError with the server's words.
 */
export async function uninstall(settings: Settings, world: World): Promise<void> {
  const { interaction, dirs } = world;
  await putRight(world);
  const { lineages } = listLineages(dirs);
  const chosen = await lineageMeant(settings, lineages, world);
  const partner = lineages.find(({ name }) => name === chosen.renewal.partner);
  const going = partner ? [chosen, partner] : [chosen];
  const names = going.map(({ name }) => name);
  const detaching = await planDetaching(going.flatMap((lineage) => [lineage.liveFolder, lineage.archiveFolder, liveFolder(dirs, lineage.name), archiveFolder(dirs, lineage.name)]), going, settings, world);
  const stuck = detaching.flatMap(({ change }) => change.warnings);
  if (stuck.length > 0) throw new Refused(`It is still needed:\n${stuck.join('\n')}`, { hint: 'Nothing was changed. Give these blocks another certificate, then run the same command again.' });
  for (const { plugin, change } of detaching) {
    const installation = { steps: [{ title: `Detached ${names.join(', ')}`, change }], unsupported: [] };
    const plan = { kind: 'install' as const, takesOut: true, certificate: names.join(', '), names: going.flatMap(({ identifiers }) => identifiers.map(({ shown }) => shown)).filter((name, index, all) => all.indexOf(name) === index), installer: plugin, installation };
    if (settings.values.plan) interaction.report({ type: 'installation', installer: plugin, steps: installation.steps, done: false });
    else if (['quit', back].includes(await interaction.review(plan, { canGoBack: false, trail: [], command: [settings.program, ...world.args, ...(settings.values.certname === undefined ? ['--cert-name', chosen.name] : []), '-n'] }))) {
      interaction.report({ type: 'result', text: 'Nothing was changed.' });
      return;
    }
  }
  if (settings.values.plan) return;
  await detachAll(detaching, names, world);
  const kept = `${names.join(' and ')} ${names.length === 1 ? 'is kept and renewed' : 'are kept and renewed'} as before.`;
  interaction.report({ type: 'result', text: detaching.length === 0 ? `No web server that was looked at uses ${names.join(' or ')}.` : kept });
}

async function lineageMeant({ values: { certname } }: Settings, lineages: readonly Lineage[], { interaction, dirs }: World): Promise<Lineage> {
  const named = (name: string): Lineage => {
    const found = lineages.find((lineage) => lineage.name === name);
    if (!found) throw new Refused(`No certificate found with name ${name} (expected ${dirs.config}/renewal/${name}.conf).`);
    return found;
  };
  if (certname !== undefined) return named(certname);
  const [first] = lineages;
  if (!first) throw new Refused('No certificates found.');
  const question: Question = {
    kind: 'choice',
    id: 'certificate',
    label: 'Certificate',
    title: 'Which certificate shall be taken out of the web server?',
    why: 'What certbot or certwright added for it goes, and http is served as before. The certificate is kept.',
    flags: ['--cert-name'],
    missing: 'Which certificate shall be taken out of the web server?',
    choices: lineages.map(({ name, identifiers }) => ({ value: name, label: name, hint: identifiers.map(({ shown }) => shown).join(', ') })),
    recommended: first.name,
    even: true,
  };
  return named(String(await interaction.ask(question, { canGoBack: false, trail: [] })));
}
