import { derOf } from '../crypto/certificate.js';
import { authorityKeyId, certificateParts } from '../crypto/der.js';

/**
 * How renewal information and `replaces` name a certificate (RFC 9773 section 4.1): base64url of the authority's key
 * identifier, a dot, base64url of the serial number as encoded (a leading zero byte stays). Null when the certificate
 * cannot be read or does not name its authority's key.
 */
export function renewalCertId(pem: string): string | null {
  const parts = certificateParts(derOf(pem));
  const keyId = parts && authorityKeyId(parts);
  return keyId && keyId.length > 0 ? `${keyId.toString('base64url')}.${parts.serial.toString('base64url')}` : null;
}
