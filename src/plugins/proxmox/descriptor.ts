import { existsSync } from 'node:fs';
import type { PluginDescriptor } from '../contract.js';

/** kharkevich's letsencrypt-proxmox (S186). */
export const proxmox: PluginDescriptor = {
  name: 'proxmox',
  title: 'Proxmox VE',
  description: 'Gives the web interface of Proxmox VE the certificate and its private key.',
  authenticator: false,
  installer: true,
  options: [
    { flags: ['--proxmox-location'], dest: 'proxmox_location', kind: 'path', metavar: 'DIR', help: 'Folder of this node’s certificate.', default: '/etc/pve/local' },
    { flags: ['--proxmox-custom'], dest: 'proxmox_custom', kind: 'bool', help: 'Write pveproxy-ssl.pem and pveproxy-ssl.key, as today’s Proxmox wants a certificate of one’s own; without it pve-ssl.pem and pve-ssl.key, which are also the cluster’s.', default: false },
  ],
  challengeTypes: [],
  ipAddresses: true,
  overlaps: true,
  copies: true,
  fit: ({ options }) => Promise.resolve(existsSync(String(options['proxmox_location'] ?? '/etc/pve/local')) ? { fits: true, reason: 'Proxmox VE is here' } : { fits: false, absent: true, reason: 'Proxmox VE is not installed here' }),
  async loadInstaller() {
    const { createProxmoxInstaller } = await import('./installer.js');
    return createProxmoxInstaller();
  },
};
