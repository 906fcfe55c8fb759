import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { portHolder } from '../../system/ports.js';
import type { FitQuestion, PluginDescriptor } from '../contract.js';
import { STORAGE, stateIn } from './auto-hsts-state.js';
import { apacheOptions, PLACES_FLAG, apacheSettings } from './options.js';
import { rootFileIn } from './systems.js';

/** How its process is called on Debian and elsewhere. */
const PROCESSES = ['apache2', 'httpd', 'httpd-prefork'];

function rootOf(options: FitQuestion['options']): string | null {
  const { serverRoot } = apacheSettings(options);
  return rootFileIn(serverRoot) === null ? null : serverRoot;
}

/** Apache answers the challenge itself, and is configured for the certificate. */
export const apache: PluginDescriptor = {
  name: 'apache',
  title: 'Apache answers the question',
  description: 'Apache Web Server plugin',
  authenticator: true,
  installer: true,
  options: apacheOptions,
  challengeTypes: ['http-01'],
  ipAddresses: false,
  overlaps: true,
  server: { label: 'Apache', root: (options) => rootOf(options), placesFlag: PLACES_FLAG },
  fit({ identifiers, http01Port, options }) {
    if (rootOf(options) === null) return Promise.resolve({ fits: false, reason: 'Apache is not installed here' });
    if (identifiers.some(({ value }) => value.startsWith('*.'))) return Promise.resolve({ fits: false, reason: 'names with * can only be proved by a DNS record' });
    if (identifiers.some(({ type }) => type === 'ip')) return Promise.resolve({ fits: false, reason: 'addresses cannot be proved through Apache' });
    const holder = portHolder(http01Port);
    if (holder === null) return Promise.resolve({ fits: false, reason: `Apache does not answer on port ${http01Port}; start it first` });
    if (holder && !PROCESSES.includes(holder.command)) return Promise.resolve({ fits: false, reason: `port ${http01Port} is taken by ${holder.command}, process ${holder.pid}` });
    return Promise.resolve({ fits: true, reason: 'no downtime: its configuration is changed for a moment and put back' });
  },
  hasUpdates(configDir) {
    try {
      return Object.keys(stateIn(readFileSync(join(configDir, STORAGE), 'latin1'))).length > 0;
    } catch {
      return false;
    }
  },
  async load() {
    const { createApacheAuthenticator } = await import('./authenticator.js');
    return createApacheAuthenticator();
  },
  async loadInstaller() {
    const { createApacheInstaller } = await import('./installer.js');
    return createApacheInstaller();
  },
};
