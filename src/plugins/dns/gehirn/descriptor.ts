import { dnsDescriptor } from '../descriptor.js';
import type { ProviderDescription } from '../provider.js';

export const gehirnDescription: ProviderDescription = {
  name: 'gehirn',
  title: 'Gehirn Infrastructure Service',
  description: 'Answers by DNS records that are set at Gehirn Infrastructure Service.',
  propagationSeconds: 30,
  ttl: 60,
  credentials: 'file',
  access: 'Make an API token and secret at https://gis.gehirn.jp/ with full access to DNS.',
  asks: [{ key: 'api_token', label: 'API token', secret: true }, { key: 'api_secret', label: 'API secret', secret: true }],
  nameservers: ['gehirndns.com', 'gehirndns.net', 'gehirndns.org', 'gehirndns.jp'],
  async create(setup) {
    const { createGehirn } = await import('./provider.js');
    return createGehirn(setup, gehirnDescription.ttl);
  },
};

/** certbot's `dns-gehirn` (S42). */
export const gehirn = dnsDescriptor(gehirnDescription);
