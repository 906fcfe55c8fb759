import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { NetworkError, Refused } from '../core/errors.js';
import { persistRecordText } from '../system/persist-record.js';
import type { Challenge } from './resources.js';

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Thumbprint of the public half of an account key (RFC 7638), base64url. */
export function keyThumbprint(key: KeyObject): string {
  const { crv, e, kty, n, x, y } = createPublicKey(key).export({ format: 'jwk' });
  return sha256(JSON.stringify(kty === 'EC' ? { crv, kty, x, y } : { e, kty, n })).toString('base64url');
}

/**
 * What the TXT record of a dns challenge must hold: the digest of the key authorization (RFC 8555 section 8.4, also
 * dns-account-01), or for dns-persist-01 the CA's name with the account (draft-ietf-acme-dns-persist). Throws NetworkError
 * when the CA did not name itself (once to ten times), or its address of the account cannot stand in a record, Refused for another challenge type.
 */
export function dnsValidation(type: string, about: { keyAuthorization: string; accountUrl: string; wildcard: boolean; challenge: Challenge }): string {
  if (type === 'dns-01' || type === 'dns-account-01') return sha256(about.keyAuthorization).toString('base64url');
  if (type !== 'dns-persist-01') throw new Refused(`${type} is not a challenge that a DNS record answers.`);
  const issuer = about.challenge.issuerDomainNames?.[0];
  if (issuer === undefined) throw new NetworkError('The certificate authority offers dns-persist-01 but does not say by which name the record must call it.', { hint: 'Use dns-01 (--preferred-challenges dns-01).' });
  if (!/^[\x21-\x3a\x3c-\x7e]+$/.test(about.accountUrl)) throw new NetworkError('The address of the account at this certificate authority cannot stand in a DNS record.', { hint: 'Use dns-01 (--preferred-challenges dns-01).' });
  return persistRecordText({ issuer, accountUrl: about.accountUrl, wildcard: about.wildcard });
}

/** Where that record stands, for a name without `*.`; dns-account-01 has a label of the account (draft-ietf-acme-dns-account-label). */
export function dnsRecordName(type: string, base: string, accountUrl: string): string {
  if (type === 'dns-persist-01') return `_validation-persist.${base}`;
  if (type === 'dns-account-01') return `_${base32(sha256(accountUrl).subarray(0, 10))}._acme-challenge.${base}`;
  return `_acme-challenge.${base}`;
}

/** Lower case, no padding (RFC 4648 section 6); `bytes` in whole groups of five. */
function base32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((five) => BASE32.charAt(Number.parseInt(five, 2))).join('');
}
