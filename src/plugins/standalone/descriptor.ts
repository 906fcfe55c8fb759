import { mayBind, portHolder, portInUse } from '../../system/ports.js';
import type { Fit, FitQuestion, PluginDescriptor } from '../contract.js';

/** Answers by a small web server that runs only while the CA looks. */
export const standalone: PluginDescriptor = {
  name: 'standalone',
  title: 'A small server for a moment',
  description: 'Answers by a small HTTP or TLS server of its own that runs only while the CA looks. The port must be free.',
  authenticator: true,
  installer: false,
  options: [],
  challengeTypes: ['http-01', 'tls-alpn-01'],
  ipAddresses: true,
  overlaps: true,
  fit: (question) => Promise.resolve(fit(question)),
  async load() {
    const { createStandalone } = await import('./authenticator.js');
    return createStandalone();
  },
};

function fit({ identifiers, http01Port }: FitQuestion): Fit {
  const wildcard = identifiers.find(({ value }) => value.startsWith('*.'));
  if (wildcard) return { fits: false, reason: `${wildcard.shown} can only be proved by a DNS record` };
  if (!portInUse(http01Port)) {
    return mayBind(http01Port)
      ? { fits: true, reason: `port ${http01Port} is free here; it is used for some seconds` }
      : { fits: false, reason: `port ${http01Port} may only be used by root` };
  }
  const holder = portHolder(http01Port);
  return { fits: false, reason: `port ${http01Port} is taken${holder ? ` by ${holder.command} (pid ${holder.pid})` : ''}; it would have to stop` };
}
