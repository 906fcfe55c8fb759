import { dnsDescriptor } from '../descriptor.js';
import type { ProviderDescription } from '../provider.js';

export const ovhDescription: ProviderDescription = {
  name: 'ovh',
  title: 'OVHcloud',
  description: 'Answers by DNS records that are set at OVHcloud.',
  propagationSeconds: 120,
  ttl: 60,
  credentials: 'file',
  access: 'Make keys at https://api.ovh.com/createToken/ with GET, POST and DELETE for /domain/zone/*, and write dns_ovh_endpoint, _application_key, _application_secret and _consumer_key into the file.',
  async create(setup) {
    const { createOvh } = await import('./provider.js');
    return createOvh(setup);
  },
};

/** certbot's `dns-ovh` (S47). */
export const ovh = dnsDescriptor(ovhDescription);
