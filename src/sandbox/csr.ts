import { createHash, createPublicKey, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { addressText } from '../system/addresses.js';
import { OID } from './certificate-der.js';
import { DerError, TAG, children, expectTag, readOid, readWhole } from './der.js';
import type { Element } from './der.js';
import { Problem } from './problem.js';
import type { Identifier } from './problem.js';

/** A certificate signing request whose signature is right and whose key is strong enough. */
export interface Csr {
  spki: Buffer;
  key: KeyObject;
  identifiers: Identifier[];
  commonName?: string;
  mustStaple: boolean;
}

const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';
const MUST_STAPLE = Buffer.from([0x30, 0x03, 0x02, 0x01, 0x05]);
const CURVES = new Set(['prime256v1', 'secp384r1', 'secp521r1']);
/** Signature algorithm -> hash; all others, SHA-1 first, are refused. */
const SIGNATURES = new Map([
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
]);

/** SHA-256 of a SubjectPublicKeyInfo, base64url. */
export function keyDigest(spki: Buffer): string {
  return createHash('sha256').update(spki).digest('base64url');
}

function bad(detail: string): Problem {
  return new Problem('badCSR', detail);
}

/** DNS names and addresses of a subjectAltName. Throws Problem badCSR for names of another kind. */
export function readAltNames(value: Buffer): Identifier[] {
  return children(expectTag(readWhole(value), TAG.sequence, 'subjectAltName')).map((name): Identifier => {
    if (name.tag === 0x82) return { type: 'dns', value: name.content.toString('latin1').toLowerCase() };
    if (name.tag === 0x87 && (name.content.length === 4 || name.content.length === 16)) return { type: 'ip', value: addressText(name.content) };
    throw bad('The CSR asks for a subject alternative name that is neither a DNS name nor an IP address');
  });
}

/** The extensions inside an Extensions sequence: identifier -> value and whether critical. */
export function readExtensions(list: Element): Map<string, { critical: boolean; value: Buffer }> {
  const found = new Map<string, { critical: boolean; value: Buffer }>();
  for (const each of children(expectTag(list, TAG.sequence, 'extensions'))) {
    const parts = children(expectTag(each, TAG.sequence, 'extension'));
    const type = readOid(expectTag(parts[0], TAG.oid, 'extension identifier'));
    if (found.has(type)) throw new DerError(`extension ${type} stands twice`);
    found.set(type, { critical: parts[1]?.tag === TAG.boolean && parts[1].content[0] === 0xff, value: expectTag(parts.at(-1), TAG.octets, 'extension value').content });
  }
  return found;
}

function requestedExtensions(attributes: Element | undefined): ReturnType<typeof readExtensions> {
  for (const attribute of attributes === undefined ? [] : children(attributes)) {
    const [type, values]: readonly (Element | undefined)[] = children(attribute);
    if (type === undefined || readOid(type) !== EXTENSION_REQUEST) continue;
    const list = children(expectTag(values, TAG.set, 'attribute values'))[0];
    if (list !== undefined) return readExtensions(list);
  }
  return new Map();
}

function commonNames(subject: Element): string[] {
  return children(subject).flatMap((set) =>
    children(set).flatMap((pair) => {
      const [type, value] = children(pair);
      return type !== undefined && value !== undefined && readOid(type) === OID.commonName ? [value.content.toString('utf8').toLowerCase()] : [];
    }),
  );
}

function checkKey(key: KeyObject): void {
  const { modulusLength = 0, publicExponent = 0n, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa') {
    if (modulusLength < 2048) throw bad(`The RSA key of the CSR is too weak: ${modulusLength} bits, at least 2048 are needed`);
    if (modulusLength > 8192) throw bad(`The RSA key of the CSR is too large: ${modulusLength} bits`);
    if (publicExponent < 65_537n || publicExponent % 2n === 0n) throw bad('The RSA exponent of the CSR is too small');
  } else if (key.asymmetricKeyType !== 'ec' || !CURVES.has(namedCurve)) {
    throw bad(`Keys of the type ${namedCurve || key.asymmetricKeyType} are not accepted: RSA, P-256, P-384 and P-521 are`);
  }
}

function readUnchecked(der: Buffer): Csr {
  const [info, algorithm, signature] = children(expectTag(readWhole(der), TAG.sequence, 'CSR'));
  const [version, subject, spki, attributes] = children(expectTag(info, TAG.sequence, 'CSR body'));
  if (info === undefined || expectTag(version, TAG.integer, 'CSR version').content.toString('hex') !== '00') throw bad('The CSR is not of version 1');
  const key = createPublicKey({ key: expectTag(spki, TAG.sequence, 'public key').raw, format: 'der', type: 'spki' });
  checkKey(key);
  const oidElement = children(expectTag(algorithm, TAG.sequence, 'signature algorithm'))[0];
  const hash = SIGNATURES.get(oidElement === undefined ? '' : readOid(oidElement));
  if (hash === undefined) throw bad('The signature algorithm of the CSR is not accepted: use SHA-256 or better');
  if (!verify(hash, info.raw, key, expectTag(signature, TAG.bits, 'signature').content.subarray(1))) throw bad('The signature of the CSR is wrong');
  const extensions = requestedExtensions(attributes);
  const altNames = extensions.get(OID.subjectAltName);
  const identifiers = altNames === undefined ? [] : readAltNames(altNames.value);
  const names = commonNames(expectTag(subject, TAG.sequence, 'subject'));
  if (names.length > 1) throw bad('The CSR has more than one common name');
  const feature = extensions.get(OID.tlsFeature);
  if (feature !== undefined && !feature.value.equals(MUST_STAPLE)) throw bad('The CSR asks for an unknown TLS feature: only status_request (must-staple) is known');
  return { spki: expectTag(spki, TAG.sequence, 'public key').raw, key, identifiers, commonName: names[0], mustStaple: feature !== undefined };
}

/** Reads a PKCS#10 request and checks its signature and key. Throws Problem badCSR, whatever the bytes are. */
export function readCsr(der: Buffer): Csr {
  try {
    return readUnchecked(der);
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw bad(error instanceof DerError ? `The CSR cannot be read: ${error.message}` : 'The CSR cannot be read: its key or signature is not understood');
  }
}
