import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { StoreError } from '../core/errors.js';
import { printableLine } from '../system/printable.js';
import { certificateParts } from './der.js';
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
  keyType: 'rsa' | 'ecdsa';
  curve?: CurveName;
  /** Bits. */
  rsaKeySize?: number;
  /** It asks servers to staple (RFC 7633). */
  mustStaple?: boolean;
  /** Where its revocation can be learnt. */
  revocation: RevocationSources;
}

const CURVES: Readonly<Record<string, CurveName>> = { prime256v1: 'secp256r1', secp384r1: 'secp384r1', secp521r1: 'secp521r1' };
/** 1.3.6.1.5.5.7.1.24, and the feature 5 (status_request) in it. */
const TLS_FEATURE = '2b06010505070118';
const STATUS_REQUEST = Buffer.from([0x02, 0x01, 0x05]);

/** What the first certificate in `pem` (PEM text or DER bytes) says. Throws StoreError when there is none. */
export function readCertificate(pem: string | Buffer): CertificateFacts {
  const certificate = parse(pem);
  const { names, ips } = alternativeNames(certificate.subjectAltName ?? '');
  const subject = nameOf(certificate.subject, ['CN']);
  const common = subject.toLowerCase();
  if (common !== '' && isIP(common) === 0) {
    const at = names.indexOf(common);
    if (at >= 0) names.splice(at, 1);
    names.unshift(common);
  }
  if (ips.length === 0 && names.length === 0 && isIP(common) !== 0) ips.push(canonicalAddress(common));
  const parts = certificateParts(certificate.raw);
  return {
    names,
    ips,
    notBefore: new Date(certificate.validFrom),
    notAfter: new Date(certificate.validTo),
    issuer: nameOf(certificate.issuer, ['CN', 'O']),
    ...(subject === '' ? {} : { subject }),
    serial: certificate.serialNumber.toLowerCase(),
    ...keyFacts(certificate.publicKey),
    ...(parts?.extensions.get(TLS_FEATURE)?.includes(STATUS_REQUEST) ? { mustStaple: true } : {}),
    revocation: parts ? revocationSources(parts) : { crls: [] },
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
    const text = parse(block).toString();
    return text.endsWith('\n') ? text : `${text}\n`;
  });
}

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

function parse(pem: string | Buffer): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new StoreError('The certificate cannot be read: it is damaged, or not a certificate.', { cause });
  }
}

/** Node's text form of the extension: `DNS:a.example, IP Address:::1`; values with odd characters are JSON strings. */
function alternativeNames(text: string): { names: string[]; ips: string[] } {
  const names: string[] = [];
  const ips: string[] = [];
  for (const [, kind, quoted, plain = ''] of text.matchAll(/(?:^|, )([A-Za-z ]+):(?:("(?:[^"\\]|\\.)*")|([^,]*))/g)) {
    const value = printableLine(quoted === undefined ? plain : String(JSON.parse(quoted)));
    if (kind === 'DNS') names.push(value.toLowerCase());
    else if (kind === 'IP Address' && isIP(value) !== 0) ips.push(canonicalAddress(value));
  }
  return { names: [...new Set(names)], ips: [...new Set(ips)] };
}

/** One attribute of a distinguished name in Node's form: `O=Some\, Inc\nCN=R3`, escaped as RFC 2253 says. */
function nameOf(text: string, wanted: readonly string[]): string {
  for (const attribute of wanted) {
    const line = text?.split('\n').find((each) => each.startsWith(`${attribute}=`));
    if (line === undefined) continue;
    const raw = line.slice(attribute.length + 1).replace(/\\([0-9A-Fa-f]{2}|.)/g, (_, code: string) => (code.length === 2 ? String.fromCharCode(Number.parseInt(code, 16)) : code));
    return printableLine(raw);
  }
  return '';
}

function keyFacts(key: KeyObject): Pick<CertificateFacts, 'keyType' | 'curve' | 'rsaKeySize'> {
  const details = key.asymmetricKeyDetails;
  if (key.asymmetricKeyType === 'rsa') return { keyType: 'rsa', ...(details?.modulusLength === undefined ? {} : { rsaKeySize: details.modulusLength }) };
  if (key.asymmetricKeyType === 'ec') {
    const curve = CURVES[details?.namedCurve ?? ''];
    return { keyType: 'ecdsa', ...(curve === undefined ? {} : { curve }) };
  }
  throw new StoreError(`The certificate holds a key of the kind ${key.asymmetricKeyType ?? 'unknown'}; only RSA and ECDSA are supported.`);
}
