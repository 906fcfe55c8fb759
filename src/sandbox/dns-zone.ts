import { isIPv4, isIPv6 } from 'node:net';
import { UsageError } from '../core/errors.js';
import { encodeName } from '../system/dns-names.js';
import { TYPE_CODES, encodeValue, typeCode } from '../system/dns-values.js';
import { RCODE } from '../system/dns-wire.js';
import type { ZoneAnswer } from '../system/dns-server.js';
import type { DnsRecord } from '../system/dns-wire.js';

const TTL = 1;
const MAX_ALIASES = 10;

function tidy(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** The name and those above it, without the root: a.b.c, b.c, c. An escaped dot is part of its label. */
function upwards(name: string): string[] {
  const labels = name.match(/(?:\\.|[^.\\])+/gs) ?? [];
  return labels.map((_, index) => labels.slice(index).join('.'));
}

/**
 * The records that the sandbox's DNS server is asked for. Every name exists: one without records of its own has the
 * default addresses. Each name of two labels (or one, when that is all) is a zone with SOA and NS.
 */
export class DnsZone {
  /** name -> type -> values; `*.` names match one or more labels, as wildcards do. */
  private readonly records = new Map<string, Map<number, string[]>>();
  private readonly failures = new Map<string, number>();
  private serial = 1;
  private defaults: { ipv4?: string; ipv6?: string };

  constructor(defaultIpv4: string | undefined = '127.0.0.1', defaultIpv6?: string) {
    this.defaults = { ipv4: defaultIpv4, ipv6: defaultIpv6 };
  }

  /** The addresses of names that have none of their own; undefined takes the family away. Throws UsageError. */
  setDefaults(ipv4: string | undefined, ipv6: string | undefined): void {
    if (ipv4 !== undefined && !isIPv4(ipv4)) throw new UsageError(`Sandbox DNS: "${ipv4}" is not an IPv4 address.`);
    if (ipv6 !== undefined && !isIPv6(ipv6)) throw new UsageError(`Sandbox DNS: "${ipv6}" is not an IPv6 address.`);
    this.defaults = { ipv4, ipv6 };
  }

  get defaultAddresses(): { ipv4?: string; ipv6?: string } {
    return { ...this.defaults };
  }

  private codeOf(type: string): number {
    const code = typeCode(type);
    if (code === undefined) throw new UsageError(`Sandbox DNS: unknown record type "${type}".`);
    return code;
  }

  /** Adds a value to a name and type (values are a set). Throws UsageError when name or value cannot be in the DNS. */
  add(name: string, type: string, value: string): void {
    const code = this.codeOf(type);
    try {
      encodeName(name);
      encodeValue(code, value);
    } catch (cause) {
      throw new UsageError(`Sandbox DNS: cannot hold ${type} ${JSON.stringify(value)} at ${JSON.stringify(name)}.`, { cause });
    }
    const types = this.records.get(tidy(name)) ?? new Map<number, string[]>();
    const values = types.get(code) ?? [];
    if (!values.includes(value)) values.push(value);
    types.set(code, values);
    this.records.set(tidy(name), types);
    this.serial += 1;
  }

  /** Removes one value, or all of a type when `value` is absent. Nothing happens when it is not there. */
  remove(name: string, type: string, value?: string): void {
    const code = this.codeOf(type);
    const types = this.records.get(tidy(name));
    const left = value === undefined ? [] : (types?.get(code) ?? []).filter((each) => each !== value);
    if (left.length > 0) types?.set(code, left);
    else types?.delete(code);
    if (types?.size === 0) this.records.delete(tidy(name));
    this.serial += 1;
  }

  /** Makes every question for `name` fail with an rcode; undefined heals it. */
  fail(name: string, rcode: number | undefined): void {
    if (rcode === undefined) this.failures.delete(tidy(name));
    else this.failures.set(tidy(name), rcode);
  }

  private find(name: string): Map<number, string[]> | undefined {
    const own = this.records.get(name);
    if (own) return own;
    for (const above of upwards(name).slice(1)) {
      const wild = this.records.get(`*.${above}`);
      if (wild) return wild;
    }
    return undefined;
  }

  private zoneOf(name: string): string {
    const names = upwards(name);
    return names.find((each) => this.records.get(each)?.has(TYPE_CODES.SOA)) ?? names.at(-2) ?? name;
  }

  private soa(zone: string): DnsRecord {
    const own = this.records.get(zone)?.get(TYPE_CODES.SOA)?.[0];
    const value = own ?? `${zone === '' ? 'ns1' : `ns1.${zone}`} ${zone === '' ? 'hostmaster' : `hostmaster.${zone}`} ${this.serial} 60 60 3600 1`;
    return { name: zone, type: TYPE_CODES.SOA, ttl: TTL, value };
  }

  private values(name: string, type: number): string[] {
    const own = this.find(name);
    const values = own?.get(type);
    if (values) return values;
    const hasAddress = own?.has(TYPE_CODES.A) || own?.has(TYPE_CODES.AAAA);
    if (type === TYPE_CODES.A && !hasAddress && this.defaults.ipv4 !== undefined) return [this.defaults.ipv4];
    if (type === TYPE_CODES.AAAA && !hasAddress && this.defaults.ipv6 !== undefined) return [this.defaults.ipv6];
    const zone = this.zoneOf(name);
    if (type === TYPE_CODES.SOA && zone === name) return [this.soa(zone).value];
    if (type === TYPE_CODES.NS && zone === name) return [zone === '' ? 'ns1' : `ns1.${zone}`];
    return [];
  }

  /** Answers a question, following CNAMEs inside the zone; SERVFAIL when they never end. `type` 255 asks for everything. */
  answer(question: string, type: number): ZoneAnswer {
    const answers: DnsRecord[] = [];
    let name = tidy(question);
    let owner = question;
    for (let hop = 0; ; hop += 1) {
      if (hop > MAX_ALIASES) return { rcode: RCODE.SERVFAIL, answers: [], authorities: [] };
      const failure = this.failures.get(name);
      if (failure !== undefined) return { rcode: failure, answers: [], authorities: [] };
      const alias = type === TYPE_CODES.CNAME ? undefined : this.find(name)?.get(TYPE_CODES.CNAME)?.[0];
      if (alias === undefined || type === 255) break;
      answers.push({ name: owner, type: TYPE_CODES.CNAME, ttl: TTL, value: alias });
      name = tidy(alias);
      owner = name;
    }
    const types = type === 255 ? Object.values(TYPE_CODES) : [type];
    for (const each of types) for (const value of this.values(name, each)) answers.push({ name: owner, type: each, ttl: TTL, value });
    const empty = !answers.some((record) => types.includes(record.type as (typeof TYPE_CODES)[keyof typeof TYPE_CODES]));
    return { rcode: RCODE.NOERROR, answers, authorities: empty ? [this.soa(this.zoneOf(name))] : [] };
  }
}
