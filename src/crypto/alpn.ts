import { createHash } from 'node:crypto';
import type { Identifier } from '../core/identifier.js';
import { generatePrivateKey } from './keys.js';

/** id-pe-acmeIdentifier */
const ACME_IDENTIFIER = '1.3.6.1.5.5.7.1.31';
const DAY = 24 * 60 * 60 * 1000;

/**
 * The self-signed certificate that answers tls-alpn-01 (RFC 8737 section 3, RFC 8738 section 6 for addresses): one name,
 * and a critical extension with the SHA-256 of the key authorization. Its key is new each time. Both as PEM.
 */
export async function createAlpnCertificate(identifier: Pick<Identifier, 'type' | 'value'>, keyAuthorization: string): Promise<{ keyPem: string; certPem: string }> {
  const [library, keyPem] = await Promise.all([import('./x509-library.js'), generatePrivateKey({ type: 'ecdsa', curve: 'secp256r1' })]);
  const { keys, algorithm } = await library.signingKeys(keyPem);
  const digest = createHash('sha256').update(keyAuthorization).digest();
  const now = Date.now();
  const certificate = await library.X509CertificateGenerator.createSelfSigned({
    name: 'CN=ACME challenge',
    notBefore: new Date(now - DAY),
    notAfter: new Date(now + 7 * DAY),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new library.SubjectAlternativeNameExtension([{ type: identifier.type, value: identifier.value }]),
      // An OCTET STRING of 32 bytes.
      new library.Extension(ACME_IDENTIFIER, true, Buffer.concat([Buffer.from([0x04, 0x20]), digest])),
    ],
  });
  return { keyPem, certPem: `${certificate.toString('pem')}\n` };
}
