import { certificateParts, elementsOf, readElement } from '../crypto/der.js';

/** OID 2.5.29.35, authority key identifier. */
const AUTHORITY_KEY_ID = '551d23';

/**
 * How renewal information and `replaces` name a certificate (RFC 9773 section 4.1): base64url of the authority's key
 * identifier, a dot, base64url of the serial number as encoded (a leading zero byte stays). Null when the certificate
 * cannot be read or does not name its authority's key.
 */
export function renewalCertId(pem: string): string | null {
  const [, base64 = ''] = /-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/.exec(pem) ?? [];
  const parts = certificateParts(Buffer.from(base64, 'base64'));
  const extension = parts?.extensions.get(AUTHORITY_KEY_ID);
  if (!parts || !extension) return null;
  const keyId = elementsOf(readElement(extension)?.content ?? Buffer.alloc(0)).find(({ tag }) => tag === 0x80)?.content;
  return keyId && keyId.length > 0 ? `${keyId.toString('base64url')}.${parts.serial.toString('base64url')}` : null;
}
