import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { StoreError } from '../core/errors.js';
import { printableLine } from '../system/printable.js';
import { certificateParts, elementsOf, readElement, readTime, type DerElement } from './der.js';
import { renewalCertId } from './renewal-cert-id.js';
import { revocationSources, type RevocationSources } from './revocation-sources.js';

export type CurveName = 'secp256r1' | 'secp384r1' | 'secp521r1';

export interface CertificateFacts {
  /** DNS names, the common name first as certbot lists them; lower case. */
  names: string[];
  /** Addresses in canonical text form. */
  ips: string[];
  notBefore: Date;
  notAfter: Date;
  /** Common name of the issuer, else its organisation, else empty. */
  issuer: string;
  subject?: string;
  /** Lower-case hexadecimal, no separators. */
  serial: string;
  /** How renewal information names it (RFC 9773 section 4.1), when it names its authority's key. */
  certId?: string;
  keyType: 'rsa' | 'ecdsa';
  curve?: CurveName;
  /** Bits. */
  rsaKeySize?: number;
  /** It asks servers to staple (RFC 7633). */
  mustStaple?: boolean;
  /** Where its revocation can be learnt. */
  revocation: RevocationSources;
}

/** Object identifiers as hex of their content (RFC 5280, RFC 3279, RFC 5480). */
const COMMON_NAME = '550403';
const ORGANIZATION = '55040a';
const ALTERNATIVE_NAMES = '551d11';
const RSA = '2a864886f70d010101';
const ELLIPTIC = '2a8648ce3d0201';
const CURVES: Readonly<Record<string, CurveName>> = { '2a8648ce3d030107': 'secp256r1', '2b81040022': 'secp384r1', '2b81040023': 'secp521r1' };
/** 1.3.6.1.5.5.7.1.24, and the feature 5 (status_request) in it. */
const TLS_FEATURE = '2b06010505070118';
const STATUS_REQUEST = Buffer.from([0x02, 0x01, 0x05]);

/**
 * What the first certificate in `pem` (PEM text or DER bytes) says. Throws StoreError when there is none. Read from its bytes, for
 * `renew` looks into thousands, and node:crypto takes several times as long, most of it for the public key.
 */
export function readCertificate(pem: string | Buffer): CertificateFacts {
  const parts = certificateParts(derOf(pem));
  const [notBefore, notAfter] = [parts && readTime(parts.notBefore), parts && readTime(parts.notAfter)];
  if (!parts || notBefore === null || notAfter === null) throw new StoreError(DAMAGED);
  const { names, ips } = alternativeNames(parts.extensions.get(ALTERNATIVE_NAMES));
  const subject = attributes(parts.subject).get(COMMON_NAME) ?? '';
  const issuer = attributes(parts.issuer);
  const certId = renewalCertId(parts);
  const common = subject.toLowerCase();
  if (common !== '' && isIP(common) === 0) {
    const at = names.indexOf(common);
    if (at >= 0) names.splice(at, 1);
    names.unshift(common);
  }
  if (ips.length === 0 && names.length === 0 && isIP(common) !== 0) ips.push(canonicalAddress(common));
  return {
    names,
    ips,
    notBefore: new Date(notBefore),
    notAfter: new Date(notAfter),
    issuer: issuer.get(COMMON_NAME) ?? issuer.get(ORGANIZATION) ?? '',
    ...(subject === '' ? {} : { subject }),
    // Positive (RFC 5280 section 4.1.2.2): a first byte of zero only keeps it so.
    serial: parts.serial.toString('hex').replace(/^00(?=.)/, ''),
    ...(certId === null ? {} : { certId }),
    ...keyFacts(parts.publicKey),
    ...(parts.extensions.get(TLS_FEATURE)?.includes(STATUS_REQUEST) ? { mustStaple: true } : {}),
    revocation: revocationSources(parts),
  };
}

/**
 * The certificates of a PEM text in their order, each normalised and ended by a line feed. Everything that is not a
 * certificate block is dropped. Throws StoreError when a block is damaged or there is none.
 */
export function splitChain(pem: string): string[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new StoreError('There is no certificate in what should be a chain of certificates.');
  return blocks.map((block) => {
    const known = canonical.get(block);
    if (known !== undefined) return known;
    const text = parse(block).toString();
    const whole = text.endsWith('\n') ? text : `${text}\n`;
    if (canonical.size >= MOST_CANONICAL) canonical.clear();
    canonical.set(block, whole).set(whole.trimEnd(), whole);
    return whole;
  });
}

/** Blocks that were read, by what they looked like: the certificates above the leaf are the same for all of a run, and each chain is split twice. */
const canonical = new Map<string, string>();
const MOST_CANONICAL = 200;

/** Whether the private key belongs to the certificate. Throws StoreError when one of them cannot be read. */
export function keyMatches(certPem: string | Buffer, keyPem: string): boolean {
  const certificate = parse(certPem);
  let key: KeyObject;
  try {
    key = createPrivateKey(keyPem);
  } catch {
    // The cause could quote the key.
    throw new StoreError('The private key cannot be read.', { hint: 'It must be a PEM file without a password.' });
  }
  return certificate.checkPrivateKey(key);
}

/** Addresses compare by text: IPv6 in the form of RFC 5952, IPv4 as it is. */
export function canonicalAddress(address: string): string {
  return isIP(address) === 6 ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : address;
}

const DAMAGED = 'The certificate cannot be read: it is damaged, or not a certificate.';

function parse(pem: string | Buffer): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new StoreError(DAMAGED, { cause });
  }
}

/** The bytes of the first certificate in PEM text, or DER as it is; empty when there is none. */
export function derOf(pem: string | Buffer): Buffer {
  if (typeof pem !== 'string' && pem[0] === 0x30) return pem;
  const [, base64 = ''] = /-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/.exec(String(pem)) ?? [];
  return Buffer.from(base64, 'base64');
}

/** DNS names and addresses of the extension (RFC 5280 section 4.2.1.6), each once. */
function alternativeNames(extension: Buffer | undefined): { names: string[]; ips: string[] } {
  const names = new Set<string>();
  const ips = new Set<string>();
  for (const { tag, content } of elementsOf(readElement(extension ?? Buffer.alloc(0))?.content ?? Buffer.alloc(0))) {
    if (tag === 0x82) names.add(printableLine(content.toString('latin1')).toLowerCase());
    else if (tag === 0x87 && content.length === 4) ips.add(content.join('.'));
    else if (tag === 0x87 && content.length === 16) ips.add(canonicalAddress((content.toString('hex').match(/.{4}/g) ?? []).join(':')));
  }
  return { names: [...names], ips: [...ips] };
}

/** The values of a distinguished name by hex of their OID, the first of each kind, fit for a terminal. */
function attributes(name: Buffer): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const relative of elementsOf(readElement(name)?.content ?? Buffer.alloc(0))) {
    for (const { content } of elementsOf(relative.content)) {
      const [type, value] = elementsOf(content);
      const kind = type?.content.toString('hex');
      if (kind !== undefined && value && !found.has(kind)) found.set(kind, printableLine(directoryString(value)));
    }
  }
  return found;
}

/** A string of a name (RFC 5280 section 4.1.2.4): UTF8String, BMPString, or one of one byte for each character. */
function directoryString({ tag, content }: DerElement): string {
  if (tag === 0x0c) return content.toString('utf8');
  return tag === 0x1e && content.length % 2 === 0 ? Buffer.from(content).swap16().toString('utf16le') : content.toString('latin1');
}

/** Kind and size out of a SubjectPublicKeyInfo (RFC 3279 section 2.3.1, RFC 5480 section 2.1). */
function keyFacts(info: Buffer): Pick<CertificateFacts, 'keyType' | 'curve' | 'rsaKeySize'> {
  const [algorithm, bits] = elementsOf(readElement(info)?.content ?? Buffer.alloc(0));
  const [kind, parameters] = elementsOf(algorithm?.content ?? Buffer.alloc(0)).map(({ content }) => content.toString('hex'));
  if (kind === RSA) {
    // The first byte of a BIT STRING counts its unused bits.
    const [modulus] = elementsOf(readElement(bits?.content.subarray(1) ?? Buffer.alloc(0))?.content ?? Buffer.alloc(0));
    const first = modulus?.content.findIndex((byte) => byte !== 0) ?? -1;
    return { keyType: 'rsa', ...(modulus && first >= 0 ? { rsaKeySize: (modulus.content.length - first) * 8 - (Math.clz32(modulus.content[first] ?? 0) - 24) } : {}) };
  }
  if (kind === ELLIPTIC) {
    const curve = CURVES[parameters ?? ''];
    return { keyType: 'ecdsa', ...(curve === undefined ? {} : { curve }) };
  }
  throw new StoreError('The certificate holds a key that is neither RSA nor ECDSA; only these are supported.');
}
