import { createHash, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { addressBytes } from '../system/addresses.js';
import { bits, boolean, children, expectTag, integer, octets, oid, readWhole, sequence, TAG, time, wrap } from './der.js';
import type { Identifier } from './problem.js';

/** Object identifiers of extensions and their parts (RFC 5280, 7633, 8737). */
export const OID = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  crlReason: '2.5.29.21',
  crlPoints: '2.5.29.31',
  policies: '2.5.29.32',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  authorityInfo: '1.3.6.1.5.5.7.1.1',
  tlsFeature: '1.3.6.1.5.5.7.1.24',
  acmeIdentifier: '1.3.6.1.5.5.7.1.31',
  ocsp: '1.3.6.1.5.5.7.48.1',
  caIssuers: '1.3.6.1.5.5.7.48.2',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  domainValidated: '2.23.140.1.2.1',
  ecdsaSha256: '1.2.840.10045.4.3.2',
} as const;

/** Bits of keyUsage, counted from the left (RFC 5280 section 4.2.1.3). */
export const KEY_USAGE = { digitalSignature: 0, keyEncipherment: 2, keyCertSign: 5, crlSign: 6 } as const;

/** AlgorithmIdentifier of the signatures of this CA, whose keys are all P-256. */
export const SIGNATURE_ALGORITHM = sequence(oid(OID.ecdsaSha256));

function namePart(type: string, text: string): Buffer {
  return wrap(TAG.set, sequence(oid(type), wrap(TAG.utf8, Buffer.from(text))));
}

/** The DER of a name with common name and, if given, organization; no parts give the empty name. */
export function nameDer(commonName?: string, organization?: string): Buffer {
  return sequence(...(organization === undefined ? [] : [namePart(OID.organization, organization)]), ...(commonName === undefined ? [] : [namePart(OID.commonName, commonName)]));
}

/** The DER SubjectPublicKeyInfo of a key. */
export function keyDer(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

/** SHA-1 of the public key's bits: the usual key identifier (RFC 5280 section 4.2.1.2). */
export function keyIdentifier(spki: Buffer): Buffer {
  const bitString = expectTag(children(readWhole(spki))[1], TAG.bits, 'public key');
  return createHash('sha1').update(bitString.content.subarray(1)).digest();
}

export function extension(type: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(type), ...(critical ? [boolean(true)] : []), octets(value));
}

/** keyUsage, critical. */
export function keyUsage(...usages: number[]): Buffer {
  const last = Math.max(...usages);
  const byte = usages.reduce((sum, bit) => sum | (0x80 >> bit), 0);
  return extension(OID.keyUsage, true, bits(Buffer.from([byte]), 7 - last));
}

export function basicConstraints(ca: boolean, pathLength?: number): Buffer {
  return extension(OID.basicConstraints, true, sequence(...(ca ? [boolean(true)] : []), ...(pathLength === undefined ? [] : [integer(pathLength)])));
}

export function subjectKeyId(keyId: Buffer): Buffer {
  return extension(OID.subjectKeyId, false, octets(keyId));
}

export function authorityKeyId(keyId: Buffer): Buffer {
  return extension(OID.authorityKeyId, false, sequence(wrap(0x80, keyId)));
}

/** subjectAltName with DNS names and IP addresses. */
export function subjectAltName(identifiers: readonly Identifier[], critical: boolean): Buffer {
  const names = identifiers.map(({ type, value }) => (type === 'dns' ? wrap(0x82, Buffer.from(value)) : wrap(0x87, addressBytes(value))));
  return extension(OID.subjectAltName, critical, sequence(...names));
}

export interface CertificateParts {
  /** Big-endian, without sign byte. */
  serial: Buffer;
  issuer: Buffer;
  subject: Buffer;
  /** Milliseconds since 1970. */
  notBefore: number;
  notAfter: number;
  spki: Buffer;
  extensions: readonly Buffer[];
}

/** DER around `body` with the signature of a P-256 key (certificates, CRLs, OCSP answers). */
export function signed(body: Buffer, key: KeyObject, ...more: Buffer[]): Buffer {
  return sequence(body, SIGNATURE_ALGORITHM, bits(sign('sha256', body, key)), ...more);
}

/** The DER of a certificate (RFC 5280 section 4.1), signed with the issuer's P-256 key. */
export function makeCertificate(parts: CertificateParts, issuerKey: KeyObject): Buffer {
  const body = sequence(
    wrap(0xa0, integer(2)),
    integer(parts.serial),
    SIGNATURE_ALGORITHM,
    parts.issuer,
    sequence(time(parts.notBefore), time(parts.notAfter)),
    parts.subject,
    parts.spki,
    wrap(0xa3, sequence(...parts.extensions)),
  );
  return signed(body, issuerKey);
}
