import type { PluginDescriptor, PluginOption } from '../contract.js';

const option = (plugin: string, name: string, rest: Pick<PluginOption, 'help' | 'metavar' | 'default'>): PluginOption => ({ flags: [`--certbot-s3front:${plugin}-${name}`, `--${plugin}-${name}`], dest: `${plugin}_${name.replaceAll('-', '_')}`, kind: 'string', ...rest });

/** dlapiduz's certbot-s3front (S181), once typed `certbot-s3front:auth`. */
export const s3frontAuthenticator: PluginDescriptor = {
  name: 'auth',
  aliases: ['s3front', 'certbot-s3front'],
  title: 'A file in an S3 bucket (s3front)',
  description: 'Answers by objects in the Amazon S3 bucket that a site is served from (certbot-s3front).',
  authenticator: true,
  installer: false,
  options: [
    option('auth', 's3-bucket', { metavar: 'BUCKET', help: 'Bucket that the site is served from; else the environment variable S3_BUCKET.' }),
    option('auth', 's3-region', { metavar: 'REGION', help: 'Region of the bucket.', default: 'us-east-1' }),
    option('auth', 's3-directory', { metavar: 'PATH', help: 'Folder of the bucket that the site begins in: the origin path of the distribution.' }),
  ],
  challengeTypes: ['http-01'],
  ipAddresses: false,
  overlaps: true,
  fit: ({ options }) => Promise.resolve(options['auth_s3_bucket'] ? { fits: true, reason: 'the bucket is named' } : { fits: false, absent: true, reason: 'no bucket is named (--auth-s3-bucket)' }),
  async load() {
    const { createS3Authenticator } = await import('./authenticator.js');
    return createS3Authenticator();
  },
};

/** Its installer, once typed `certbot-s3front:installer`. */
export const s3frontInstaller: PluginDescriptor = {
  name: 'installer',
  aliases: ['s3front', 'certbot-s3front'],
  title: 'Amazon CloudFront (s3front)',
  description: 'Gives an Amazon CloudFront distribution the certificate, by way of IAM (certbot-s3front).',
  authenticator: false,
  installer: true,
  options: [option('installer', 'cf-distribution-id', { metavar: 'ID', help: 'The distribution that serves the names; else the environment variable CF_DISTRIBUTION_ID.' })],
  challengeTypes: [],
  ipAddresses: false,
  overlaps: true,
  fit: ({ options }) => Promise.resolve(options['installer_cf_distribution_id'] ? { fits: true, reason: 'the distribution is named' } : { fits: false, absent: true, reason: 'no distribution is named (--installer-cf-distribution-id)' }),
  async loadInstaller() {
    const { createCloudFrontInstaller } = await import('./installer.js');
    return createCloudFrontInstaller();
  },
};
