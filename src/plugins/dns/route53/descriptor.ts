import { dnsDescriptor } from '../descriptor.js';
import type { ProviderDescription } from '../provider.js';

export const route53Description: ProviderDescription = {
  name: 'route53',
  title: 'Amazon Route 53',
  description: 'Answers by DNS records that are set at Amazon Route 53.',
  propagationSeconds: 10,
  ttl: 10,
  credentials: 'ambient',
  access:
    'It takes AWS keys as AWS’s own tools do (environment, ~/.aws, container, instance), or dns_route53_access_key_id and dns_route53_secret_access_key of a file. They must be allowed route53:ListHostedZones, route53:GetChange and, for the zone, route53:ChangeResourceRecordSets; with route53:ListResourceRecordSets values of others at the same name are kept.',
  asks: [],
  nameservers: ['com', 'net', 'org', 'co.uk'].flatMap((domain) => Array.from({ length: 64 }, (_, number) => `awsdns-${String(number).padStart(2, '0')}.${domain}`)),
  async create(setup) {
    const { createRoute53 } = await import('./provider.js');
    return createRoute53(setup, route53Description.ttl);
  },
};

/** certbot's `dns-route53` (S49). */
export const route53 = dnsDescriptor(route53Description);
