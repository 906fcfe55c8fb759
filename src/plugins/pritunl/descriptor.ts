import { existsSync } from 'node:fs';
import type { PluginDescriptor } from '../contract.js';

/** kharkevich's letsencrypt-pritunl (S185). */
export const pritunl: PluginDescriptor = {
  name: 'pritunl',
  title: 'Pritunl',
  description: 'Gives the web interface of a Pritunl VPN server the certificate and its private key, in its MongoDB.',
  authenticator: false,
  installer: true,
  options: [
    { flags: ['--pritunl-conf-path'], dest: 'pritunl_conf_path', kind: 'path', metavar: 'FILE', help: 'Configuration of Pritunl, which names its MongoDB (mongodb_uri).', default: '/etc/pritunl.conf' },
    { flags: ['--pritunl-fullchain'], dest: 'pritunl_fullchain', kind: 'bool', help: 'Give it the certificate with its chain, which most clients need; without it the certificate alone, as the plugin of certbot did.', default: false },
  ],
  challengeTypes: [],
  ipAddresses: true,
  overlaps: true,
  fit: ({ options }) => Promise.resolve(existsSync(String(options['pritunl_conf_path'] ?? '/etc/pritunl.conf')) ? { fits: true, reason: 'Pritunl is here' } : { fits: false, absent: true, reason: 'Pritunl is not installed here' }),
  async loadInstaller() {
    const { createPritunlInstaller } = await import('./installer.js');
    return createPritunlInstaller();
  },
};
