import type { JsonWebKey } from 'node:crypto';
import type { Identifier, ProblemBody } from './problem.js';

/** All times are milliseconds since 1970. */
export interface Account {
  id: string;
  status: 'valid' | 'deactivated';
  contact: string[];
  termsOfServiceAgreed: boolean;
  key: JsonWebKey;
  /** RFC 7638, base64url. */
  thumbprint: string;
  createdAt: number;
  /** The binding as the client sent it (RFC 8555 section 7.3.4). */
  externalAccountBinding?: unknown;
}

export type ChallengeType = 'http-01' | 'dns-01' | 'tls-alpn-01' | 'dns-account-01' | 'dns-persist-01';

export interface Challenge {
  id: string;
  type: ChallengeType;
  /** Absent for dns-persist-01. */
  token?: string;
  status: 'pending' | 'processing' | 'valid' | 'invalid';
  validated?: number;
  error?: ProblemBody;
}

export interface Authorization {
  id: string;
  accountId: string;
  /** Without `*.`. */
  identifier: Identifier;
  wildcard: boolean;
  status: 'pending' | 'valid' | 'invalid' | 'deactivated' | 'expired';
  expires: number;
  challenges: Challenge[];
}

export interface Order {
  id: string;
  accountId: string;
  status: 'pending' | 'ready' | 'processing' | 'valid' | 'invalid';
  createdAt: number;
  expires: number;
  identifiers: Identifier[];
  authorizationIds: string[];
  profile: string;
  notBefore?: number;
  notAfter?: number;
  /** RFC 9773 certificate identifier. */
  replaces?: string;
  certificateId?: string;
  error?: ProblemBody;
}

export interface Certificate {
  /** The serial number in hexadecimal, without a leading sign byte. */
  id: string;
  accountId: string;
  /** Base64 of the DER. */
  der: string;
  /** SHA-256 of the SubjectPublicKeyInfo, base64url. */
  keyDigest: string;
  identifiers: Identifier[];
  notBefore: number;
  notAfter: number;
  revoked?: { at: number; reason: number };
  /** A renewal window set by hand. */
  window?: { start: number; end: number; explanationUrl?: string };
}

/** What of the state is written to a file. */
export interface StoredState {
  version: 1;
  accounts: Account[];
  authorizations: Authorization[];
  orders: Order[];
  certificates: Certificate[];
  /** Digests of keys whose certificate was revoked for keyCompromise. */
  compromisedKeys: string[];
}

/** Everything the CA remembers. Whoever changes something calls `changed()`. */
export class State {
  readonly accounts = new Map<string, Account>();
  readonly authorizations = new Map<string, Authorization>();
  readonly orders = new Map<string, Order>();
  readonly certificates = new Map<string, Certificate>();
  readonly compromisedKeys = new Set<string>();
  private readonly reusable = new Map<string, string>();
  /** Called after every change; set by whoever writes the state to a file. */
  onChange: () => void = () => {};

  constructor(stored?: StoredState) {
    for (const account of stored?.accounts ?? []) this.accounts.set(account.id, account);
    for (const authorization of stored?.authorizations ?? []) this.addAuthorization(authorization);
    for (const order of stored?.orders ?? []) this.orders.set(order.id, order);
    for (const certificate of stored?.certificates ?? []) this.certificates.set(certificate.id, certificate);
    for (const digest of stored?.compromisedKeys ?? []) this.compromisedKeys.add(digest);
    for (const each of this.authorizations.values()) if (each.status === 'valid') this.offerForReuse(each);
  }

  changed(): void {
    this.onChange();
  }

  addAuthorization(authorization: Authorization): void {
    this.authorizations.set(authorization.id, authorization);
  }

  private reuseKey(accountId: string, identifier: Identifier, wildcard: boolean): string {
    return `${accountId} ${identifier.type} ${wildcard ? '*.' : ''}${identifier.value}`;
  }

  /** Makes a valid authorization the one that later orders of the account take over. */
  offerForReuse(authorization: Authorization): void {
    this.reusable.set(this.reuseKey(authorization.accountId, authorization.identifier, authorization.wildcard), authorization.id);
  }

  /** The authorization of this account that is still valid for the identifier (given without `*.`), if any. */
  validAuthorization(accountId: string, identifier: Identifier, wildcard: boolean, now: number): Authorization | undefined {
    const authorization = this.authorizations.get(this.reusable.get(this.reuseKey(accountId, identifier, wildcard)) ?? '');
    return authorization !== undefined && authorization.status === 'valid' && authorization.expires > now ? authorization : undefined;
  }

  accountByThumbprint(thumbprint: string): Account | undefined {
    for (const account of this.accounts.values()) if (account.thumbprint === thumbprint) return account;
    return undefined;
  }

  stored(): StoredState {
    return {
      version: 1,
      accounts: [...this.accounts.values()],
      authorizations: [...this.authorizations.values()],
      orders: [...this.orders.values()],
      certificates: [...this.certificates.values()],
      compromisedKeys: [...this.compromisedKeys],
    };
  }
}

/** Applies what time has done to an authorization. */
export function ageAuthorization(authorization: Authorization, now: number): void {
  if ((authorization.status === 'pending' || authorization.status === 'valid') && authorization.expires <= now) authorization.status = 'expired';
}

/** Applies to an order what has become of its authorizations and of time (RFC 8555 section 7.1.6). */
export function ageOrder(order: Order, state: State, now: number): void {
  if (order.status !== 'pending' && order.status !== 'ready') return;
  const statuses = order.authorizationIds.map((id) => {
    const authorization = state.authorizations.get(id);
    if (authorization === undefined) return 'invalid';
    ageAuthorization(authorization, now);
    return authorization.status;
  });
  if (order.expires <= now || statuses.some((status) => status !== 'pending' && status !== 'valid')) order.status = 'invalid';
  else order.status = statuses.every((status) => status === 'valid') ? 'ready' : 'pending';
}
