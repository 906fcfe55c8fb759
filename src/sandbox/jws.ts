import { createHash, createPublicKey, verify } from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';
import type { Authority } from './exchange.js';
import { decodeBase64url, isLoose, parseObject } from './payload.js';
import type { Loose } from './payload.js';
import { Problem } from './problem.js';
import type { Account } from './state.js';

/** Signature algorithms that the CA takes (RFC 8555 section 6.2). */
const ALGORITHMS = ['RS256', 'ES256', 'ES384', 'ES512'] as const;
type Algorithm = (typeof ALGORITHMS)[number];

const HASHES: Record<Algorithm, string> = { RS256: 'sha256', ES256: 'sha256', ES384: 'sha384', ES512: 'sha512' };
const CURVES: Record<string, Algorithm> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' };

/** A flattened JWS, taken apart but not yet believed. */
export interface Jws {
  header: Loose;
  payload: Buffer;
  signature: Buffer;
  /** What the signature covers. */
  signed: Buffer;
}

/** A public key that may sign requests. */
export interface RequestKey {
  key: KeyObject;
  /** In its one canonical form. */
  jwk: JsonWebKey;
  thumbprint: string;
  algorithm: Algorithm;
}

/** Takes a flattened JWS apart. Throws Problem malformed for every other form (RFC 8555 section 6.2). */
export function parseJws(value: unknown, what: string): Jws {
  if (!isLoose(value)) throw new Problem('malformed', `${what} is not a JSON object`);
  if ('signatures' in value) throw new Problem('malformed', `${what} must be in the flattened form, with one signature`);
  if ('header' in value) throw new Problem('malformed', `${what} must not have an unprotected header`);
  const { protected: head, payload, signature } = value;
  if (typeof head !== 'string' || typeof payload !== 'string' || typeof signature !== 'string') throw new Problem('malformed', `${what} needs "protected", "payload" and "signature", all strings`);
  const header = parseObject(decodeBase64url(head, 'The protected header').toString('utf8'), 'The protected header');
  if ('crit' in header) throw new Problem('malformed', 'Critical extensions in the protected header are not known here');
  if ('b64' in header) throw new Problem('malformed', 'The header "b64" is not allowed');
  return { header, payload: decodeBase64url(payload, 'The payload'), signature: decodeBase64url(signature, 'The signature'), signed: Buffer.from(`${head}.${payload}`, 'ascii') };
}

/** RFC 7638 thumbprint of a canonical JWK, base64url. */
export function thumbprintOf(jwk: JsonWebKey): string {
  const members = jwk.kty === 'RSA' ? { e: jwk.e, kty: jwk.kty, n: jwk.n } : { crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y };
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
}

/** A JWK from outside as a key that may sign requests. Throws Problem badPublicKey or malformed. */
export function readKey(value: unknown): RequestKey {
  if (!isLoose(value)) throw new Problem('malformed', '"jwk" is not a JSON object');
  if ('d' in value) throw new Problem('badPublicKey', 'The JWK holds a private key: that key is now to be regarded as compromised');
  let key: KeyObject;
  try {
    key = createPublicKey({ key: value as JsonWebKey, format: 'jwk' });
  } catch {
    throw new Problem('badPublicKey', 'The JWK is not a public key that can be read');
  }
  const { modulusLength, publicExponent, namedCurve } = key.asymmetricKeyDetails ?? {};
  let algorithm: Algorithm | undefined;
  if (key.asymmetricKeyType === 'rsa') {
    if (modulusLength === undefined || modulusLength < 2048 || modulusLength > 8192) throw new Problem('badPublicKey', `RSA keys must have 2048 to 8192 bits, not ${modulusLength}`);
    if (publicExponent === undefined || publicExponent < 3n || publicExponent % 2n === 0n) throw new Problem('badPublicKey', 'The RSA exponent is not usable');
    algorithm = 'RS256';
  } else algorithm = CURVES[namedCurve ?? ''];
  if (algorithm === undefined) throw new Problem('badPublicKey', 'Keys must be RSA, P-256, P-384 or P-521');
  const jwk = key.export({ format: 'jwk' });
  return { key, jwk, thumbprint: thumbprintOf(jwk), algorithm };
}

/** Throws Problem badSignatureAlgorithm unless the header's alg is one of ours and fits the key. */
export function checkAlgorithm(header: Loose, key?: RequestKey): void {
  const alg = header.alg;
  if (typeof alg !== 'string' || !ALGORITHMS.some((each) => each === alg)) {
    throw new Problem('badSignatureAlgorithm', `Signature algorithm ${JSON.stringify(alg ?? null)} is not accepted`, { algorithms: ALGORITHMS });
  }
  if (key !== undefined && key.algorithm !== alg) {
    throw new Problem('badSignatureAlgorithm', `Signature algorithm ${alg} does not fit this key, which signs with ${key.algorithm}`, { algorithms: [key.algorithm] });
  }
}

/** Throws Problem malformed unless the JWS is signed by the key. */
export function checkSignature(jws: Jws, { key, algorithm }: RequestKey): void {
  let good = false;
  try {
    good = verify(HASHES[algorithm], jws.signed, algorithm === 'RS256' ? key : { key, dsaEncoding: 'ieee-p1363' }, jws.signature);
  } catch {
    good = false;
  }
  if (!good) throw new Problem('malformed', 'The signature of the request does not fit its key');
}

/** The account that a `kid` names, under any origin of this CA. Throws Problem accountDoesNotExist, or unauthorized when it was deactivated. */
export function accountOfKid(kid: unknown, authority: Authority): Account {
  if (typeof kid !== 'string') throw new Problem('malformed', '"kid" is not a string');
  const origin = authority.origins().find((each) => kid.startsWith(`${each}/acme/acct/`));
  const account = origin === undefined ? undefined : authority.state.accounts.get(kid.slice(`${origin}/acme/acct/`.length));
  if (account === undefined) throw new Problem('accountDoesNotExist', `No account has the URL ${JSON.stringify(kid)}`);
  if (account.status !== 'valid') throw new Problem('unauthorized', `The account is ${account.status}`, { status: 401 });
  return account;
}

/** Who signed a request. */
export interface Verified {
  account?: Account;
  key: RequestKey;
  payload: Buffer;
}

/**
 * All checks of RFC 8555 section 6.2 to 6.5 on the body of a POST: form, algorithm, exactly one of jwk and kid, url,
 * signature, nonce. `allows` says which of the two ways of signing the resource takes. Throws Problem.
 */
export function verifyRequest(body: string, url: string, allows: 'jwk' | 'kid' | 'both', authority: Authority): Verified {
  const jws = parseJws(parseObject(body, 'The request'), 'The request');
  const { header } = jws;
  checkAlgorithm(header);
  if (('jwk' in header) === ('kid' in header)) throw new Problem('malformed', 'The protected header needs exactly one of "jwk" and "kid"');
  if ('jwk' in header && allows === 'kid') throw new Problem('malformed', 'This resource needs a request signed with "kid"');
  if ('kid' in header && allows === 'jwk') throw new Problem('malformed', 'This resource needs a request signed with "jwk"');
  const account = 'kid' in header ? accountOfKid(header.kid, authority) : undefined;
  const key = readKey(account === undefined ? header.jwk : account.key);
  checkAlgorithm(header, key);
  checkSignature(jws, key);
  if (typeof header.url !== 'string') throw new Problem('malformed', 'The protected header needs a "url"');
  if (header.url !== url) throw new Problem('unauthorized', `The signed URL ${JSON.stringify(header.url)} is not the one that was asked, ${url}`, { status: 401 });
  if (header.nonce === undefined) throw new Problem('badNonce', 'The protected header has no nonce');
  decodeBase64url(header.nonce, 'The nonce');
  if (!authority.nonces.take(String(header.nonce))) throw new Problem('badNonce', 'The nonce is unknown, too old or was used before');
  return { account, key, payload: jws.payload };
}
