import { generatePrivateKey } from './keys.js';

/** Milliseconds of ten years: nobody renews it, and nobody trusts it. */
const TEN_YEARS = 10 * 365 * 24 * 60 * 60 * 1000;

/** A certificate for nobody with its private key, in one PEM text: what a server shows for names that it has none for. */
export async function createFallbackCertificate(commonName: string): Promise<string> {
  const [library, keyPem] = await Promise.all([import('./x509-library.js'), generatePrivateKey({ type: 'ecdsa', curve: 'secp256r1' })]);
  const { keys, algorithm } = await library.signingKeys(keyPem);
  const now = Date.now();
  const certificate = await library.X509CertificateGenerator.createSelfSigned({ name: `CN=${commonName}`, notBefore: new Date(now), notAfter: new Date(now + TEN_YEARS), keys, signingAlgorithm: algorithm });
  return `${certificate.toString('pem').trimEnd()}\n${keyPem.trimEnd()}\n`;
}
