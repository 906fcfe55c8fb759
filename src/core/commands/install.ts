import { existsSync, readFileSync } from 'node:fs';
import type { Deployment } from '../../plugins/contract.js';
import { readCertificate } from '../../crypto/certificate.js';
import { listLineages, readLineage, type Lineage } from '../../store/lineage.js';
import { enhancementsWanted } from '../decide/enhancements-wanted.js';
import { deploymentOf } from '../deployment.js';
import { Refused, StoreError } from '../errors.js';
import { installInto, openInstaller } from '../installation.js';
import { putRight } from '../put-right.js';
import type { Settings } from '../settings.js';
import type { World } from '../world.js';

/**
 * `install` (S05): gives a server a certificate that is here already, by --cert-name or by the paths of its files. Throws Refused in
 * certbot's words when neither says which, PluginError, StoreError.
 */
export async function installCertificate(settings: Settings, world: World): Promise<void> {
  await putRight(world);
  const installer = await openInstaller(settings, world);
  return installInto(installer, await deploymentMeant(settings, world), settings, world, { deploy: true });
}

/** `enhance`: hardens an installation whose certificate stays as it is. Throws Refused when nothing is asked for, or no certificate is named. */
export async function enhance(settings: Settings, world: World): Promise<void> {
  if (enhancementsWanted(settings).length === 0) {
    throw new Refused('No enhancements requested, exiting.', { hint: `Please specify one or more enhancement types to configure. \`${settings.program} --help enhance\` lists them.` });
  }
  await putRight(world);
  const installer = await openInstaller(settings, world);
  return installInto(installer, await deploymentMeant(settings, world), settings, world, { deploy: false });
}

/** The certificate that is meant: a lineage by name, the only way of a person, or loose files. */
async function deploymentMeant(settings: Settings, world: World): Promise<Deployment> {
  const { certname, certPath, keyPath, fullchainPath, chainPath, domains } = settings.values;
  if (certname === undefined && (certPath !== undefined || keyPath !== undefined)) {
    if (keyPath === undefined || (certPath === undefined && fullchainPath === undefined)) throw pathsMissing();
    const cert = certPath ?? fullchainPath ?? '';
    const files = { cert, privkey: keyPath, chain: chainPath ?? '', fullchain: fullchainPath ?? cert };
    for (const path of [files.cert, files.privkey, files.fullchain]) if (!existsSync(path)) throw new StoreError(`The file ${path} is not there.`, { hint: 'Give --cert-path, --key-path and --fullchain-path the files of the certificate.' });
    return { names: domains.length > 0 ? domains : readCertificate(readFileSync(cert, 'utf8')).names, files };
  }
  const lineage = await lineageMeant(certname, world);
  const deployment = deploymentOf(lineage, settings, world.dirs);
  return domains.length > 0 ? { ...deployment, names: domains } : deployment;
}

function pathsMissing(): Refused {
  return new Refused('Path to certificate or key was not defined. If your certificate is managed by Certbot, please use --cert-name to define which certificate you would like to install.');
}

async function lineageMeant(certname: string | undefined, { dirs, interaction }: World): Promise<Lineage> {
  const { lineages } = listLineages(dirs);
  if (certname !== undefined) {
    if (!lineages.some(({ name }) => name === certname)) throw pathsMissing();
    return readLineage(dirs, certname);
  }
  const [first] = lineages;
  if (!first) throw new Refused('No existing certificates found.');
  const answer = await interaction.ask(
    {
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
    },
    { canGoBack: false, trail: [] },
  );
  return readLineage(dirs, String(answer));
}
