import { dnsDescriptor } from '../descriptor.js';
import type { ProviderDescription } from '../provider.js';

export const digitaloceanDescription: ProviderDescription = {
  name: 'digitalocean',
  title: 'DigitalOcean',
  description: 'Answers by DNS records that are set at DigitalOcean.',
  propagationSeconds: 10,
  ttl: 30,
  credentials: 'file',
  access: 'Make a personal access token at https://cloud.digitalocean.com/account/api/tokens with the scopes domain:read, domain:create and domain:delete.',
  asks: [{ key: 'token', label: 'API token', secret: true }],
  nameservers: ['digitalocean.com'],
  async create(setup) {
    const { createDigitalocean } = await import('./provider.js');
    return createDigitalocean(setup);
  },
};

/** certbot's `dns-digitalocean` (S39). */
export const digitalocean = dnsDescriptor(digitaloceanDescription);
