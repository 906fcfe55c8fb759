import { isIP } from 'node:net';
import type { DnsAddress } from '../../system/addresses.js';
import type { Lookup } from '../../system/resolver.js';

/** One address of a nameserver that the CA may ask. */
export interface NameServer extends DnsAddress {
  /** `ns1.example.com`; the address where it has no name. */
  host: string;
}

/**
 * All addresses of all nameservers of the zone that holds the name: the first name upwards that has NS records. Empty when nobody
 * says which these are. Never throws.
 */
export async function authoritiesOf(name: string, lookup: Lookup, port = 53): Promise<readonly NameServer[]> {
  const labels = name.split('.');
  for (let start = 0; start < labels.length - 1; start += 1) {
    const hosts = await lookup.nameservers(labels.slice(start).join('.')).catch(() => []);
    if (hosts.length === 0) continue;
    const found = await Promise.all(
      [...new Set(hosts)].sort().map(async (host) => (isIP(host) === 0 ? await lookup.addresses(host).catch(() => []) : [host]).map((address): NameServer => ({ host, address, port }))),
    );
    return found.flat();
  }
  return [];
}
