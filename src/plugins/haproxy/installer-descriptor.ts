import type { PluginDescriptor } from '../contract.js';
import { HAPROXY_ALIAS, haproxyHere, installerOptions } from './options.js';

/** HAProxy is given chain and key in one file for each name. */
export const haproxyInstaller: PluginDescriptor = {
  name: 'haproxy-installer',
  aliases: [HAPROXY_ALIAS],
  title: 'HAProxy',
  description: 'Puts certificate and private key into the folder that HAProxy loads, and has it use them without a restart.',
  authenticator: false,
  installer: true,
  options: installerOptions,
  challengeTypes: [],
  ipAddresses: true,
  overlaps: true,
  copies: true,
  fit: ({ options }) => Promise.resolve(haproxyHere(options) ? { fits: true, reason: 'HAProxy is here' } : { fits: false, absent: true, reason: 'HAProxy is not installed here' }),
  async loadInstaller() {
    const { createHaproxyInstaller } = await import('./installer.js');
    return createHaproxyInstaller();
  },
};
