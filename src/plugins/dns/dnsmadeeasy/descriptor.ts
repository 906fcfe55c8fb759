import { dnsDescriptor } from '../descriptor.js';
import type { ProviderDescription } from '../provider.js';

export const dnsmadeeasyDescription: ProviderDescription = {
  name: 'dnsmadeeasy',
  title: 'DNS Made Easy',
  description: 'Answers by DNS records that are set at DNS Made Easy.',
  propagationSeconds: 60,
  ttl: 60,
  credentials: 'file',
  access: 'Make API credentials at https://cp.dnsmadeeasy.com/account/info.',
  asks: [{ key: 'api_key', label: 'API key', secret: true }, { key: 'secret_key', label: 'Secret key', secret: true }],
  nameservers: ['dnsmadeeasy.com'],
  async create(setup) {
    const { createDnsmadeeasy } = await import('./provider.js');
    return createDnsmadeeasy(setup);
  },
};

/** certbot's `dns-dnsmadeeasy` (S41). */
export const dnsmadeeasy = dnsDescriptor(dnsmadeeasyDescription);
