import { dnsDescriptor } from '../descriptor.js';
import type { ProviderDescription } from '../provider.js';

export const nsoneDescription: ProviderDescription = {
  name: 'nsone',
  title: 'NS1',
  description: 'Answers by DNS records that are set at NS1.',
  propagationSeconds: 30,
  ttl: 60,
  credentials: 'file',
  access: 'Make an API key at https://my.nsone.net/#/account/settings that may view zones and manage their records.',
  asks: [{ key: 'api_key', label: 'API key', secret: true }],
  nameservers: ['nsone.net'],
  async create(setup) {
    const { createNsone } = await import('./provider.js');
    return createNsone(setup, nsoneDescription.ttl);
  },
};

/** certbot's `dns-nsone` (S46). */
export const nsone = dnsDescriptor(nsoneDescription);
