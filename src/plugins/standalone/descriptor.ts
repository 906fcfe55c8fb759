import { portHolder, portInUse } from '../../system/ports.js';
import type { Fit, FitQuestion, PluginDescriptor } from '../contract.js';

/** Answers by a small web server that runs only while the CA looks. */
export const standalone: PluginDescriptor = {
  name: 'standalone',
  title: 'A small server for a moment',
  description: 'Runs an HTTP server locally which serves the necessary validation files. Suitable if there is no HTTP server already running.',
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
    return http01Port < 1024 && process.getuid?.() !== 0
      ? { fits: false, reason: `port ${http01Port} may only be used by root` }
      : { fits: true, reason: `port ${http01Port} is free here; it is used for some seconds` };
  }
  const holder = portHolder(http01Port);
  return { fits: false, reason: `port ${http01Port} is taken${holder ? ` by ${holder.command} (pid ${holder.pid})` : ''}; it would have to stop` };
}
