import type { PluginDescriptor } from '../contract.js';

/** An installer that does nothing: `-i null` says that nothing is to be installed where a command wants an installer. */
export const nullInstaller: PluginDescriptor = {
  name: 'null',
  title: 'Nothing',
  description: 'Installs nothing.',
  authenticator: false,
  installer: true,
  options: [],
  challengeTypes: [],
  ipAddresses: true,
  overlaps: true,
  hidden: true,
  fit: () => Promise.resolve({ fits: true, reason: 'nothing is installed' }),
  async loadInstaller() {
    const { installer } = await import('./installer.js');
    return installer;
  },
};
