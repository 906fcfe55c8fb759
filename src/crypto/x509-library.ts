import { createPrivateKey, createPublicKey, webcrypto, type KeyObject } from 'node:crypto';
import { cryptoProvider } from '@peculiar/x509';
import { StoreError } from '../core/errors.js';

// This module loads @peculiar/x509 (some 60 ms): import it only with `await import()`.
export { Extension, Pkcs10CertificateRequest, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';

cryptoProvider.set(webcrypto);

export interface SigningKeys {
  keys: { privateKey: webcrypto.CryptoKey; publicKey: webcrypto.CryptoKey };
  /** For signatures with this key: SHA-2 as long as the curve, SHA-256 for RSA. */
  algorithm: { name: string; hash: string };
}

const CURVES: Readonly<Record<string, { namedCurve: string; hash: string }>> = {
  prime256v1: { namedCurve: 'P-256', hash: 'SHA-256' },
  secp384r1: { namedCurve: 'P-384', hash: 'SHA-384' },
  secp521r1: { namedCurve: 'P-521', hash: 'SHA-512' },
};

/**
 * A private key in any PEM form (PKCS#1, SEC1, PKCS#8) as the library wants it. Throws StoreError when it cannot be read
 * or is neither RSA nor on one of the three NIST curves.
 */
export async function signingKeys(keyPem: string): Promise<SigningKeys> {
  let key: KeyObject;
  try {
    key = createPrivateKey(keyPem);
  } catch {
    // The cause could quote the key.
    throw new StoreError('The private key cannot be read.', { hint: 'It must be a PEM file without a password.' });
  }
  const details = key.asymmetricKeyDetails;
  const curve = CURVES[details?.namedCurve ?? ''];
  if (key.asymmetricKeyType !== 'rsa' && !curve) throw new StoreError('The private key is of a kind that certificate requests cannot use: RSA, P-256, P-384 or P-521 are needed.');
  const hash = curve?.hash ?? 'SHA-256';
  const importing = curve ? { name: 'ECDSA', namedCurve: curve.namedCurve } : { name: 'RSASSA-PKCS1-v1_5', hash };
  const [privateKey, publicKey] = await Promise.all([
    webcrypto.subtle.importKey('pkcs8', key.export({ type: 'pkcs8', format: 'der' }), importing, false, ['sign']),
    webcrypto.subtle.importKey('spki', createPublicKey(key).export({ type: 'spki', format: 'der' }), importing, true, ['verify']),
  ]);
  return { keys: { privateKey, publicKey }, algorithm: { name: importing.name, hash } };
}
