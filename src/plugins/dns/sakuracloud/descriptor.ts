import { dnsDescriptor } from '../descriptor.js';
import type { ProviderDescription } from '../provider.js';

export const sakuracloudDescription: ProviderDescription = {
  name: 'sakuracloud',
  title: 'Sakura Cloud',
  description: 'Answers by DNS records that are set at Sakura Cloud.',
  propagationSeconds: 90,
  ttl: 60,
  credentials: 'file',
  access: 'Make an API key at https://secure.sakura.ad.jp/cloud/#!/apikey/top/ that may create and delete.',
  asks: [{ key: 'api_token', label: 'API token', secret: true }, { key: 'api_secret', label: 'API secret', secret: true }],
  nameservers: ['sakura.ne.jp'],
  async create(setup) {
    const { createSakuracloud } = await import('./provider.js');
    return createSakuracloud(setup);
  },
};

/** certbot's `dns-sakuracloud` (S49). */
export const sakuracloud = dnsDescriptor(sakuracloudDescription);
