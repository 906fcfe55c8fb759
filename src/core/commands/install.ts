import { existsSync, readFileSync } from 'node:fs';
import { readCertificate } from '../../crypto/certificate.js';
import { listLineages, readLineage, type Lineage } from '../../store/lineage.js';
import { enhancementsWanted } from '../decide/enhancements-wanted.js';
import type { Question } from '../decide/question.js';
import { deploymentOf } from '../deployment.js';
import { Refused, StoreError } from '../errors.js';
import { installInto, openInstaller } from '../installation.js';
import type { Answered } from '../interaction.js';
import { putRight } from '../put-right.js';
import { installReviewed, type Meant } from '../reviewed-installation.js';
import { withServerMeant } from '../server-choice.js';
import type { Settings } from '../settings.js';
import type { World } from '../world.js';

/**
 * `install` (S05): gives a server a certificate that is here already, by --cert-name or by the paths of its files. Throws Refused in
 * certbot's words when neither says which, MissingFlag, PluginError, StoreError.
 */
export async function installCertificate(settings: Settings, world: World): Promise<void> {
  await putRight(world);
  return installMeant(settings, world, { deploy: true });
}

/** `enhance`: hardens an installation whose certificate stays as it is, or with --no-redirect takes the redirect out of it again. Throws Refused when nothing is asked for, or no certificate is named. */
export async function enhance(settings: Settings, world: World): Promise<void> {
  if (enhancementsWanted(settings).length === 0) {
    throw new Refused('No enhancements requested, exiting.', { hint: `Please specify one or more enhancement types to configure. \`${settings.program} --help enhance\` lists them.` });
  }
  await putRight(world);
  return installMeant(settings, world, { deploy: false });
}

async function installMeant(asked: Settings, here: World, what: { deploy: boolean }): Promise<void> {
  const { settings, world } = await withServerMeant(asked, here);
  const installer = await openInstaller(settings, world);
  const alone = settings.values.noninteractiveMode || !world.attended;
  let wish: string | undefined;
  for (;;) {
    const meant = await deploymentMeant(settings, world, wish);
    if (alone) await installInto(installer, meant.deployment, settings, world, { ...what, lineage: meant.certificate });
    if (alone || (await installReviewed(installer, meant, settings, world, what)) === 'done') return;
    wish = meant.certificate;
  }
}

/** The certificate that is meant: a lineage by name, the only way of a person, or loose files. `wish`: what was chosen before Back. */
async function deploymentMeant(settings: Settings, world: World, wish: string | undefined): Promise<Meant> {
  const { certname, certPath, keyPath, fullchainPath, chainPath, domains } = settings.values;
  if (certname === undefined && (certPath !== undefined || keyPath !== undefined)) {
    if (keyPath === undefined || (certPath === undefined && fullchainPath === undefined)) throw pathsMissing();
    const cert = certPath ?? fullchainPath ?? '';
    const files = { cert, privkey: keyPath, chain: chainPath ?? '', fullchain: fullchainPath ?? cert };
    for (const path of [files.cert, files.privkey, files.fullchain]) if (!existsSync(path)) throw new StoreError(`The file ${path} is not there.`, { hint: 'Give --cert-path, --key-path and --fullchain-path the files of the certificate.' });
    return { deployment: { names: domains.length > 0 ? domains : readCertificate(readFileSync(cert, 'utf8')).names, files }, certificate: cert, answered: null };
  }
  const { lineage, answered } = await lineageMeant(certname ?? onlyOneWith(domains, world), world, wish);
  const deployment = deploymentOf(lineage, settings, world.dirs);
  return { deployment: domains.length > 0 ? { ...deployment, names: domains } : deployment, certificate: lineage.name, answered };
}

function pathsMissing(): Refused {
  return new Refused('Path to certificate or key was not defined. If your certificate is managed by Certbot, please use --cert-name to define which certificate you would like to install.');
}

/** Where one certificate alone has all the names that are given, it is meant. */
function onlyOneWith(domains: readonly string[], { dirs }: World): string | undefined {
  const fitting = domains.length === 0 ? [] : listLineages(dirs).lineages.filter(({ identifiers }) => domains.every((name) => identifiers.some(({ value }) => value === name)));
  return fitting.length === 1 ? fitting[0]?.name : undefined;
}

async function lineageMeant(certname: string | undefined, { dirs, interaction }: World, wish: string | undefined): Promise<{ lineage: Lineage; answered: Answered | null }> {
  const { lineages } = listLineages(dirs);
  if (certname !== undefined) {
    if (!lineages.some(({ name }) => name === certname)) throw pathsMissing();
    return { lineage: readLineage(dirs, certname), answered: null };
  }
  const [first] = lineages;
  if (!first) throw new Refused('No existing certificates found.');
  const question: Question = {
    kind: 'choice',
    id: 'certificate',
    label: 'Certificate',
    title: 'Which certificate would you like to install?',
    why: 'The server is pointed to the files of this certificate. Its configuration is kept as it was, so that it can be put back.',
    flags: ['--cert-name'],
    missing: 'Which certificate would you like to install?',
    choices: lineages.map(({ name, identifiers }) => ({ value: name, label: name, hint: identifiers.map(({ shown }) => shown).join(', ') })),
    recommended: first.name,
    even: true,
  };
  const name = String(await interaction.ask(question, { canGoBack: false, trail: [], ...(wish === undefined ? {} : { initial: wish }) }));
  return { lineage: readLineage(dirs, name), answered: { question, value: name, label: question.label, text: name } };
}
