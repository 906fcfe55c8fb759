import { dnsDescriptor } from '../descriptor.js';
import type { ProviderDescription } from '../provider.js';

export const gandiDescription: ProviderDescription = {
  name: 'gandi',
  title: 'Gandi LiveDNS',
  description: 'Answers by DNS records that are set at Gandi LiveDNS.',
  propagationSeconds: 10,
  ttl: 300,
  credentials: 'file',
  access: 'Make a personal access token at https://admin.gandi.net/ (Organizations, Sharing) that may manage the domain name’s technical configuration.',
  asks: [{ key: 'token', label: 'Personal access token', secret: true }, { key: 'sharing_id', label: 'Sharing id of the organization', secret: false, optional: true }],
  nameservers: ['gandi.net'],
  async create(setup) {
    const { createGandi } = await import('./provider.js');
    return createGandi(setup, gandiDescription.ttl);
  },
};

/** `dns-gandi` of certbot-plugin-gandi (S182). */
export const gandi = dnsDescriptor(gandiDescription);
