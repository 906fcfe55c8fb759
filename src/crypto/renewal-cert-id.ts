import { authorityKeyId, type CertificateParts } from './der.js';

/**
 * How renewal information and `replaces` name a certificate (RFC 9773 section 4.1): base64url of the authority's key
 * identifier, a dot, base64url of the serial number as encoded (a leading zero byte stays). Null when the certificate
 * does not name its authority's key.
 */
export function renewalCertId(certificate: CertificateParts): string | null {
  const keyId = authorityKeyId(certificate);
  return keyId && keyId.length > 0 ? `${keyId.toString('base64url')}.${certificate.serial.toString('base64url')}` : null;
}
