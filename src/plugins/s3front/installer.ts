import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { PluginError } from '../../core/errors.js';
import { printableLine } from '../../system/printable.js';
import { connectAws, openAws, type Connect } from '../aws/session.js';
import type { Deployment, InstallContext, Installer } from '../contract.js';
import { noConfiguration } from '../no-configuration.js';
import { useCertificate } from './distribution.js';
import { serverCertificates, type ServerCertificates } from './server-certificates.js';

const ACCESS = 'The AWS keys (environment, ~/.aws, container or instance) must be allowed iam:UploadServerCertificate, iam:ListServerCertificates and iam:DeleteServerCertificate, and cloudfront:GetDistributionConfig and cloudfront:UpdateDistribution.';
/** Characters of a name within the name in IAM, which has 128. */
const LONGEST = 110;

/** A CloudFront distribution is given each certificate by way of IAM. Nothing on this machine is changed, so nothing can be rolled back. */
export function createCloudFrontInstaller(connect: Connect = connectAws, now: () => number = Date.now): Installer {
  let context: InstallContext | undefined;
  const at = (): InstallContext => {
    if (!context) throw new Error('CloudFront was not prepared');
    return context;
  };
  const open = (signal = at().signal) => openAws({ plugin: 'installer', access: ACCESS, environment: at().environment, signal, log: (level, message) => at().log(level, message) }, connect);
  return {
    ...noConfiguration,
    async prepare(given) {
      context = given;
      distributionOf(given);
      await open();
    },
    async publish(deployments) {
      const distribution = distributionOf(at());
      // It shows one certificate: the last one that it is given.
      const last = deployments.at(-1);
      if (!last) return [];
      for (const { names } of deployments.slice(0, -1)) at().log('warning', `The distribution ${distribution} can have one certificate only: that for ${names.join(', ')} was not given to it.`);
      const pems = pemsOf(last);
      const service = await open();
      const certificates = serverCertificates(service('iam', 'https://iam.amazonaws.com'));
      const domain = (last.names[0] ?? '').replace(/^\*\./, 'wildcard.').slice(0, LONGEST);
      const uploaded = await certificates.upload(`le-${domain}-${Math.floor(now() / 1000)}`, pems);
      try {
        await useCertificate(service('cloudfront', 'https://cloudfront.amazonaws.com'), distribution, uploaded.id);
      } catch (error) {
        await drop(certificates, uploaded.name, at());
        throw error;
      }
      await dropOlder(certificates, domain, uploaded.id, at());
      return [`The distribution ${distribution} has the certificate for ${last.names.join(', ')} (${uploaded.name} in IAM); it takes minutes until all of CloudFront shows it`];
    },
    reload: () => Promise.resolve(),
  };
}

/** Those of earlier renewals of the same certificate. What cannot be removed, as it is still in use somewhere, is removed another time. */
async function dropOlder(certificates: ServerCertificates, domain: string, kept: string, context: InstallContext): Promise<void> {
  const own = new RegExp(`^le-${domain.replace(/[^a-z0-9-]/gi, '\\$&')}-\\d+$`);
  try {
    for (const { name, id } of await certificates.list()) if (id !== kept && own.test(name)) await drop(certificates, name, context);
  } catch (error) {
    context.log('warning', `Older certificates in IAM could not be looked up: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function drop(certificates: ServerCertificates, name: string, { log }: InstallContext): Promise<void> {
  await certificates.remove(name).catch((error: unknown) => log('warning', `The certificate ${printableLine(name, 150)} stays in IAM: ${error instanceof Error ? error.message : String(error)}`));
}

/** Throws PluginError for a key that CloudFront does not take. */
function pemsOf({ files }: Deployment): { cert: string; chain: string; key: string } {
  const key = readFileSync(files.privkey, 'utf8');
  const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(key);
  const bits = asymmetricKeyType === 'rsa' ? (asymmetricKeyDetails?.modulusLength ?? 0) : 0;
  if (bits > 2048) throw new PluginError('installer', `CloudFront does not take RSA keys of more than 2048 bits, and this one has ${bits}.`, { hint: 'Obtain the certificate with --rsa-key-size 2048, or with --key-type ecdsa.' });
  return { cert: readFileSync(files.cert, 'utf8'), chain: readFileSync(files.chain, 'utf8'), key };
}

function distributionOf({ options, environment }: InstallContext): string {
  const said = options['installer_cf_distribution_id'];
  const id = (typeof said === 'string' ? said : '') || environment['CF_DISTRIBUTION_ID'] || '';
  if (id === '') throw new PluginError('installer', 'No CloudFront distribution is named.', { hint: 'Name it with --installer-cf-distribution-id, or in the environment variable CF_DISTRIBUTION_ID.' });
  if (!/^[A-Z0-9]{5,40}$/.test(id)) throw new PluginError('installer', `${printableLine(id, 80)} cannot be the ID of a CloudFront distribution.`, { hint: 'Correct --installer-cf-distribution-id: it looks like E1A2B3C4D5E6F7.' });
  return id;
}
