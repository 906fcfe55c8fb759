import { Reader, encodeName } from './dns-names.js';
import { decodeValue, encodeValue } from './dns-values.js';

const OPT = 41;
const CLASS_IN = 1;

/** Response codes (RFC 1035 section 4.1.1, RFC 6891). */
export const RCODE = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, BADVERS: 16 } as const;

export interface DnsQuestion {
  /** Without the final dot; the root is ''. The spelling of the asker is kept. */
  name: string;
  type: number;
  class: number;
}

/**
 * A resource record. `value` is text: an address, a name without final dot, the joined strings of a TXT, `10 mail.test`,
 * `0 issue "ca.test"`, the seven fields of a SOA, or `\# 3 010203` for types without a form of their own.
 */
export interface DnsRecord {
  name: string;
  type: number;
  ttl: number;
  value: string;
}

export interface DnsMessage {
  id: number;
  response: boolean;
  opcode: number;
  authoritative: boolean;
  truncated: boolean;
  recursionDesired: boolean;
  recursionAvailable: boolean;
  rcode: number;
  questions: DnsQuestion[];
  answers: DnsRecord[];
  authorities: DnsRecord[];
  additionals: DnsRecord[];
  /** EDNS (RFC 6891), when the message has it. */
  edns?: { size: number; version: number };
}

/** Reads a message. Throws DnsFormatError for anything that is not one; it never reads outside of `bytes` and never loops. */
export function decodeMessage(bytes: Buffer): DnsMessage {
  const reader = new Reader(bytes);
  const id = reader.uint16();
  const flags = reader.uint16();
  const counts = [reader.uint16(), reader.uint16(), reader.uint16(), reader.uint16()] as const;
  const message: DnsMessage = {
    id,
    response: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 15,
    authoritative: (flags & 0x0400) !== 0,
    truncated: (flags & 0x0200) !== 0,
    recursionDesired: (flags & 0x0100) !== 0,
    recursionAvailable: (flags & 0x0080) !== 0,
    rcode: flags & 15,
    questions: [],
    answers: [],
    authorities: [],
    additionals: [],
  };
  for (let index = 0; index < counts[0]; index += 1) message.questions.push({ name: reader.name(), type: reader.uint16(), class: reader.uint16() });
  for (const [section, count] of [[message.answers, counts[1]], [message.authorities, counts[2]], [message.additionals, counts[3]]] as const) {
    for (let index = 0; index < count; index += 1) {
      const name = reader.name();
      const type = reader.uint16();
      const size = reader.uint16();
      const ttl = reader.uint32();
      const length = reader.uint16();
      if (type === OPT) {
        reader.take(length);
        message.edns = { size, version: (ttl >> 16) & 0xff };
        message.rcode |= (ttl >>> 24) << 4;
      } else section.push({ name, type, ttl, value: decodeValue(reader, type, length) });
    }
  }
  return message;
}

/** The bytes of a message. A record whose name is that of the first question points to it. Throws DnsFormatError. */
export function encodeMessage(message: DnsMessage): Buffer {
  const header = Buffer.alloc(12);
  const flags =
    (message.response ? 0x8000 : 0) |
    ((message.opcode & 15) << 11) |
    (message.authoritative ? 0x0400 : 0) |
    (message.truncated ? 0x0200 : 0) |
    (message.recursionDesired ? 0x0100 : 0) |
    (message.recursionAvailable ? 0x0080 : 0) |
    (message.rcode & 15);
  header.writeUInt16BE(message.id, 0);
  header.writeUInt16BE(flags, 2);
  header.writeUInt16BE(message.questions.length, 4);
  header.writeUInt16BE(message.answers.length, 6);
  header.writeUInt16BE(message.authorities.length, 8);
  header.writeUInt16BE(message.additionals.length + (message.edns ? 1 : 0), 10);
  const parts: Buffer[] = [header];
  const first = message.questions[0]?.name.toLowerCase();
  for (const question of message.questions) parts.push(encodeName(question.name), pair(question.type, question.class));
  for (const record of [...message.answers, ...message.authorities, ...message.additionals]) {
    const owner = first !== undefined && first !== '' && record.name.toLowerCase() === first ? Buffer.from([0xc0, 12]) : encodeName(record.name);
    const value = encodeValue(record.type, record.value);
    const fixed = Buffer.alloc(6);
    fixed.writeUInt32BE(record.ttl, 0);
    fixed.writeUInt16BE(value.length, 4);
    parts.push(owner, pair(record.type, CLASS_IN), fixed, value);
  }
  if (message.edns) {
    const extended = Buffer.alloc(6);
    extended.writeUInt32BE((((message.rcode >> 4) << 24) | (message.edns.version << 16)) >>> 0, 0);
    parts.push(Buffer.from([0]), pair(OPT, message.edns.size), extended);
  }
  return Buffer.concat(parts);
}

function pair(first: number, second: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16BE(first, 0);
  bytes.writeUInt16BE(second, 2);
  return bytes;
}
