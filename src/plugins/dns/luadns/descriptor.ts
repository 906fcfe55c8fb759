import { dnsDescriptor } from '../descriptor.js';
import type { ProviderDescription } from '../provider.js';

export const luadnsDescription: ProviderDescription = {
  name: 'luadns',
  title: 'LuaDNS',
  description: 'Answers by DNS records that are set at LuaDNS.',
  propagationSeconds: 30,
  ttl: 300,
  credentials: 'file',
  access: 'Make an API token at https://api.luadns.com/settings (access to the API must be switched on).',
  asks: [{ key: 'email', label: 'E-mail address of the account', secret: false }, { key: 'token', label: 'API token', secret: true }],
  nameservers: ['luadns.net'],
  async create(setup) {
    const { createLuadns } = await import('./provider.js');
    return createLuadns(setup);
  },
};

/** certbot's `dns-luadns` (S45). */
export const luadns = dnsDescriptor(luadnsDescription);
