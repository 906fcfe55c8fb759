import type { X509Certificate } from 'node:crypto';
import { NetworkError } from '../core/errors.js';
import { certificateParts, derElement, elementsOf, readElement, readExtensions, readTime, type DerElement } from './der.js';
import { fullNames } from './revocation-sources.js';
import { isSignedBy, readSigned } from './signed-der.js';

/** Milliseconds that clocks may differ. */
const TOLERANCE = 300_000;
/** 2.5.29.28 says which certificates a list is about; 2.5.29.20 and .35 (number, authority key) change nothing for us. */
const ISSUING_POINT = '551d1c';
const HARMLESS = new Set(['551d14', '551d23', ISSUING_POINT]);

/** A list of revoked certificates that was checked and can be asked. */
export interface Crl {
  /** Milliseconds since 1970 when a new one is there at the latest; null when it does not say. */
  nextUpdate: number | null;
  /** Is the certificate with this serial number (bytes as encoded) in it? */
  find(serial: Buffer): { revokedAt?: number } | null;
}

/**
 * Reads a CRL (RFC 5280 section 5; DER, or PEM as some servers send it) that was fetched from `url`. It is believed only when
 * the issuer itself signed it, it is in force at `now` (milliseconds), and it is a complete list for certificates like ours. Throws
 * NetworkError with the reason otherwise. Entries are searched, not read: a list of megabytes costs one look.
 */
export function readCrl(bytes: Buffer, { issuer, url, now }: { issuer: X509Certificate; url: string; now: number }): Crl {
  const signed = readSigned(unarmoured(bytes), 'The CRL');
  const fields = elementsOf(signed.body.content);
  if (fields[0]?.tag === 0x02) fields.shift();
  const [, name, thisUpdate, ...rest] = fields;
  const subject = certificateParts(issuer.raw)?.subject;
  if (!name || !thisUpdate || !subject) throw wrong('cannot be read');
  if (!name.whole.equals(subject)) throw wrong("is not one of the certificate's issuer");
  if (!isSignedBy(signed, issuer.publicKey)) throw wrong('has an invalid signature');
  const from = readTime(thisUpdate);
  if (from === null || from > now + TOLERANCE) throw wrong('is of the future');
  const nextUpdate = rest[0] ? readTime(rest[0]) : null;
  if (nextUpdate !== null) rest.shift();
  if (nextUpdate !== null && nextUpdate < now - TOLERANCE) throw wrong('is out of date');
  const wrapped = rest.find(({ tag }) => tag === 0xa0);
  const extensions = readExtensions(wrapped && readElement(wrapped.content));
  for (const [oid, { critical }] of extensions) if (critical && !HARMLESS.has(oid)) throw wrong('is of a kind that is not understood');
  const point = extensions.get(ISSUING_POINT);
  if (point && !isForUs(point.value, url)) throw wrong('is about other certificates');
  const entries = rest.find(({ tag }) => tag === 0x30)?.content ?? Buffer.alloc(0);
  return { nextUpdate, find: (serial) => findEntry(entries, serial) };
}

function wrong(how: string): NetworkError {
  return new NetworkError(`The CRL ${how}.`);
}

function unarmoured(bytes: Buffer): Buffer {
  const block = bytes[0] === 0x2d ? /-----BEGIN X509 CRL-----([^-]+)-----END/.exec(bytes.toString('latin1'))?.[1] : undefined;
  return block === undefined ? bytes : Buffer.from(block, 'base64');
}

/** IssuingDistributionPoint (RFC 5280 section 5.2.5): one part of a split list must be the part that the certificate names. */
function isForUs(value: Buffer, url: string): boolean {
  const parts = elementsOf(readElement(value)?.content ?? Buffer.alloc(0));
  const set = (tag: number): boolean => parts.some((part) => part.tag === tag && part.content[0] === 0xff);
  // Only CA certificates, an indirect list, attribute certificates only; some reasons only.
  if (set(0x82) || set(0x84) || set(0x85) || parts.some(({ tag }) => tag === 0x83)) return false;
  const point = parts.find(({ tag }) => tag === 0xa0);
  return point === undefined || fullNames(point).includes(url);
}

function findEntry(entries: Buffer, serial: Buffer): { revokedAt?: number } | null {
  const wanted = derElement(0x02, serial);
  // Nearly always the answer, without looking at any entry.
  if (!entries.includes(wanted)) return null;
  for (let entry: DerElement | null = readElement(entries); entry; entry = readElement(entry.rest)) {
    const [number, at] = elementsOf(entry.content);
    if (!number?.whole.equals(wanted)) continue;
    const revokedAt = at ? readTime(at) : null;
    return revokedAt === null ? {} : { revokedAt };
  }
  return null;
}
