import { readFileSync } from 'node:fs';
import { portHolder } from '../../system/ports.js';
import type { Fit, FitQuestion, PluginDescriptor } from '../contract.js';
import { authenticatorOptions, HAPROXY_ALIAS, haproxyHere, haproxySettings, innerPort, PORT_FLAG } from './options.js';

const PREFIX = '/.well-known/acme-challenge';

/** A small server behind HAProxy, which goes on answering on port 80 and forwards the CA's questions. */
export const haproxyAuthenticator: PluginDescriptor = {
  name: 'haproxy-authenticator',
  aliases: [HAPROXY_ALIAS],
  title: 'A small server behind HAProxy',
  description: 'Answers by a small HTTP server on an inner port, to which HAProxy forwards /.well-known/acme-challenge/.',
  authenticator: true,
  installer: false,
  options: authenticatorOptions,
  challengeTypes: ['http-01'],
  ipAddresses: true,
  overlaps: true,
  fit: (question) => Promise.resolve(fit(question)),
  async load() {
    const { createHaproxyAuthenticator } = await import('./authenticator.js');
    return createHaproxyAuthenticator();
  },
};

function fit({ identifiers, http01Port, options }: FitQuestion): Fit {
  const { configuration } = haproxySettings(options);
  if (!haproxyHere(options)) return { fits: false, absent: true, reason: 'HAProxy is not installed here' };
  const wildcard = identifiers.find(({ value }) => value.startsWith('*.'));
  if (wildcard) return { fits: false, reason: `${wildcard.shown} can only be proved by a DNS record` };
  if (!forwards(configuration)) return { fits: false, reason: `${configuration} forwards no ${PREFIX}/; it must, to port ${innerPort(options)} (${PORT_FLAG})` };
  const holder = portHolder(http01Port);
  if (holder?.command !== 'haproxy') return { fits: false, reason: `HAProxy does not answer on port ${http01Port}` };
  return { fits: true, reason: `no downtime: HAProxy forwards the question to port ${innerPort(options)}` };
}

function forwards(configuration: string): boolean {
  try {
    return readFileSync(configuration, 'latin1').split('\n').some((line) => !line.trimStart().startsWith('#') && line.includes(PREFIX));
  } catch {
    return false;
  }
}
