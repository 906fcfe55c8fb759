import { findProgram } from '../../system/hook-command.js';
import { portHolder } from '../../system/ports.js';
import type { Fit, FitQuestion, PluginDescriptor } from '../contract.js';
import { varnishOptions } from './options.js';

/** What the processes of varnishd call themselves: the manager, and its child that serves. */
const PROCESSES = new Set(['varnishd', 'cache-main']);

/** Varnish answers the challenge itself (S183). */
export const varnish: PluginDescriptor = {
  name: 'varnish',
  title: 'Varnish answers the question',
  description: 'Answers by a temporary VCL that a running Varnish uses for the moment, in front of its own.',
  authenticator: true,
  installer: false,
  options: varnishOptions,
  challengeTypes: ['http-01'],
  ipAddresses: false,
  overlaps: true,
  fit: (question) => Promise.resolve(fit(question)),
  async load() {
    const { createVarnishAuthenticator } = await import('./authenticator.js');
    return createVarnishAuthenticator();
  },
};

function fit({ identifiers, http01Port }: FitQuestion): Fit {
  if (findProgram('varnishadm', process.env['PATH']) === null) return { fits: false, absent: true, reason: 'Varnish is not installed here' };
  if (identifiers.some(({ value }) => value.startsWith('*.'))) return { fits: false, reason: 'names with * can only be proved by a DNS record' };
  if (identifiers.some(({ type }) => type === 'ip')) return { fits: false, reason: 'addresses cannot be proved through Varnish' };
  const holder = portHolder(http01Port);
  if (holder === null || !PROCESSES.has(holder.command)) return { fits: false, reason: `Varnish does not answer on port ${http01Port}` };
  return { fits: true, reason: 'no downtime: it is given a VCL for a moment, in front of its own' };
}
