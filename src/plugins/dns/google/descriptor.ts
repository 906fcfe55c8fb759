import { dnsDescriptor } from '../descriptor.js';
import type { ProviderDescription } from '../provider.js';

export const googleDescription: ProviderDescription = {
  name: 'google',
  title: 'Google Cloud DNS',
  description: 'Answers by DNS records that are set at Google Cloud DNS.',
  propagationSeconds: 60,
  ttl: 60,
  credentials: 'ambient',
  credentialsFormat: 'json',
  access:
    'Make a service account with a JSON key at https://console.cloud.google.com/iam-admin/serviceaccounts; without a file Application Default Credentials or those of the instance are taken. It must be allowed dns.managedZones.list, dns.resourceRecordSets.list, .create, .update and .delete, dns.changes.create and .get (the role DNS Administrator has them all).',
  asks: [],
  nameservers: ['googledomains.com'],
  options: [
    {
      flags: ['--dns-google-project'],
      dest: 'dns_google_project',
      kind: 'string',
      metavar: 'ID',
      help: 'The Google Cloud project that has the zones; without it that of the credentials.',
    },
  ],
  async create(setup) {
    const { createGoogle } = await import('./provider.js');
    return createGoogle(setup, googleDescription.ttl);
  },
};

/** certbot's `dns-google` (S43). */
export const google = dnsDescriptor(googleDescription);
