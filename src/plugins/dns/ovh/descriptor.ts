import { dnsDescriptor } from '../descriptor.js';
import type { ProviderDescription } from '../provider.js';

export const ovhDescription: ProviderDescription = {
  name: 'ovh',
  title: 'OVHcloud',
  description: 'Answers by DNS records that are set at OVHcloud.',
  propagationSeconds: 120,
  ttl: 60,
  credentials: 'file',
  access: 'Make keys at https://api.ovh.com/createToken/ with GET, POST and DELETE for /domain/zone/*.',
  asks: [{ key: 'endpoint', label: 'API endpoint', secret: false, initial: 'ovh-eu' }, { key: 'application_key', label: 'Application key', secret: true }, { key: 'application_secret', label: 'Application secret', secret: true }, { key: 'consumer_key', label: 'Consumer key', secret: true }],
  nameservers: ['ovh.net', 'ovh.ca', 'anycast.me'],
  async create(setup) {
    const { createOvh } = await import('./provider.js');
    return createOvh(setup);
  },
};

/** certbot's `dns-ovh` (S47). */
export const ovh = dnsDescriptor(ovhDescription);
