import { askDns } from '../system/dns-exchange.js';
import { TYPE_CODES } from '../system/dns-values.js';
import { RCODE } from '../system/dns-wire.js';
import type { RecordType } from '../system/dns-values.js';
import type { DnsMessage } from '../system/dns-wire.js';
import { Problem } from './problem.js';

export interface ResolverSettings {
  address: string;
  port: number;
  /** Milliseconds for each try; 2000 when absent. */
  timeoutMs?: number;
  /** 3 when absent. */
  tries?: number;
}

const MAX_ALIASES = 8;
const RCODE_NAMES = new Map<number, string>(Object.entries(RCODE).map(([name, code]) => [code, name]));

/** Asks a DNS server by real packets (UDP, TCP when cut) and follows aliases. Nothing is cached. */
export class Resolver {
  private readonly timeoutMs: number;
  private readonly tries: number;
  constructor(private readonly settings: ResolverSettings) {
    this.timeoutMs = settings.timeoutMs ?? 2000;
    this.tries = settings.tries ?? 3;
  }

  private async ask(name: string, type: number): Promise<DnsMessage | undefined> {
    for (let attempt = 0; attempt < this.tries; attempt += 1) {
      const message = await askDns(this.settings, name, type, { recursion: true, timeoutMs: this.timeoutMs }).catch(() => undefined);
      if (message) return message;
    }
    return undefined;
  }

  /**
   * The values of a type at a name, aliases followed; empty when there are none (also for NXDOMAIN).
   * Throws Problem dns for SERVFAIL and the like, no answer, or a circle of aliases.
   */
  async values(name: string, type: RecordType): Promise<string[]> {
    const code = TYPE_CODES[type];
    let owner = name.toLowerCase().replace(/\.$/, '');
    for (let hop = 0; hop <= MAX_ALIASES; hop += 1) {
      const message = await this.ask(owner, code);
      if (message === undefined) throw new Problem('dns', `DNS query timed out or got no usable answer: looking up ${type} for ${name}`);
      if (message.rcode === RCODE.NXDOMAIN && message.answers.length === 0) return [];
      if (message.rcode !== RCODE.NOERROR && message.rcode !== RCODE.NXDOMAIN) {
        throw new Problem('dns', `The nameserver answered ${RCODE_NAMES.get(message.rcode) ?? `rcode ${message.rcode}`}: looking up ${type} for ${name}`);
      }
      const asked = owner;
      for (let step = 0; step < MAX_ALIASES; step += 1) {
        const alias = message.answers.find((record) => record.type === TYPE_CODES.CNAME && record.name.toLowerCase() === owner);
        if (alias === undefined) break;
        owner = alias.value.toLowerCase();
      }
      const values = message.answers.filter((record) => record.type === code && record.name.toLowerCase() === owner).map((record) => record.value);
      if (values.length > 0 || owner === asked) return values;
    }
    throw new Problem('dns', `Too many aliases (CNAME): looking up ${type} for ${name}`);
  }

  /** Addresses of a name, IPv6 first (RFC 8555 leaves the order open; CAs try IPv6 first). Throws Problem dns when there are none. */
  async addresses(name: string): Promise<string[]> {
    const [v6, v4] = await Promise.allSettled([this.values(name, 'AAAA'), this.values(name, 'A')]);
    const found = [...(v6.status === 'fulfilled' ? v6.value : []), ...(v4.status === 'fulfilled' ? v4.value : [])];
    if (found.length > 0) return found;
    if (v4.status === 'rejected') throw v4.reason;
    if (v6.status === 'rejected') throw v6.reason;
    throw new Problem('dns', `No valid IP addresses found for ${name}: it has no A and no AAAA record`);
  }
}
