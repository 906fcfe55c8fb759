import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { portHolder } from '../../system/ports.js';
import type { FitQuestion, PluginDescriptor } from '../contract.js';
import { nginxOptions, PLACES_FLAG, nginxSettings } from './options.js';

function rootOf(options: FitQuestion['options']): string | null {
  const { serverRoot } = nginxSettings(options);
  return existsSync(join(serverRoot, 'nginx.conf')) ? serverRoot : null;
}

/** nginx answers the challenge itself, and is configured for the certificate. */
export const nginx: PluginDescriptor = {
  name: 'nginx',
  title: 'nginx answers the question',
  description: 'Nginx Web Server plugin',
  authenticator: true,
  installer: true,
  options: nginxOptions,
  challengeTypes: ['http-01'],
  ipAddresses: false,
  overlaps: true,
  server: { label: 'nginx', root: (options) => rootOf(options), placesFlag: PLACES_FLAG },
  fit({ identifiers, http01Port, options }) {
    if (rootOf(options) === null) return Promise.resolve({ fits: false, reason: 'nginx is not installed here' });
    if (identifiers.some(({ value }) => value.startsWith('*.'))) return Promise.resolve({ fits: false, reason: 'names with * can only be proved by a DNS record' });
    if (identifiers.some(({ type }) => type === 'ip')) return Promise.resolve({ fits: false, reason: 'addresses cannot be proved through nginx' });
    const holder = portHolder(http01Port);
    if (holder === null) return Promise.resolve({ fits: false, reason: `nginx does not answer on port ${http01Port}; start it first` });
    if (holder.command !== 'nginx') return Promise.resolve({ fits: false, reason: `port ${http01Port} is taken by ${holder.command}, process ${holder.pid}` });
    return Promise.resolve({ fits: true, reason: 'no downtime: its configuration is changed for a moment and put back' });
  },
  async load() {
    const { createNginxAuthenticator } = await import('./authenticator.js');
    return createNginxAuthenticator();
  },
  async loadInstaller() {
    const { createNginxInstaller } = await import('./installer.js');
    return createNginxInstaller();
  },
};
