import { createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { StoreError } from '../core/errors.js';
import type { Identifier } from '../core/identifier.js';
import { printableLine } from '../system/printable.js';
import { addressBytes } from '../system/addresses.js';
import { canonicalAddress } from './certificate.js';
import { derElement } from './der.js';

const SUBJECT_ALT_NAME = '2.5.29.17';

/** Object identifiers as DER has them, in hexadecimal. */
const OID = {
  subjectAltName: '551d11',
  /** RFC 7633. */
  tlsFeature: '2b06010505070118',
  /** PKCS#9: the extensions that a request asks for (RFC 2985 section 5.4.2). */
  extensionRequest: '2a864886f70d01090e',
  sha256WithRsa: '2a864886f70d01010b',
};
/** ecdsa-with-SHA2 (RFC 5758 section 3.2): the hash as long as the curve. */
const ECDSA: Readonly<Record<string, { oid: string; hash: string }>> = {
  prime256v1: { oid: '2a8648ce3d040302', hash: 'sha256' },
  secp384r1: { oid: '2a8648ce3d040303', hash: 'sha384' },
  secp521r1: { oid: '2a8648ce3d040304', hash: 'sha512' },
};
/** A list of the one feature status_request. */
const STATUS_REQUEST = Buffer.from([0x30, 0x03, 0x02, 0x01, 0x05]);

const sequence = (...parts: Buffer[]): Buffer => derElement(0x30, ...parts);
const oid = (hex: string): Buffer => derElement(0x06, Buffer.from(hex, 'hex'));

/**
 * A certificate signing request (PKCS#10, RFC 2986), DER, signed with the key (any PEM form): no subject, every name and address
 * as a subject alternative name (RFC 8555 section 7.4, RFC 8738 section 3). Written by hand: a library for it takes longer to
 * load than the CA to answer. Throws StoreError for a key that cannot be used.
 */
export function createCsr(keyPem: string, identifiers: readonly Pick<Identifier, 'type' | 'value'>[], { mustStaple }: { mustStaple: boolean }): Buffer {
  const key = privateKey(keyPem);
  const curve = ECDSA[key.asymmetricKeyDetails?.namedCurve ?? ''];
  if (key.asymmetricKeyType !== 'rsa' && !curve) throw new StoreError('The private key is of a kind that certificate requests cannot use: RSA, P-256, P-384 or P-521 are needed.');
  const names = identifiers.map(({ type, value }) => (type === 'ip' ? derElement(0x87, addressBytes(value)) : derElement(0x82, Buffer.from(value))));
  const extensions = sequence(
    sequence(oid(OID.subjectAltName), derElement(0x04, sequence(...names))),
    ...(mustStaple ? [sequence(oid(OID.tlsFeature), derElement(0x04, STATUS_REQUEST))] : []),
  );
  const version = derElement(0x02, Buffer.from([0]));
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const attributes = derElement(0xa0, sequence(oid(OID.extensionRequest), derElement(0x31, extensions)));
  const request = sequence(version, sequence(), publicKey, attributes);
  const algorithm = curve ? sequence(oid(curve.oid)) : sequence(oid(OID.sha256WithRsa), derElement(0x05));
  const signature = sign(curve?.hash ?? 'sha256', request, key);
  return sequence(request, algorithm, derElement(0x03, Buffer.from([0]), signature));
}

function privateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // The cause could quote the key.
    throw new StoreError('The private key cannot be read.', { hint: 'It must be a PEM file without a password.' });
  }
}

export interface CsrFacts {
  /** DNS names, the common name first; lower case. */
  names: string[];
  /** Addresses in canonical text form. */
  ips: string[];
  der: Buffer;
  keyType: 'rsa' | 'ecdsa';
}

/** What a certificate signing request asks for; `bytes` are PEM or DER, `path` is for messages. Throws StoreError. */
export async function readCsr(bytes: Buffer, path: string): Promise<CsrFacts> {
  const refuse = (why: string, cause?: unknown): StoreError =>
    new StoreError(`${printableLine(path)} is not a usable certificate signing request: ${why}.`, {
      hint: 'Give --csr a PKCS#10 request in PEM or DER form, for example one made by `openssl req -new`.',
      cause,
    });
  const der = derOf(bytes);
  if (!der) throw refuse('it holds another kind of PEM block than a certificate request');
  const library = await import('./x509-library.js');
  let names: string[] = [];
  let ips: string[] = [];
  let key: KeyObject;
  try {
    const request = new library.Pkcs10CertificateRequest(der);
    const [common = ''] = request.subjectName.getField('CN');
    const found = request.getExtension(SUBJECT_ALT_NAME);
    const alternative = found ? new library.SubjectAlternativeNameExtension(found.rawData).names.items : [];
    const texts = (type: string): string[] => alternative.filter((name) => name.type === type).map(({ value }) => printableLine(value).toLowerCase());
    const shared = printableLine(common).toLowerCase();
    names = [...new Set([...(shared === '' || isIP(shared) !== 0 ? [] : [shared]), ...texts('dns')])];
    ips = [...new Set([...(isIP(shared) === 0 ? [] : [shared]), ...texts('ip')].map(canonicalAddress))];
    key = createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: 'der', type: 'spki' });
  } catch (cause) {
    throw refuse('it is damaged or something else', cause);
  }
  if (names.length + ips.length === 0) throw refuse('it asks for no name and no address');
  if (key.asymmetricKeyType !== 'rsa' && key.asymmetricKeyType !== 'ec') throw refuse('its key is neither RSA nor ECDSA');
  return { names, ips, der, keyType: key.asymmetricKeyType === 'rsa' ? 'rsa' : 'ecdsa' };
}

/** DER as it is; of PEM the block that is a request; null when there is PEM but no request in it. */
function derOf(bytes: Buffer): Buffer | null {
  const text = bytes.toString('latin1');
  if (!text.includes('-----BEGIN ')) return bytes;
  const block = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([^-]*)-----END (?:NEW )?CERTIFICATE REQUEST-----/.exec(text);
  return block ? Buffer.from(block[1] ?? '', 'base64') : null;
}
