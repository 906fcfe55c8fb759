import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { AcmeProblem, NetworkError, Refused, StoreError } from '../core/errors.js';
import { splitChain } from '../crypto/certificate.js';
import { ConnectionFailed } from './connection-failed.js';
import { dnsRecordName, dnsValidation, keyThumbprint } from './key-authorization.js';
import { pollOrder, type PollOptions } from './poll.js';
import { retryAfterMs, ServerFault } from './problem.js';
import { readAccount, readAuthorization, readOrder, readRenewalInfo, type AccountInfo, type Authorization, type Challenge, type DirectoryInfo, type Order, type RenewalInfo } from './resources.js';
import { sessionFor, type SessionOptions } from './session.js';
import type { Api, CallOptions, ExternalAccount } from './signed-requests.js';

export type { AccountInfo, Authorization, Challenge, DirectoryInfo, Order, OrderStatus, RenewalInfo } from './resources.js';
export type { Exchange } from './session.js';
export type { PollOptions } from './poll.js';

export interface ClientOptions extends SessionOptions {
  /** PEM; null when only the directory or renewal information is wanted. */
  accountKey: string | null;
  /** Null = not known: the CA is asked by key when it is first needed. */
  accountUrl: string | null;
}

export interface NewAccount {
  /** `mailto:` addresses. */
  contact: readonly string[];
  termsOfServiceAgreed: boolean;
  eab?: { kid: string; key: string; alg: string };
  /** Look up by key only (RFC 8555 section 7.3.1). */
  onlyReturnExisting?: boolean;
}

export interface NewOrder {
  identifiers: readonly { type: string; value: string }[];
  profile?: string;
  /** Certificate that this order replaces, as named by its `certId` (RFC 9773 section 5). */
  replaces?: string;
}

/**
 * One account's view of one CA. Every method may throw AcmeProblem (the CA refused, in its words, with a hint), NetworkError
 * (no answer, or one that makes no sense) and Cancelled. Clients that share an abort signal share connections, nonces and
 * the directory.
 */
export interface AcmeClient {
  directory(): Promise<DirectoryInfo>;
  /** Throws Refused when the binding key is not usable. */
  newAccount(wish: NewAccount): Promise<AccountInfo>;
  account(): Promise<AccountInfo>;
  updateAccount(change: { contact: readonly string[] }): Promise<AccountInfo>;
  /** Says that a person agreed to the present terms (RFC 8555 section 7.3.3). */
  agreeToTerms(): Promise<void>;
  deactivateAccount(): Promise<void>;
  /** RFC 8555 section 7.3.5; afterwards this client signs with the new key (PEM). */
  changeKey(newKey: string): Promise<void>;
  newOrder(wish: NewOrder): Promise<Order>;
  order(url: string): Promise<Order>;
  pollOrder(url: string, options: PollOptions): Promise<Order>;
  authorization(url: string): Promise<Authorization>;
  deactivateAuthorization(url: string): Promise<void>;
  /** Asks the CA to look at a challenge's answer. */
  respond(challengeUrl: string): Promise<void>;
  /** The order as the CA answers it, mostly `processing` or `valid`. */
  finalize(order: Pick<Order, 'url' | 'finalize'>, csrDer: Buffer): Promise<Order>;
  /** The chain, leaf first, and the addresses of other chains for the same certificate. */
  certificate(url: string): Promise<{ pem: string; alternates: string[] }>;
  /** `reason` as RFC 5280 section 5.3.1 numbers it; `key` (PEM) signs instead of the account when given. */
  revoke(wish: { certificate: string; reason?: number; key?: string }): Promise<void>;
  /** Null when the CA has no renewal information. `certId` as a lineage has it. Throws Cancelled when `signal` fires. */
  renewalInfo(certId: string, signal?: AbortSignal): Promise<RenewalInfo | null>;
  /** RFC 8555 section 8.1. */
  keyAuthorization(token: string): string;
  /** Value of the TXT record of a dns challenge. */
  dnsValidation(type: string, token: string, about: { wildcard: boolean; challenge: Challenge }): string;
  /** Address of the account; null before it is registered or looked up. */
  accountUrl(): string | null;
  /** Full name of the TXT record of a dns challenge for this name. */
  dnsRecordName(type: string, base: string): string;
}

const READ = { repeatable: true };
const ONCE = { repeatable: false };
const MOST_ALTERNATES = 10;
/** How often an order that stays ready is finalized again. */
const MOST_FINALIZE = 5;

/** Nothing is sent and nothing heavy is loaded before the first call. Throws StoreError when the account key cannot be read. */
export function createAcmeClient(options: ClientOptions): AcmeClient {
  const session = sessionFor(options);
  let key = options.accountKey === null ? null : privateKey(options.accountKey);
  let accountUrl = options.accountUrl;
  let lookup: Promise<string> | undefined;

  const keyNeeded = (): KeyObject => {
    if (!key) throw new Error('this client has no account key');
    return key;
  };
  const unregistered = async (call: CallOptions, signer: KeyObject = keyNeeded()): Promise<Api> => {
    const [{ Api: SignedApi, SignedHttp }] = await Promise.all([import('./signed-requests.js'), session.directory()]);
    return new SignedApi(session, new SignedHttp(session, signer, call), accountUrl);
  };
  const newAccount = async ({ contact, termsOfServiceAgreed, eab, onlyReturnExisting }: NewAccount): Promise<AccountInfo> => {
    const api = await unregistered({ purpose: onlyReturnExisting ? 'look up account' : 'new account', ...READ, ...(eab ? { eab: checkedBinding(eab) } : {}) });
    const { headers, data } = await api.createAccount(onlyReturnExisting ? { onlyReturnExisting } : { termsOfServiceAgreed, ...(contact.length > 0 ? { contact } : {}) });
    const uri = locationOf(headers, 'an account');
    accountUrl = uri;
    return readAccount(data, uri);
  };
  const ownUrl = async (): Promise<string> => {
    if (accountUrl !== null) return accountUrl;
    lookup ??= newAccount({ contact: [], termsOfServiceAgreed: true, onlyReturnExisting: true }).then(({ uri }) => uri);
    lookup.catch(() => {
      lookup = undefined;
    });
    return lookup;
  };
  const api = async (purpose: string, repeat: { repeatable: boolean } = READ): Promise<Api> => {
    await ownUrl();
    return unregistered({ purpose, ...repeat });
  };
  const looked = async (url: string): Promise<{ order: Order; retryAfterMs: number | undefined }> => {
    const { data, headers } = await (await api('order status')).getOrder(url);
    return { order: readOrder(data, url), retryAfterMs: retryAfterMs(headers['retry-after'], session.now()) };
  };

  return {
    directory: () => session.directory(),
    newAccount,
    async account() {
      const uri = await ownUrl();
      return readAccount((await (await api('account')).apiRequest(uri, null, [200])).data, uri);
    },
    async updateAccount({ contact }) {
      const uri = await ownUrl();
      return readAccount((await (await api('update account')).updateAccount({ contact })).data, uri);
    },
    async agreeToTerms() {
      await (await api('agree to terms')).updateAccount({ termsOfServiceAgreed: true });
    },
    async deactivateAccount() {
      await (await api('deactivate account', ONCE)).updateAccount({ status: 'deactivated' });
    },
    async changeKey(newKey) {
      const { SignedHttp } = await import('./signed-requests.js');
      const next = privateKey(newKey);
      const { keyChange } = await session.directory();
      if (keyChange === undefined) throw new Refused('This certificate authority does not offer to change the account key.');
      const account = await ownUrl();
      const call = { purpose: 'change account key', ...ONCE };
      const oldKey = new SignedHttp(session, keyNeeded(), call).getJwk();
      const inner = new SignedHttp(session, next, call);
      await (await api(call.purpose, ONCE)).updateAccountKey(await inner.signed(inner.createSignedBody(keyChange, { account, oldKey })));
      key = next;
    },
    async newOrder({ identifiers, profile, replaces }) {
      // A second order would only take over the authorizations of the first.
      const { data, headers } = await (await api('new order')).createOrder({ identifiers, ...(profile === undefined ? {} : { profile }), ...(replaces === undefined ? {} : { replaces }) });
      return readOrder(data, locationOf(headers, 'an order'));
    },
    order: async (url) => (await looked(url)).order,
    pollOrder: (url, polling) => pollOrder({ ...polling, read: () => looked(url), now: () => session.now(), signal: session.signal }),
    async authorization(url) {
      return readAuthorization((await (await api('read authorization')).getAuthorization(url)).data, url);
    },
    async deactivateAuthorization(url) {
      await (await api('deactivate authorization')).updateAuthorization(url, { status: 'deactivated' });
    },
    async respond(url) {
      await (await api('ask for validation')).completeChallenge(url, {});
    },
    async finalize(order, csrDer) {
      for (let tries = 0; ; tries += 1) {
        try {
          const { data } = await (await api('finalize', ONCE)).finalizeOrder(order.finalize, { csr: csrDer.toString('base64url') });
          return readOrder(data, order.url);
        } catch (error) {
          if (!mayHaveArrived(error)) throw error;
          // The order itself knows: while it is ready, it was not finalized.
          const { order: now } = await looked(order.url);
          if (now.status === 'pending' || now.status === 'invalid') throw error;
          if (now.status !== 'ready' || tries === MOST_FINALIZE) return now;
        }
      }
    },
    async certificate(url) {
      const { data, headers } = await (await api('certificate')).apiRequest(url, null, [200]);
      try {
        return { pem: splitChain(typeof data === 'string' ? data : '').join(''), alternates: alternatesOf(headers['link'], url) };
      } catch (cause) {
        throw new NetworkError('The certificate authority sent something else than a certificate.', { hint: 'Run the same command again, it goes on with the same order.', cause });
      }
    },
    async revoke({ certificate, reason, key: signer }) {
      const payload = { certificate: new X509Certificate(certificate).raw.toString('base64url'), ...(reason === undefined ? {} : { reason }) };
      const purpose = 'revoke';
      try {
        if (signer === undefined) await (await api(purpose, ONCE)).revokeCert(payload);
        else await (await unregistered({ purpose, ...ONCE }, privateKey(signer))).apiResourceRequest('revokeCert', payload, [200], { includeJwsKid: false });
      } catch (error) {
        if (!(error instanceof AcmeProblem) || error.kind !== 'alreadyRevoked') throw error;
      }
    },
    async renewalInfo(certId, signal) {
      const { renewalInfo } = await session.directory(signal);
      if (renewalInfo === undefined) return null;
      const url = `${renewalInfo.replace(/\/$/, '')}/${certId}`;
      const { data, headers } = await session.read('GET', url, 'renewal information', signal);
      const retry = retryAfterMs(headers['retry-after'], session.now());
      return { ...readRenewalInfo(data, url), ...(retry === undefined ? {} : { retryAfterMs: retry }) };
    },
    keyAuthorization: (token) => `${token}.${keyThumbprint(keyNeeded())}`,
    dnsValidation: (type, token, about) => dnsValidation(type, { keyAuthorization: token === '' ? '' : `${token}.${keyThumbprint(keyNeeded())}`, accountUrl: accountUrl ?? '', ...about }),
    accountUrl: () => accountUrl,
    dnsRecordName: (type, base) => dnsRecordName(type, base, accountUrl ?? ''),
  };
}

let lastKey: { pem: string; key: KeyObject } | null = null;

/** The last one is not read again: each lineage of a run has a client of its own, nearly always for the same account. */
function privateKey(pem: string): KeyObject {
  try {
    if (lastKey?.pem !== pem) lastKey = { pem, key: createPrivateKey(pem) };
    return lastKey.key;
  } catch {
    // The cause could quote the key.
    throw new StoreError('A private key for signing requests to the certificate authority cannot be read.', { hint: 'It must be a PEM file without a password.' });
  }
}

function checkedBinding({ kid, key, alg }: { kid: string; key: string; alg: string }): ExternalAccount {
  if (alg !== 'HS256' && alg !== 'HS384' && alg !== 'HS512') throw new Refused(`${alg} is no algorithm for an external account binding.`, { hint: 'Give --eab-hmac-alg HS256, HS384 or HS512.' });
  const plain = key.trim().replace(/=+$/, '');
  if (plain === '' || !/^[A-Za-z0-9_+/-]+$/.test(plain)) throw new Refused('The HMAC key of the external account binding is not base64url.', { hint: 'Copy --eab-hmac-key once more from the pages of the certificate authority.' });
  return { kid: kid.trim(), key: plain, alg };
}

function locationOf(headers: Readonly<Record<string, string | undefined>>, what: string): string {
  const location = headers['location'];
  if (location !== undefined && /^https?:\/\/[\u0021-\u007e]+$/.test(location) && URL.canParse(location)) return location;
  throw new NetworkError(`The certificate authority made ${what} but did not say where it is.`, { hint: 'Try again; if it stays so, tell its operator.' });
}

/** Addresses with rel="alternate" in a Link header (RFC 8555 section 7.4.2, RFC 8288). */
function alternatesOf(link: string | undefined, base: string): string[] {
  const found = [...(link ?? '').matchAll(/<([^>]*)>([^<]*)/g)].filter(([, , parameters = '']) => /;\s*rel="?alternate"?/i.test(parameters));
  return found.flatMap(([, address = '']) => (URL.canParse(address, base) ? [new URL(address, base).href] : [])).slice(0, MOST_ALTERNATES);
}

/** The request may have reached the CA although its answer is no use, or an earlier one did: then the order is no longer ready. */
function mayHaveArrived(error: unknown): boolean {
  if (error instanceof ConnectionFailed) return !error.before && !error.lasting;
  return error instanceof ServerFault || (error instanceof AcmeProblem && (error.problem.status >= 500 || error.kind === 'orderNotReady'));
}
