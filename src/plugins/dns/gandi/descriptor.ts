import { dnsDescriptor } from '../descriptor.js';
import type { ProviderDescription } from '../provider.js';

export const gandiDescription: ProviderDescription = {
  name: 'gandi',
  title: 'Gandi LiveDNS',
  description: 'Answers by DNS records that are set at Gandi LiveDNS.',
  propagationSeconds: 10,
  ttl: 300,
  credentials: 'file',
  access: 'Make a personal access token at https://admin.gandi.net/ (Organizations, Sharing) that may manage the domain name’s technical configuration, and write dns_gandi_token into the file.',
  async create(setup) {
    const { createGandi } = await import('./provider.js');
    return createGandi(setup, gandiDescription.ttl);
  },
};

/** `dns-gandi` of certbot-plugin-gandi (S182). */
export const gandi = dnsDescriptor(gandiDescription);
