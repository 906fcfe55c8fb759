import { CertwrightError } from '../core/errors.js';
import { RCODE } from '../system/dns-wire.js';
import type { DnsZone } from './dns-zone.js';
import { isLoose, optionalString, optionalStrings } from './payload.js';
import type { Loose } from './payload.js';
import { Problem } from './problem.js';

function text(body: Loose, member: string): string {
  const value = optionalString(body, member);
  if (value === undefined) throw new Problem('malformed', `"${member}" is missing`);
  return value;
}

function addAddresses(zone: DnsZone, body: Loose, type: 'A' | 'AAAA'): void {
  for (const address of optionalStrings(body, 'addresses') ?? [text(body, 'address')]) zone.add(text(body, 'host'), type, address);
}

function addCaa(zone: DnsZone, body: Loose): void {
  const { policies } = body;
  if (!Array.isArray(policies)) throw new Problem('malformed', '"policies" is not a list');
  for (const policy of policies) {
    if (!isLoose(policy)) throw new Problem('malformed', 'A policy is not an object with "tag" and "value"');
    zone.add(text(body, 'host'), 'CAA', `${Number(policy.flags ?? 0)} ${text(policy, 'tag')} "${text(policy, 'value')}"`);
  }
}

function setDefault(zone: DnsZone, body: Loose, family: 'ipv4' | 'ipv6'): void {
  const address = text(body, 'ip') || undefined;
  const { ipv4, ipv6 } = zone.defaultAddresses;
  zone.setDefaults(family === 'ipv4' ? address : ipv4, family === 'ipv6' ? address : ipv6);
}

/** What can be done to the zone by POST; the paths and bodies are those of pebble-challtestsrv, the last two those of lego's httpreq. */
const ACTIONS = new Map<string, (zone: DnsZone, body: Loose) => void>([
  ['/set-default-ipv4', (zone, body) => setDefault(zone, body, 'ipv4')],
  ['/set-default-ipv6', (zone, body) => setDefault(zone, body, 'ipv6')],
  ['/add-a', (zone, body) => addAddresses(zone, body, 'A')],
  ['/clear-a', (zone, body) => zone.remove(text(body, 'host'), 'A')],
  ['/add-aaaa', (zone, body) => addAddresses(zone, body, 'AAAA')],
  ['/clear-aaaa', (zone, body) => zone.remove(text(body, 'host'), 'AAAA')],
  ['/add-caa', addCaa],
  ['/clear-caa', (zone, body) => zone.remove(text(body, 'host'), 'CAA')],
  ['/set-cname', (zone, body) => zone.add(text(body, 'host'), 'CNAME', text(body, 'target').replace(/\.$/, ''))],
  ['/clear-cname', (zone, body) => zone.remove(text(body, 'host'), 'CNAME')],
  ['/set-servfail', (zone, body) => zone.fail(text(body, 'host'), RCODE.SERVFAIL)],
  ['/clear-servfail', (zone, body) => zone.fail(text(body, 'host'), undefined)],
  ['/set-txt', (zone, body) => zone.add(text(body, 'host'), 'TXT', text(body, 'value'))],
  ['/clear-txt', (zone, body) => zone.remove(text(body, 'host'), 'TXT', optionalString(body, 'value'))],
  ['/present', (zone, body) => zone.add(text(body, 'fqdn'), 'TXT', text(body, 'value'))],
  ['/cleanup', (zone, body) => zone.remove(text(body, 'fqdn'), 'TXT', optionalString(body, 'value'))],
]);

/** True when a path changes DNS records. */
export function isManagementPath(path: string): boolean {
  return ACTIONS.has(path);
}

/** Carries a change of DNS records out. Throws Problem malformed for what the zone cannot hold. */
export function manage(zone: DnsZone, path: string, body: Loose): void {
  try {
    ACTIONS.get(path)?.(zone, body);
  } catch (error) {
    if (error instanceof CertwrightError) throw new Problem('malformed', error.message);
    throw error;
  }
}
