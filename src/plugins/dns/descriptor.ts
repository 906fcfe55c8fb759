import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { printableLine } from '../../system/printable.js';
import type { CredentialField, Fit, FitQuestion, PluginCredentials, PluginDescriptor, PluginOption } from '../contract.js';
import { credentialsText } from './credentials-text.js';
import type { ProviderDescription } from './provider.js';

/** The plugin `dns-NAME` of a provider: certbot's name, options and destinations (S33). The one authenticator of all is loaded with it. */
export function dnsDescriptor(provider: ProviderDescription): PluginDescriptor {
  const name = `dns-${provider.name}`;
  return {
    name,
    title: provider.title,
    description: provider.description,
    authenticator: true,
    installer: false,
    options: dnsOptions(provider),
    challengeTypes: ['dns-01', 'dns-account-01'],
    overlaps: true,
    ipAddresses: false,
    fit: (question) => Promise.resolve(fit(provider, question)),
    ...(provider.asks === undefined ? {} : { credentials: asked(provider, provider.asks) }),
    async removeLeftovers(place) {
      if (!existsSync(join(place.configDir, '.certwright', 'dns-records', name))) return [];
      const { removeLeftovers } = await import('./leftovers.js');
      return removeLeftovers(provider, place);
    },
    async load() {
      const { createDnsAuthenticator } = await import('./authenticator.js');
      return createDnsAuthenticator(provider);
    },
  };
}

/** The destination of the option with this ending: `credentials` → `dns_cloudflare_credentials`. */
export function optionOf({ name }: ProviderDescription, ending: string): string {
  return `dns_${name}_${ending}`.replaceAll('-', '_');
}

/** How a credentials file is made, for whoever has none or a wrong one. */
export function howToGive(provider: ProviderDescription): string {
  const keys = (provider.asks ?? []).filter(({ optional }) => optional !== true).map(({ key }) => optionOf(provider, key));
  return keys.length === 0 ? provider.access : `${provider.access} Write ${keys.length > 1 ? `${keys.slice(0, -1).join(', ')} and ` : ''}${keys.at(-1)} into the file.`;
}

function dnsOptions(provider: ProviderDescription): readonly PluginOption[] {
  const seconds: PluginOption = {
    flags: [`--dns-${provider.name}-propagation-seconds`],
    dest: optionOf(provider, 'propagation-seconds'),
    kind: 'int',
    metavar: 'N',
    help: `Wait N seconds before the certificate authority is asked, instead of asking the nameservers until all of them have the record (certbot waits ${provider.propagationSeconds}).`,
  };
  const credentials: PluginOption = {
    flags: [`--dns-${provider.name}-credentials`],
    dest: optionOf(provider, 'credentials'),
    kind: 'path',
    metavar: 'FILE',
    help: `${provider.title} credentials ${provider.credentialsFormat === 'json' ? 'JSON' : 'INI'} file. ${howToGive(provider)}`,
  };
  return [seconds, ...(provider.credentials === 'none' ? [] : [credentials]), ...(provider.options ?? [])];
}

function asked(provider: ProviderDescription, fields: readonly CredentialField[]): PluginCredentials {
  return {
    flag: `--dns-${provider.name}-credentials`,
    dest: optionOf(provider, 'credentials'),
    access: provider.access,
    fields,
    nameservers: provider.nameservers ?? [],
    text: (values) => credentialsText(provider.name, values),
    async check(values, identifiers, world) {
      const { checkCredentials } = await import('./check-credentials.js');
      await checkCredentials(provider, values, identifiers, world);
    },
  };
}

function fit(provider: ProviderDescription, { identifiers, options }: FitQuestion): Fit {
  const address = identifiers.find(({ type }) => type === 'ip');
  if (address) return { fits: false, reason: `${address.shown} is an address, which no DNS record can prove` };
  if (provider.credentials === 'none') return { fits: true, reason: `records are set at ${provider.title} and removed again` };
  const file = options[optionOf(provider, 'credentials')];
  // Credentials that lie about on a machine are no sign that these names are to be proved by them: the person has to say it.
  if (provider.credentials === 'ambient' && (typeof file !== 'string' || file === '')) return { fits: false, reason: `--dns-${provider.name} chooses it, with the credentials that this machine has`, ...(provider.asks === undefined ? {} : { asks: true }) };
  if (typeof file !== 'string' || file === '') return { fits: false, reason: `it needs --dns-${provider.name}-credentials FILE`, ...(provider.asks === undefined ? {} : { asks: true }) };
  return statSync(file, { throwIfNoEntry: false })?.isFile()
    ? { fits: true, reason: `records are set at ${provider.title} with ${printableLine(file, 200)} and removed again` }
    : { fits: false, reason: `there is no file ${printableLine(file, 200)}` };
}
