import type { PluginValue } from '../../core/settings.js';
import { systemClock } from '../../system/clock.js';
import { trustedRoots } from '../../system/trusted-roots.js';
import { readCredentials, type Credentials } from './credentials.js';
import { howToGive, optionOf } from './descriptor.js';
import type { DnsProvider, ProviderDescription } from './provider.js';
import { connectApi } from './request.js';

export interface SessionWorld {
  options: Readonly<Record<string, PluginValue>>;
  environment: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  log(level: 'debug' | 'info' | 'warning' | 'error', message: string): void;
}

/** A provider with its credentials read. Throws PluginError, Refused. */
export async function openProvider(description: ProviderDescription, world: SessionWorld): Promise<DnsProvider> {
  const { options, environment, signal, log } = world;
  const file = options[optionOf(description, 'credentials')];
  const credentials = readCredentials(typeof file === 'string' && file !== '' ? file : null, { plugin: `dns-${description.name}`, access: howToGive(description), env: environment, signal, log }, description.credentialsFormat);
  return connectProvider(description, credentials, world);
}

/** The same with credentials that are known. Throws PluginError, Refused. */
export async function connectProvider(description: ProviderDescription, credentials: Credentials, { options, environment, signal, log }: SessionWorld): Promise<DnsProvider> {
  const plugin = `dns-${description.name}`;
  return description.create({
    plugin,
    access: howToGive(description),
    credentials,
    options,
    environment,
    signal,
    clock: systemClock,
    log,
    connect(settings) {
      const roots = trustedRoots(environment);
      return connectApi(settings, {
        plugin,
        title: description.title,
        access: howToGive(description),
        secrets: () => credentials.secrets(),
        userAgent: `certwright/${CERTWRIGHT_VERSION}`,
        signal,
        log: (level, message) => log(level, message),
        ...(roots === undefined ? {} : { roots }),
      });
    },
  });
}

/** The plugin's own options of all that are set: what a session depends on. */
export function ownOptions({ name }: ProviderDescription, options: Readonly<Record<string, PluginValue>>): Readonly<Record<string, PluginValue>> {
  const prefix = `dns_${name.replaceAll('-', '_')}_`;
  return Object.fromEntries(Object.entries(options).filter(([dest, value]) => dest.startsWith(prefix) && value !== undefined));
}
