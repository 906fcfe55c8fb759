import type { Authenticator } from '../contract.js';
import type { ProviderDescription } from './provider.js';

/** One authenticator for all providers. */
export function createDnsAuthenticator(_provider: ProviderDescription): Authenticator {
  throw new Error('to come');
}
