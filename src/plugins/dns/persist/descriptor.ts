import type { PluginDescriptor } from '../../contract.js';

/** `dns-persist`: the record of dns-persist-01, which a person sets once and which stays. */
export const dnsPersist: PluginDescriptor = {
  name: 'dns-persist',
  title: 'A DNS record that stays',
  description: 'Looks for a TXT record that you set once and that lets this account obtain from then on; no credentials, nothing to do at renewals.',
  authenticator: true,
  installer: false,
  options: [
    { flags: ['--dns-persist-wildcard'], dest: 'dns_persist_wildcard', kind: 'bool', help: 'Have the record say policy=wildcard: good for *.NAME and the names below as well. Names with *. need it, so theirs says it anyway.', default: false },
    { flags: ['--dns-persist-until'], dest: 'dns_persist_until', kind: 'string', metavar: 'DATE', help: 'Have the record end after this day (YYYY-MM-DD, in UTC), or at this moment (RFC 3339). Renewals warn before.' },
  ],
  challengeTypes: ['dns-persist-01'],
  overlaps: true,
  ipAddresses: false,
  fit: ({ identifiers }) => {
    const address = identifiers.find(({ type }) => type === 'ip');
    return Promise.resolve(
      address
        ? { fits: false, reason: `${address.shown} is an address, which no DNS record can prove` }
        : { fits: true, reason: 'you set it once, renewals need no access to your DNS; not every CA offers it' },
    );
  },
  async load() {
    const { dnsPersistAuthenticator } = await import('./authenticator.js');
    return dnsPersistAuthenticator;
  },
};
