import type { KeyObject } from 'node:crypto';
import type { FaultDice } from './faults.js';
import type { Hierarchy } from './hierarchy.js';
import type { NoncePool } from './nonces.js';
import type { Loose } from './payload.js';
import type { CertificateProfile } from './profiles.js';
import type { Resolver } from './resolver.js';
import type { Account, State } from './state.js';

/** A key for external account binding, as the CA hands it out. */
export interface EabKey {
  kid: string;
  /** base64url of the MAC key. */
  key: string;
  /** The one algorithm that may be used with it; any of the three when absent. */
  alg?: 'HS256' | 'HS384' | 'HS512';
}

/** How the CA behaves; every field decided. */
export interface Policy {
  /** Name by which CAA and dns-persist-01 know this CA. */
  caaIdentity: string;
  eabKeys: readonly EabKey[];
  requireEab: boolean;
  authzReuse: boolean;
  profiles: Readonly<Record<string, CertificateProfile>>;
  defaultProfile: string;
  maxIdentifiers: number;
  /** Names (and all below) that are refused with rejectedIdentifier. */
  blockedNames: readonly string[];
  /** Seconds told to clients that wait for a validation or a certificate. */
  retryAfter: number;
  /** Milliseconds that an issuance takes longer than needed. */
  issueDelayMs: number;
  /** Lives in milliseconds. */
  pendingAuthorizationMs: number;
  validAuthorizationMs: number;
  orderMs: number;
  ocsp: boolean;
  httpPort: number;
  tlsPort: number;
  /** Milliseconds for one connection of a validation. */
  validationTimeoutMs: number;
  /** Renewal window for all certificates, in milliseconds since 1970. */
  window?: { start: number; end: number };
  /** Changed terms are agreed to on a web page, and not by saying so in a request. */
  termsByHand?: boolean;
  /** Seconds until renewal information should be asked again (RFC 9773 section 4.3.1). */
  renewalRetryAfter: number;
}

/** The CA as its routes see it. */
export interface Authority {
  policy: Policy;
  state: State;
  nonces: NoncePool;
  hierarchy: Hierarchy;
  resolver: Resolver;
  /** The faults at this moment. */
  dice(): FaultDice;
  /** Milliseconds since 1970. */
  now(): number;
  /** `http://ADDRESS:PORT` where CRL, OCSP and issuer certificates are fetched. */
  plainOrigin: string;
  /** All `scheme://host:port` under which this CA answers; the first is the one that its own URLs outside of answers use. */
  origins(): readonly string[];
  /** Work that goes on after an answer; awaited by stop(). */
  background(work: () => Promise<void>): void;
  /** Aborted when the sandbox stops. */
  signal: AbortSignal;
}

/** A signed request that passed all checks of RFC 8555 section 6. */
export interface Call {
  authority: Authority;
  /** `scheme://host:port` by which the client came. */
  origin: string;
  url: string;
  path: string;
  /** The account, for requests signed with `kid`. */
  account?: Account;
  /** The key of `jwk`, or the account's. */
  key: KeyObject;
  /** Thumbprint of that key. */
  thumbprint: string;
  /** The bytes that were signed; empty for POST-as-GET. */
  payload: Buffer;
  /** Parts of the path that the route names. */
  ids: readonly string[];
}

export interface Reply {
  status: number;
  headers?: Record<string, string>;
  /** Several Link headers, each whole. */
  links?: readonly string[];
  /** An object becomes JSON; text and bytes need a content-type in `headers`. */
  body?: Loose | object | string | Buffer;
}

/** The URL of a resource as the client of this call knows the CA. */
export function urlOf(call: { origin: string }, path: string): string {
  return `${call.origin}${path}`;
}

export function accountUrl(origin: string, id: string): string {
  return `${origin}/acme/acct/${id}`;
}

/** `Link` header value. */
export function link(url: string, rel: string): string {
  return `<${url}>;rel="${rel}"`;
}
