import type { PluginDescriptor } from '../contract.js';

/** Answers placed by a person, or by the person's own scripts. */
export const manual: PluginDescriptor = {
  name: 'manual',
  title: 'By hand',
  description: 'Answers placed by a person, or by scripts of your own.',
  authenticator: true,
  installer: false,
  options: [
    { flags: ['--manual-auth-hook'], dest: 'manual_auth_hook', kind: 'string', metavar: 'COMMAND', help: 'Command that puts the answer to a challenge in place; the CERTBOT_* variables tell it what and for which name.' },
    { flags: ['--manual-cleanup-hook'], dest: 'manual_cleanup_hook', kind: 'string', metavar: 'COMMAND', help: 'Command that takes the answer away again.' },
    { flags: ['--manual-public-ip-logging-ok'], dest: 'manual_public_ip_logging_ok', kind: 'bool', help: 'Accepted for old scripts; it has no effect.', default: false },
  ],
  challengeTypes: ['http-01', 'dns-01', 'dns-account-01', 'dns-persist-01'],
  ipAddresses: true,
  overlaps: false,
  fit: ({ identifiers }) =>
    Promise.resolve({
      fits: true,
      reason: identifiers.some(({ value }) => value.startsWith('*.')) ? 'you place DNS records yourself, all shown on one screen' : 'you place files or DNS records yourself, all shown on one screen',
    }),
  async load() {
    const { manualAuthenticator } = await import('./authenticator.js');
    return manualAuthenticator;
  },
};
