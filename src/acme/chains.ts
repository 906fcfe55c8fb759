import { readCertificate, splitChain } from '../crypto/certificate.js';

/**
 * --preferred-chain: the first chain whose topmost certificate was issued by this common name, as certbot compares them
 * (exactly); the first of all when there is none. `pems` are whole chains, the CA's default first; at least one.
 * Throws StoreError when a chain cannot be read.
 */
export function choosePreferredChain(pems: readonly string[], commonName: string): string {
  return pems.find((pem) => readCertificate(splitChain(pem).at(-1) ?? '').issuer === commonName) ?? pems[0] ?? '';
}
