import { dnsDescriptor } from '../descriptor.js';
import type { ProviderDescription } from '../provider.js';

export const linodeDescription: ProviderDescription = {
  name: 'linode',
  title: 'Linode',
  description: 'Answers by DNS records that are set at Linode.',
  propagationSeconds: 120,
  ttl: 300,
  credentials: 'file',
  access: 'Make a personal access token at https://cloud.linode.com/profile/tokens with Read/Write for Domains.',
  asks: [{ key: 'key', label: 'Personal access token', secret: true }],
  nameservers: ['linode.com'],
  async create(setup) {
    const { createLinode } = await import('./provider.js');
    return createLinode(setup);
  },
};

/** certbot's `dns-linode` (S44). */
export const linode = dnsDescriptor(linodeDescription);
