import { dnsDescriptor } from '../descriptor.js';
import type { ProviderDescription } from '../provider.js';

export const sakuracloudDescription: ProviderDescription = {
  name: 'sakuracloud',
  title: 'Sakura Cloud',
  description: 'Answers by DNS records that are set at Sakura Cloud.',
  propagationSeconds: 90,
  ttl: 60,
  credentials: 'file',
  access: 'Make an API key at https://secure.sakura.ad.jp/cloud/#!/apikey/top/ that may create and delete, and write dns_sakuracloud_api_token and dns_sakuracloud_api_secret into the file.',
  async create(setup) {
    const { createSakuracloud } = await import('./provider.js');
    return createSakuracloud(setup);
  },
};

/** certbot's `dns-sakuracloud` (S49). */
export const sakuracloud = dnsDescriptor(sakuracloudDescription);
