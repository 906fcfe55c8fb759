import { isIP } from 'node:net';
import { NetworkError, type ProblemDocument } from '../core/errors.js';
import { printableLine } from '../system/printable.js';
import { readProblem } from './problem.js';

/** What the directory says (RFC 8555 section 7.1.1); addresses of the resources and what the CA wants. */
export interface DirectoryInfo {
  newNonce: string;
  newAccount: string;
  newOrder: string;
  revokeCert?: string;
  keyChange?: string;
  /** Base address of renewal information (RFC 9773). */
  renewalInfo?: string;
  meta: {
    externalAccountRequired: boolean;
    termsOfService?: string;
    website?: string;
    caaIdentities: string[];
    /** Name -> description (draft-ietf-acme-profiles). */
    profiles: Record<string, string>;
  };
}

const ORDER_STATES = ['pending', 'ready', 'processing', 'valid', 'invalid'] as const;
export type OrderStatus = (typeof ORDER_STATES)[number];

export interface Order {
  url: string;
  status: OrderStatus;
  authorizations: string[];
  identifiers: { type: string; value: string }[];
  finalize: string;
  certificate?: string;
  /** RFC 3339. */
  expires?: string;
  error?: ProblemDocument;
}

const AUTHORIZATION_STATES = ['pending', 'valid', 'invalid', 'deactivated', 'expired', 'revoked'] as const;

export interface Authorization {
  url: string;
  status: (typeof AUTHORIZATION_STATES)[number];
  /** Without `*.` */
  identifier: { type: string; value: string };
  wildcard?: boolean;
  expires?: string;
  challenges: Challenge[];
}

const CHALLENGE_STATES = ['pending', 'processing', 'valid', 'invalid'] as const;

export interface Challenge {
  type: string;
  url: string;
  status: (typeof CHALLENGE_STATES)[number];
  token?: string;
  error?: ProblemDocument;
  /** dns-persist-01: names by which the CA calls itself in the record, one at least. */
  issuerDomainNames?: string[];
}

type Json = Readonly<Record<string, unknown>>;

/** Looks at one answer of a CA piece by piece; each mismatch is a NetworkError that says what was wrong and where. */
class Reader {
  constructor(
    private readonly json: Json,
    private readonly what: string,
    private readonly url: string,
  ) {}

  static of(value: unknown, what: string, url: string): Reader {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(what, url, 'it is no JSON object');
    return new Reader(value as Json, what, url);
  }

  fail(why: string): NetworkError {
    return wrong(this.what, this.url, why);
  }

  value(name: string): unknown {
    return this.json[name];
  }

  optional(name: string): string | undefined {
    const value = this.json[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'string') throw this.fail(`"${name}" is no text`);
    return printableLine(value, 2000);
  }

  text(name: string): string {
    const value = this.optional(name);
    if (value === undefined || value === '') throw this.fail(`"${name}" is missing`);
    return value;
  }

  address(name: string): string {
    return this.checkedAddress(this.text(name), name);
  }

  optionalAddress(name: string): string | undefined {
    const value = this.optional(name);
    return value === undefined || value === '' ? undefined : this.checkedAddress(value, name);
  }

  list(name: string): unknown[] {
    const value = this.json[name];
    if (!Array.isArray(value)) throw this.fail(`"${name}" is no list`);
    return value;
  }

  texts(name: string): string[] {
    return this.list(name).map((each) => {
      if (typeof each !== 'string') throw this.fail(`"${name}" holds something else than text`);
      return printableLine(each, 2000);
    });
  }

  state<T extends string>(states: readonly T[]): T {
    const value = this.text('status');
    const known = states.find((state) => state === value);
    if (known === undefined) throw this.fail(`its status "${value}" is unknown`);
    return known;
  }

  identifier(value: unknown): { type: string; value: string } {
    const reader = Reader.of(value, `identifier in ${this.what}`, this.url);
    const type = reader.text('type');
    const name = reader.text('value').toLowerCase();
    if (!(type === 'ip' ? isIP(name) !== 0 : /^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(name))) throw reader.fail(`"${name}" is no ${type === 'ip' ? 'address' : 'name'}`);
    return { type, value: name };
  }

  private checkedAddress(value: string, name: string): string {
    if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) throw this.fail(`"${name}" is no web address`);
    return value;
  }
}

function wrong(what: string, url: string, why: string): NetworkError {
  return new NetworkError(`The certificate authority sent ${what} that makes no sense: ${why} (${printableLine(url, 200)}).`, {
    hint: what === 'a directory' ? 'Check that --server is the address of an ACME directory, not of a web page.' : 'Try again; if it stays so, tell the certificate authority. Its answer is in the log.',
  });
}

/** Throws NetworkError when it is no ACME directory. */
export function readDirectory(value: unknown, url: string): DirectoryInfo {
  const reader = Reader.of(value, 'a directory', url);
  const meta = Reader.of(reader.value('meta') ?? {}, 'a directory', url);
  const [revokeCert, keyChange, renewalInfo] = ['revokeCert', 'keyChange', 'renewalInfo'].map((name) => reader.optionalAddress(name));
  const [termsOfService, website] = ['termsOfService', 'website'].map((name) => meta.optional(name));
  const profiles = Object.entries((meta.value('profiles') ?? {}) as Json).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return {
    newNonce: reader.address('newNonce'),
    newAccount: reader.address('newAccount'),
    newOrder: reader.address('newOrder'),
    ...(revokeCert === undefined ? {} : { revokeCert }),
    ...(keyChange === undefined ? {} : { keyChange }),
    ...(renewalInfo === undefined ? {} : { renewalInfo }),
    meta: {
      externalAccountRequired: meta.value('externalAccountRequired') === true,
      ...(termsOfService === undefined || termsOfService === '' ? {} : { termsOfService }),
      ...(website === undefined || website === '' ? {} : { website }),
      caaIdentities: meta.value('caaIdentities') === undefined || meta.value('caaIdentities') === null ? [] : meta.texts('caaIdentities'),
      profiles: Object.fromEntries(profiles.map(([name, text]) => [printableLine(name, 100), printableLine(text, 500)])),
    },
  };
}

/** An order (RFC 8555 section 7.1.3). Throws NetworkError. */
export function readOrder(value: unknown, url: string): Order {
  const reader = Reader.of(value, 'an order', url);
  const [certificate, expires, error] = [reader.optionalAddress('certificate'), reader.optional('expires'), readProblem(reader.value('error'))];
  return {
    url,
    status: reader.state(ORDER_STATES),
    authorizations: reader.texts('authorizations'),
    identifiers: reader.list('identifiers').map((each) => reader.identifier(each)),
    finalize: reader.address('finalize'),
    ...(certificate === undefined ? {} : { certificate }),
    ...(expires === undefined ? {} : { expires }),
    ...(error ? { error } : {}),
  };
}

/** An authorization (RFC 8555 section 7.1.4) with its challenges. Throws NetworkError. */
export function readAuthorization(value: unknown, url: string): Authorization {
  const reader = Reader.of(value, 'an authorization', url);
  const expires = reader.optional('expires');
  const identifier = reader.identifier(reader.value('identifier'));
  const base = identifier.value.replace(/^\*\./, '');
  return {
    url,
    status: reader.state(AUTHORIZATION_STATES),
    identifier: { type: identifier.type, value: base },
    ...(reader.value('wildcard') === true || base !== identifier.value ? { wildcard: true } : {}),
    ...(expires === undefined ? {} : { expires }),
    challenges: reader.list('challenges').map((each) => readChallenge(each, url)),
  };
}

/** A challenge with more names than this, or none, is to be refused (draft-ietf-acme-dns-persist-01 section 3.1). */
const MOST_ISSUERS = 10;

/** One challenge (RFC 8555 section 8). A token that is not base64url is refused: it becomes a file name. Throws NetworkError. */
export function readChallenge(value: unknown, url: string): Challenge {
  const reader = Reader.of(value, 'a challenge', url);
  const token = reader.optional('token');
  if (token !== undefined && !/^[A-Za-z0-9_-]{1,512}$/.test(token)) throw reader.fail('its token holds other characters than base64url has');
  const error = readProblem(reader.value('error'));
  // Called so up to version 01 of the draft, and otherwise since.
  const issuersKey = ['issuer-domain-names', 'issuerDomainNames'].find((key) => reader.value(key) !== undefined);
  const named = issuersKey === undefined ? [] : reader.texts(issuersKey);
  const issuers = named.length > MOST_ISSUERS ? [] : named.filter((name) => /^[a-z0-9.-]{1,253}$/i.test(name));
  return {
    type: reader.text('type'),
    url: reader.address('url'),
    status: reader.state(CHALLENGE_STATES),
    ...(token === undefined ? {} : { token }),
    ...(error ? { error } : {}),
    ...(issuers.length > 0 ? { issuerDomainNames: issuers } : {}),
  };
}

export interface RenewalInfo {
  /** Milliseconds since the epoch. */
  start: number;
  end: number;
  explanationUrl?: string;
  /** Milliseconds until the CA wants to be asked again. */
  retryAfterMs?: number;
}

/** Renewal information (RFC 9773 section 4.2). Throws NetworkError. */
export function readRenewalInfo(value: unknown, url: string): RenewalInfo {
  const reader = Reader.of(value, 'renewal information', url);
  const window = Reader.of(reader.value('suggestedWindow'), 'renewal information', url);
  const start = Date.parse(window.text('start'));
  const end = Date.parse(window.text('end'));
  if (Number.isNaN(start) || Number.isNaN(end) || end < start) throw reader.fail('its suggested window is no span of time');
  const explanationUrl = reader.optional('explanationURL');
  return { start, end, ...(explanationUrl === undefined ? {} : { explanationUrl }) };
}

/** An account (RFC 8555 section 7.1.2). */
export interface AccountInfo {
  uri: string;
  status: string;
  contact: string[];
}

/** Throws NetworkError. */
export function readAccount(value: unknown, uri: string): AccountInfo {
  const reader = Reader.of(value, 'an account', uri);
  return { uri, status: reader.optional('status') ?? 'valid', contact: reader.value('contact') === undefined || reader.value('contact') === null ? [] : reader.texts('contact') };
}
