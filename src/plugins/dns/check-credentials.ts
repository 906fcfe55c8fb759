import type { Identifier } from '../../core/identifier.js';
import type { CredentialsTrial } from '../contract.js';
import { credentialsIn } from './credentials.js';
import { credentialsText } from './credentials-text.js';
import type { ProviderDescription } from './provider.js';
import { connectProvider } from './session.js';

/** Asks the provider for the zone of each name's record with credentials that are not in a file yet; nothing is written. Throws PluginError, NetworkError, Refused. */
export async function checkCredentials(description: ProviderDescription, values: Readonly<Record<string, string>>, identifiers: readonly Identifier[], world: CredentialsTrial): Promise<void> {
  const { environment: env, signal, log } = world;
  const credentials = credentialsIn(credentialsText(description.name, values), { plugin: `dns-${description.name}`, access: description.access, env, signal, log });
  const provider = await connectProvider(description, credentials, world);
  try {
    const bases = new Set(identifiers.filter(({ type }) => type === 'dns').map(({ value }) => value.replace(/^\*\./, '')));
    for (const base of bases) await provider.zoneOf(`_acme-challenge.${base}`);
  } finally {
    await provider.close?.();
  }
}
