import { dnsDescriptor } from '../descriptor.js';
import type { ProviderDescription } from '../provider.js';

export const ispconfigDescription: ProviderDescription = {
  name: 'ispconfig',
  title: 'ISPConfig',
  description: 'Answers by DNS records that are set at ISPConfig.',
  propagationSeconds: 120,
  ttl: 60,
  credentials: 'file',
  access: 'Make a remote user in ISPConfig (System, Remote Users) with the functions DNS zone, DNS txt and Server.',
  asks: [{ key: 'endpoint', label: 'Address of the remote API (…/remote/json.php)', secret: false }, { key: 'username', label: 'Remote user', secret: false }, { key: 'password', label: 'Password', secret: true }],
  async create(setup) {
    const { createIspconfig } = await import('./provider.js');
    return createIspconfig(setup);
  },
};

/** `dns-ispconfig` of certbot-dns-ispconfig (S188). */
export const ispconfig = dnsDescriptor(ispconfigDescription);
