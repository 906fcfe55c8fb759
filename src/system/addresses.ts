import { isIP } from 'node:net';

/** The RFC 5952 form of an IP address, or undefined when `text` is none. Zones (`%eth0`) and brackets are refused. */
export function canonicalAddress(text: string): string | undefined {
  const family = isIP(text);
  if (family === 0 || text.includes('%')) return undefined;
  if (family === 4) return text;
  return new URL(`http://[${text}]/`).hostname.slice(1, -1);
}

/** The 4 or 16 bytes of an IP address. `text` must be one. */
export function addressBytes(text: string): Buffer {
  if (isIP(text) === 4) return Buffer.from(text.split('.').map(Number));
  const [head = '', tail] = (canonicalAddress(text) ?? '::').split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = tail === undefined ? left : [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
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

/** A DNS server by address. */
export interface DnsAddress {
  address: string;
  port: number;
}

/**
 * Reads `ADDRESS`, `ADDRESS:PORT`, `[ADDRESS]:PORT` and an IPv6 address alone (port 53 where none stands). Null = it is none of these.
 */
export function dnsAddress(text: string): DnsAddress | null {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = isIP(text) === 6 ? text : (bracketed ?? plain ?? '');
  const port = isIP(text) === 6 || digits === undefined ? 53 : Number(digits);
  return isIP(address) !== 0 && port > 0 && port < 65_536 ? { address, port } : null;
}
