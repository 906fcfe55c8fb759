import { dnsDescriptor } from '../descriptor.js';
import type { ProviderDescription } from '../provider.js';

export const dnsimpleDescription: ProviderDescription = {
  name: 'dnsimple',
  title: 'DNSimple',
  description: 'Answers by DNS records that are set at DNSimple.',
  propagationSeconds: 30,
  ttl: 60,
  credentials: 'file',
  access: 'Make an account access token at https://dnsimple.com/user (Automation), and write dns_dnsimple_token into the file.',
  async create(setup) {
    const { createDnsimple } = await import('./provider.js');
    return createDnsimple(setup);
  },
};

/** certbot's `dns-dnsimple` (S40). */
export const dnsimple = dnsDescriptor(dnsimpleDescription);
