import { createPublicKey, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { StoreError } from '../core/errors.js';
import type { Identifier } from '../core/identifier.js';
import { printableLine } from '../system/printable.js';
import { canonicalAddress } from './certificate.js';

/** 1.3.6.1.5.5.7.1.24 with the one feature status_request (RFC 7633). */
const TLS_FEATURE = '1.3.6.1.5.5.7.1.24';
const STATUS_REQUEST = new Uint8Array([0x30, 0x03, 0x02, 0x01, 0x05]);
const SUBJECT_ALT_NAME = '2.5.29.17';

/**
 * A certificate signing request, DER, signed with the key (any PEM form): no subject, every name and address as a subject
 * alternative name (RFC 8555 section 7.4, RFC 8738 section 3). Throws StoreError for a key that cannot be used.
 */
export async function createCsr(keyPem: string, identifiers: readonly Pick<Identifier, 'type' | 'value'>[], { mustStaple }: { mustStaple: boolean }): Promise<Buffer> {
  const library = await import('./x509-library.js');
  const { keys, algorithm } = await library.signingKeys(keyPem);
  const request = await library.Pkcs10CertificateRequestGenerator.create({
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new library.SubjectAlternativeNameExtension(identifiers.map(({ type, value }) => ({ type, value }))),
      ...(mustStaple ? [new library.Extension(TLS_FEATURE, false, STATUS_REQUEST)] : []),
    ],
  });
  return Buffer.from(request.rawData);
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
