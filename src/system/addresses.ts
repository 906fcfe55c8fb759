import { isIP } from 'node:net';
import { addressBytes } from '../crypto/addresses.js';

/** The RFC 5952 form of an IP address, or undefined when `text` is none. Zones (`%eth0`) and brackets are refused. */
export function canonicalAddress(text: string): string | undefined {
  const family = isIP(text);
  if (family === 0 || text.includes('%')) return undefined;
  if (family === 4) return text;
  return new URL(`http://[${text}]/`).hostname.slice(1, -1);
}

/** The address of 4 or 16 bytes in its RFC 5952 form. */
export function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = bytes.toString('hex').match(/.{4}/g) ?? [];
  return canonicalAddress(groups.join(':')) ?? groups.join(':');
}

/** The reverse name of an address without a final dot: the SNI of tls-alpn-01 for IP identifiers (RFC 8738 section 6). */
export function reverseName(address: string): string {
  const bytes = addressBytes(address);
  if (bytes.length === 4) return `${[...bytes].reverse().join('.')}.in-addr.arpa`;
  return `${[...bytes.toString('hex')].reverse().join('.')}.ip6.arpa`;
}
