import { dnsDescriptor } from '../descriptor.js';
import type { ProviderDescription } from '../provider.js';

export const rfc2136Description: ProviderDescription = {
  name: 'rfc2136',
  title: 'Dynamic DNS updates',
  description: 'Answers by DNS records that are set in a name server of your own by dynamic updates (BIND, Knot, PowerDNS).',
  propagationSeconds: 60,
  ttl: 120,
  credentials: 'file',
  access: 'Make a key with `tsig-keygen -a hmac-sha512 NAME`, give it `update-policy { grant NAME name _acme-challenge.example.com. TXT; };` in the zone.',
  asks: [
    { key: 'server', label: 'Address of the name server', secret: false },
    { key: 'port', label: 'Port', secret: false, initial: '53', optional: true },
    { key: 'name', label: 'Name of the key', secret: false },
    { key: 'secret', label: 'Secret of the key', secret: true },
    { key: 'algorithm', label: 'Algorithm', secret: false, initial: 'HMAC-SHA512', optional: true },
  ],
  async create(setup) {
    const { createRfc2136 } = await import('./provider.js');
    return createRfc2136(setup);
  },
};

/** certbot's `dns-rfc2136` (S48, C38). */
export const rfc2136 = dnsDescriptor(rfc2136Description);
