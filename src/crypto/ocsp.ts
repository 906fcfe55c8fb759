import { createHash, X509Certificate, type KeyObject } from 'node:crypto';
import { NetworkError } from '../core/errors.js';
import { certificateParts, derElement, elementsOf, readElement, readTime, type CertificateParts, type DerElement } from './der.js';
import { isSignedBy, readSigned } from './signed-der.js';

/** 1.3.14.3.2.26 with its NULL; every responder knows SHA-1 here (RFC 5019 section 2.1.1), where it names and protects nothing. */
const SHA1 = Buffer.from('300906052b0e03021a0500', 'hex');
/** 1.3.6.1.5.5.7.48.1.1, id-pkix-ocsp-basic. */
const BASIC = '2b0601050507300101';
/** 2.5.29.37 and in it 1.3.6.1.5.5.7.3.9, what a responder that the CA delegated to must have (RFC 6960 section 4.2.2.2). */
const EXTENDED_KEY_USAGE = '551d25';
const OCSP_SIGNING = Buffer.from('06082b06010505070309', 'hex');
/** Milliseconds that clocks may differ, as OpenSSL and certbot allow. */
const TOLERANCE = 300_000;
const REFUSALS: Readonly<Record<number, string>> = { 1: 'malformed request', 2: 'internal error', 3: 'try later', 5: 'signature required', 6: 'unauthorized' };

export interface OcspStatus {
  status: 'good' | 'revoked' | 'unknown';
  /** When, in milliseconds since 1970. */
  revokedAt?: number;
}

/** A request for the status of one certificate (RFC 6960 section 4.1, no nonce), in DER. */
export function ocspRequest(certificate: X509Certificate, issuer: X509Certificate): Buffer {
  const id = certificateId(certificate, issuer);
  return derElement(0x30, derElement(0x30, derElement(0x30, derElement(0x30, derElement(0x30, SHA1, ...id.map(({ tag, content }) => derElement(tag, content)))))));
}

/**
 * What a responder's answer (DER) says of the certificate at the moment `now` (milliseconds). It is believed only when it is about this
 * certificate of this issuer, is signed by the issuer or by a responder that the issuer made for this, and is neither
 * too old nor of the future. Throws NetworkError with the reason otherwise.
 */
export function readOcspResponse(der: Buffer, certificate: X509Certificate, issuer: X509Certificate, now: number): OcspStatus {
  const [code, bytes] = elementsOf(readElement(der)?.content ?? Buffer.alloc(0));
  if (code?.tag !== 0x0a) throw wrong('cannot be read');
  const refusal = code.content[0] ?? 2;
  if (refusal !== 0) throw wrong(`is a refusal: ${REFUSALS[refusal] ?? `status ${refusal}`}`);
  const [type, octets] = elementsOf(readElement(bytes?.content ?? Buffer.alloc(0))?.content ?? Buffer.alloc(0));
  if (type?.content.toString('hex') !== BASIC || octets?.tag !== 0x04) throw wrong('is of an unknown kind');
  const signed = readSigned(octets.content, 'The OCSP response');
  const fields = elementsOf(signed.body.content).filter(({ tag }) => tag !== 0xa0);
  const [responder, , responses] = fields;
  if (!responder || responses?.tag !== 0x30) throw wrong('cannot be read');
  const embedded = signed.more.find(({ tag }) => tag === 0xa0);
  const key = responderKey(responder, embedded ? elementsOf(readElement(embedded.content)?.content ?? Buffer.alloc(0)) : [], issuer, now);
  if (!isSignedBy(signed, key)) throw wrong('has an invalid signature');
  const wanted = certificateId(certificate, issuer);
  for (const { content } of elementsOf(responses.content)) {
    const [id, status, thisUpdate, ...rest] = elementsOf(content);
    if (!id || !status || !thisUpdate || !isAbout(id, wanted)) continue;
    const from = readTime(thisUpdate);
    const next = rest.find(({ tag }) => tag === 0xa0);
    const nextTime = next ? readElement(next.content) : null;
    const until = nextTime ? readTime(nextTime) : null;
    if (from === null || from > now + TOLERANCE) throw wrong('is of the future');
    if (next && (until === null || until < now - TOLERANCE)) throw wrong('is out of date');
    return statusOf(status);
  }
  throw wrong('is not about this certificate');
}

function wrong(how: string): NetworkError {
  return new NetworkError(`The OCSP response ${how}.`);
}

function partsOf(certificate: X509Certificate): CertificateParts {
  const parts = certificateParts(certificate.raw);
  if (!parts) throw new NetworkError('The certificate cannot be taken apart.');
  return parts;
}

/** CertID (RFC 6960 section 4.1.1) after its algorithm: hash of the issuer's name, hash of its key, serial number. */
function certificateId(certificate: X509Certificate, issuer: X509Certificate): readonly { tag: number; content: Buffer }[] {
  const { subject, publicKey } = partsOf(issuer);
  return [
    { tag: 0x04, content: sha1(subject) },
    { tag: 0x04, content: sha1(keyBits(publicKey)) },
    { tag: 0x02, content: partsOf(certificate).serial },
  ];
}

/** The key itself inside a SubjectPublicKeyInfo: its BIT STRING without the count of unused bits. */
function keyBits(publicKey: Buffer): Buffer {
  return elementsOf(readElement(publicKey)?.content ?? Buffer.alloc(0))[1]?.content.subarray(1) ?? Buffer.alloc(0);
}

function sha1(bytes: Buffer): Buffer {
  return createHash('sha1').update(bytes).digest();
}

function isAbout(id: DerElement, wanted: ReturnType<typeof certificateId>): boolean {
  const [algorithm, ...parts] = elementsOf(id.content);
  const oid = algorithm && readElement(algorithm.content)?.whole;
  return oid !== undefined && SHA1.includes(oid) && parts.length === wanted.length && parts.every(({ content }, at) => wanted[at]?.content.equals(content));
}

/** The issuer's own key, or that of a certificate in the answer which the issuer signed for this purpose. */
function responderKey(responder: DerElement, embedded: readonly DerElement[], issuer: X509Certificate, now: number): KeyObject {
  if (isNamed(responder, partsOf(issuer))) return issuer.publicKey;
  for (const { whole } of embedded) {
    const parts = certificateParts(whole);
    if (!parts || !isNamed(responder, parts)) continue;
    const certificate = new X509Certificate(whole);
    if (!parts.issuer.equals(partsOf(issuer).subject) || !certificate.verify(issuer.publicKey)) throw wrong("is signed by a responder that the certificate's issuer did not make");
    if (!parts.extensions.get(EXTENDED_KEY_USAGE)?.includes(OCSP_SIGNING)) throw wrong('is signed by a responder that may not sign OCSP responses');
    if (Date.parse(certificate.validFrom) > now + TOLERANCE || Date.parse(certificate.validTo) < now - TOLERANCE) throw wrong('is signed by a responder whose certificate is not valid now');
    return certificate.publicKey;
  }
  throw wrong('is signed by nobody who is known');
}

/** ResponderID: by name [1] or by the SHA-1 of the key [2]. */
function isNamed({ tag, content }: DerElement, { subject, publicKey }: CertificateParts): boolean {
  if (tag === 0xa1) return content.equals(subject);
  return tag === 0xa2 && (readElement(content)?.content.equals(sha1(keyBits(publicKey))) ?? false);
}

function statusOf({ tag, content }: DerElement): OcspStatus {
  if (tag === 0x80) return { status: 'good' };
  const at = tag === 0xa1 ? readElement(content) : null;
  if (!at) return { status: 'unknown' };
  const revokedAt = readTime(at);
  return { status: 'revoked', ...(revokedAt === null ? {} : { revokedAt }) };
}
