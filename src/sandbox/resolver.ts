import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { randomInt } from 'node:crypto';
import { TYPE_CODES } from '../system/dns-values.js';
import { RCODE, decodeMessage, encodeMessage } from '../system/dns-wire.js';
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

function sameQuestion(message: DnsMessage, id: number, name: string, type: number): boolean {
  const question = message.questions[0];
  return message.response && message.id === id && question?.type === type && question.name.toLowerCase() === name.toLowerCase();
}

function queryBytes(id: number, name: string, type: number): Buffer {
  return encodeMessage({
    id, response: false, opcode: 0, authoritative: false, truncated: false, recursionDesired: true, recursionAvailable: false, rcode: 0,
    questions: [{ name, type, class: 1 }], answers: [], authorities: [], additionals: [], edns: { size: 1232, version: 0 },
  });
}

/** Asks a DNS server by real packets (UDP, TCP when cut) and follows aliases. Nothing is cached. */
export class Resolver {
  private readonly timeoutMs: number;
  private readonly tries: number;
  constructor(private readonly settings: ResolverSettings) {
    this.timeoutMs = settings.timeoutMs ?? 2000;
    this.tries = settings.tries ?? 3;
  }

  private overUdp(name: string, type: number): Promise<DnsMessage | undefined> {
    return new Promise((resolve) => {
      const id = randomInt(65_536);
      const socket = createSocket(this.settings.address.includes(':') ? 'udp6' : 'udp4');
      const finish = (message?: DnsMessage): void => {
        clearTimeout(timer);
        socket.removeAllListeners();
        socket.on('error', () => {});
        socket.close();
        resolve(message);
      };
      const timer = setTimeout(() => finish(), this.timeoutMs);
      socket.on('error', () => finish());
      socket.on('message', (packet) => {
        const message = tryDecode(packet);
        if (message && sameQuestion(message, id, name, type)) finish(message);
      });
      socket.connect(this.settings.port, this.settings.address, () => socket.send(queryBytes(id, name, type)));
    });
  }

  private overTcp(name: string, type: number): Promise<DnsMessage | undefined> {
    return new Promise((resolve) => {
      const id = randomInt(65_536);
      let received = Buffer.alloc(0);
      const socket = connect({ host: this.settings.address, port: this.settings.port });
      const finish = (message?: DnsMessage): void => {
        socket.removeAllListeners();
        socket.on('error', () => {});
        socket.destroy();
        resolve(message);
      };
      socket.setTimeout(this.timeoutMs, () => finish());
      socket.on('error', () => finish());
      socket.on('end', () => finish());
      socket.on('connect', () => {
        const query = queryBytes(id, name, type);
        socket.write(Buffer.concat([Buffer.from([query.length >> 8, query.length & 0xff]), query]));
      });
      socket.on('data', (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]);
        if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
        const message = tryDecode(received.subarray(2, 2 + received.readUInt16BE(0)));
        finish(message && sameQuestion(message, id, name, type) ? message : undefined);
      });
    });
  }

  private async ask(name: string, type: number): Promise<DnsMessage | undefined> {
    for (let attempt = 0; attempt < this.tries; attempt += 1) {
      const message = await this.overUdp(name, type);
      if (message?.truncated) return this.overTcp(name, type);
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

function tryDecode(packet: Buffer): DnsMessage | undefined {
  try {
    return decodeMessage(packet);
  } catch {
    return undefined;
  }
}
