import { dnsDescriptor } from '../descriptor.js';
import type { ProviderDescription } from '../provider.js';

export const dnsimpleDescription: ProviderDescription = {
  name: 'dnsimple',
  title: 'DNSimple',
  description: 'Answers by DNS records that are set at DNSimple.',
  propagationSeconds: 30,
  ttl: 60,
  credentials: 'file',
  access: 'Make an account access token at https://dnsimple.com/user (Automation).',
  asks: [{ key: 'token', label: 'Access token', secret: true }],
  nameservers: ['dnsimple.com', 'dnsimple-edge.net', 'dnsimple-edge.org'],
  async create(setup) {
    const { createDnsimple } = await import('./provider.js');
    return createDnsimple(setup);
  },
};

/** certbot's `dns-dnsimple` (S40). */
export const dnsimple = dnsDescriptor(dnsimpleDescription);
