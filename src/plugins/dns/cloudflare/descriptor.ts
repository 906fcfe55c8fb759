import { dnsDescriptor } from '../descriptor.js';
import type { ProviderDescription } from '../provider.js';

export const cloudflareDescription: ProviderDescription = {
  name: 'cloudflare',
  title: 'Cloudflare',
  description: 'Answers by DNS records that are set at Cloudflare.',
  propagationSeconds: 10,
  ttl: 120,
  credentials: 'file',
  access: 'Make an API token at https://dash.cloudflare.com/profile/api-tokens with the permission Zone:DNS:Edit for the zones.',
  asks: [{ key: 'api_token', label: 'API token', secret: true }],
  nameservers: ['ns.cloudflare.com'],
  async create(setup) {
    const { createCloudflare } = await import('./provider.js');
    return createCloudflare(setup);
  },
};

/** certbot's `dns-cloudflare` (S38). */
export const cloudflare = dnsDescriptor(cloudflareDescription);
