import type { PluginDescriptor } from '../../contract.js';

/** `dns-standalone` of the plugin of that name (S187): same options, same delegation. */
export const dnsStandalone: PluginDescriptor = {
  name: 'dns-standalone',
  title: 'A small DNS server for a moment',
  description: 'Answers by a small DNS server of its own that runs only while the CA looks; _acme-challenge must be delegated to this machine.',
  authenticator: true,
  installer: false,
  options: [
    { flags: ['--dns-standalone-address'], dest: 'dns_standalone_address', kind: 'string', metavar: 'ADDRESS', help: 'IPv4 address to listen on; empty = none.', default: '0.0.0.0' },
    { flags: ['--dns-standalone-ipv6-address'], dest: 'dns_standalone_ipv6_address', kind: 'string', metavar: 'ADDRESS', help: 'IPv6 address to listen on; empty = none.', default: '::' },
    { flags: ['--dns-standalone-port'], dest: 'dns_standalone_port', kind: 'int', metavar: 'PORT', help: 'Port to listen on, UDP and TCP. The CA asks port 53.', default: 53 },
    { flags: ['--dns-standalone-propagation-seconds'], dest: 'dns_standalone_propagation_seconds', kind: 'int', metavar: 'N', help: 'Wait N seconds before the certificate authority is asked.', default: 0 },
  ],
  challengeTypes: ['dns-01', 'dns-account-01'],
  overlaps: true,
  ipAddresses: false,
  // Whether a delegation leads here cannot be told from here: who has set one up names this plugin.
  fit: () => Promise.resolve({ fits: false, reason: 'it needs _acme-challenge delegated to this machine; choose it with --dns-standalone' }),
  async load() {
    const { createDnsStandalone } = await import('./authenticator.js');
    return createDnsStandalone();
  },
};
