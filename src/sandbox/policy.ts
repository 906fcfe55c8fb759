import type { Policy } from './exchange.js';
import { DEFAULT_PROFILES } from './profiles.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** What a policy leaves open: where http-01 and tls-alpn-01 are looked for is always the caller's decision. */
export type PolicyWish = Partial<Omit<Policy, 'httpPort' | 'tlsPort'>>;

/** The CA's usual behaviour, close to that of the public CAs, with the wishes of whoever starts it. */
export function makePolicy(ports: { httpPort: number; tlsPort: number }, wish: PolicyWish = {}): Policy {
  return {
    caaIdentity: 'sandbox.certwright.test',
    eabKeys: [],
    requireEab: false,
    authzReuse: true,
    profiles: DEFAULT_PROFILES,
    defaultProfile: 'classic',
    maxIdentifiers: 100,
    blockedNames: [],
    retryAfter: 1,
    issueDelayMs: 0,
    pendingAuthorizationMs: 7 * DAY,
    validAuthorizationMs: 30 * DAY,
    orderMs: 7 * DAY,
    ocsp: true,
    validationTimeoutMs: 10_000,
    renewalRetryAfter: 21_600,
    ...wish,
    ...ports,
  };
}
