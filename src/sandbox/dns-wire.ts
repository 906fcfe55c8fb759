import { addressBytes, addressText } from './addresses.js';

/** Record types that have a readable value here; all others travel as `\# LENGTH HEX` (RFC 3597). */
export const TYPE_CODES = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33, CAA: 257 } as const;
export type RecordType = keyof typeof TYPE_CODES;

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

/** The bytes are not a DNS message. */
export class DnsFormatError extends Error {
  override readonly name = 'DnsFormatError';
}

/** Code of a type's name, also for `TYPE123`. Undefined when unknown. */
export function typeCode(name: string): number | undefined {
  const known = Object.entries(TYPE_CODES).find(([each]) => each === name.toUpperCase());
  if (known) return known[1];
  const match = /^TYPE(\d{1,5})$/i.exec(name);
  return match && Number(match[1]) < 65_536 ? Number(match[1]) : undefined;
}

function labelsOf(name: string): Buffer[] {
  const trimmed = name.endsWith('.') && !name.endsWith('\\.') ? name.slice(0, -1) : name;
  if (trimmed === '') return [];
  const labels: Buffer[] = [];
  let bytes: number[] = [];
  for (let index = 0; index < trimmed.length; index += 1) {
    const char = trimmed.charAt(index);
    if (char === '.') {
      labels.push(Buffer.from(bytes));
      bytes = [];
    } else if (char === '\\') {
      const digits = /^\d{3}/.exec(trimmed.slice(index + 1))?.[0];
      if (digits !== undefined && Number(digits) < 256) {
        bytes.push(Number(digits));
        index += 3;
      } else {
        index += 1;
        bytes.push(trimmed.charCodeAt(index) & 0xff);
      }
    } else bytes.push(...Buffer.from(char, 'utf8'));
  }
  labels.push(Buffer.from(bytes));
  return labels;
}

/** A name as bytes. Throws DnsFormatError when a label or the whole is too long or a label is empty. */
export function encodeName(name: string): Buffer {
  const parts: Buffer[] = [];
  for (const label of labelsOf(name)) {
    if (label.length === 0 || label.length > 63) throw new DnsFormatError(`label of ${label.length} bytes in a name`);
    parts.push(Buffer.from([label.length]), label);
  }
  const bytes = Buffer.concat([...parts, Buffer.from([0])]);
  if (bytes.length > 255) throw new DnsFormatError('name is longer than 255 bytes');
  return bytes;
}

function labelText(label: Buffer): string {
  let text = '';
  for (const byte of label) {
    if (byte === 0x2e || byte === 0x5c) text += `\\${String.fromCharCode(byte)}`;
    else if (byte > 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `\\${String(byte).padStart(3, '0')}`;
  }
  return text;
}

class Reader {
  offset = 0;
  constructor(readonly bytes: Buffer) {}

  private need(count: number): number {
    const at = this.offset;
    if (at + count > this.bytes.length) throw new DnsFormatError('message is cut off');
    this.offset += count;
    return at;
  }
  uint8(): number {
    return this.bytes.readUInt8(this.need(1));
  }
  uint16(): number {
    return this.bytes.readUInt16BE(this.need(2));
  }
  uint32(): number {
    return this.bytes.readUInt32BE(this.need(4));
  }
  take(count: number): Buffer {
    const at = this.need(count);
    return this.bytes.subarray(at, at + count);
  }
  /** A name with compression; each pointer must lead further back, which ends every loop. */
  name(): string {
    const labels: string[] = [];
    let resume: number | undefined;
    let barrier = this.offset;
    let total = 1;
    for (;;) {
      const length = this.uint8();
      if (length === 0) break;
      if ((length & 0xc0) === 0xc0) {
        const target = ((length & 0x3f) << 8) | this.uint8();
        resume ??= this.offset;
        if (target >= barrier) throw new DnsFormatError('name pointer does not lead back');
        barrier = target;
        this.offset = target;
        continue;
      }
      if (length > 63) throw new DnsFormatError('unknown label type');
      total += length + 1;
      if (total > 255) throw new DnsFormatError('name is longer than 255 bytes');
      labels.push(labelText(this.take(length)));
    }
    if (resume !== undefined) this.offset = resume;
    return labels.join('.');
  }
}

const CAA_VALUE = /^(\d{1,3}) ([A-Za-z0-9]{1,255}) "(.*)"$/s;

/** The bytes of a record's value. Throws DnsFormatError when the text does not fit the type. */
export function encodeValue(type: number, value: string): Buffer {
  const bad = (): DnsFormatError => new DnsFormatError(`not a value for record type ${type}: ${JSON.stringify(value)}`);
  const unknown = /^\\# (\d+) ?((?:[0-9a-fA-F]{2})*)$/.exec(value);
  if (unknown) {
    const bytes = Buffer.from(unknown[2] ?? '', 'hex');
    if (bytes.length !== Number(unknown[1])) throw bad();
    return bytes;
  }
  const fields = value.split(' ');
  const number = (text: string | undefined, limit: number): number => {
    if (text === undefined || !/^\d{1,10}$/.test(text) || Number(text) > limit) throw bad();
    return Number(text);
  };
  const uint16 = (text: string | undefined): Buffer => Buffer.from([number(text, 65_535) >> 8, number(text, 65_535) & 0xff]);
  const uint32 = (text: string | undefined): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(number(text, 4_294_967_295));
    return bytes;
  };
  switch (type) {
    case TYPE_CODES.A:
    case TYPE_CODES.AAAA: {
      const address = addressOf(value);
      if (address?.length !== (type === TYPE_CODES.A ? 4 : 16)) throw bad();
      return address;
    }
    case TYPE_CODES.NS:
    case TYPE_CODES.CNAME:
    case TYPE_CODES.PTR:
      if (/\s/.test(value)) throw bad();
      return encodeName(value);
    case TYPE_CODES.TXT: {
      const bytes = Buffer.from(value, 'utf8');
      const parts: Buffer[] = [];
      for (let at = 0; at === 0 || at < bytes.length; at += 255) {
        const part = bytes.subarray(at, at + 255);
        parts.push(Buffer.from([part.length]), part);
      }
      return Buffer.concat(parts);
    }
    case TYPE_CODES.MX:
      if (fields.length !== 2) throw bad();
      return Buffer.concat([uint16(fields[0]), encodeName(fields[1] ?? '')]);
    case TYPE_CODES.SRV:
      if (fields.length !== 4) throw bad();
      return Buffer.concat([uint16(fields[0]), uint16(fields[1]), uint16(fields[2]), encodeName(fields[3] ?? '')]);
    case TYPE_CODES.SOA:
      if (fields.length !== 7) throw bad();
      return Buffer.concat([encodeName(fields[0] ?? ''), encodeName(fields[1] ?? ''), ...fields.slice(2).map(uint32)]);
    case TYPE_CODES.CAA: {
      const match = CAA_VALUE.exec(value);
      if (match === null) throw bad();
      const tag = Buffer.from(match[2] ?? '', 'latin1');
      return Buffer.concat([Buffer.from([number(match[1], 255), tag.length]), tag, Buffer.from(match[3] ?? '', 'latin1')]);
    }
    default:
      throw bad();
  }
}

function addressOf(value: string): Buffer | undefined {
  return /^[0-9a-fA-F:.]+$/.test(value) && /[:.]/.test(value) ? tryAddress(value) : undefined;
}

function tryAddress(value: string): Buffer | undefined {
  try {
    return addressBytes(value);
  } catch {
    return undefined;
  }
}

function decodeValue(reader: Reader, type: number, length: number): string {
  const end = reader.offset + length;
  if (end > reader.bytes.length) throw new DnsFormatError('record is cut off');
  const start = reader.offset;
  const value = readValue(reader, type, length);
  if (reader.offset !== end) throw new DnsFormatError(`record data at byte ${start} has another length than it says`);
  return value;
}

function readValue(reader: Reader, type: number, length: number): string {
  const end = reader.offset + length;
  switch (type) {
    case TYPE_CODES.A:
    case TYPE_CODES.AAAA:
      if (length !== (type === TYPE_CODES.A ? 4 : 16)) throw new DnsFormatError('address of a wrong length');
      return addressText(reader.take(length));
    case TYPE_CODES.NS:
    case TYPE_CODES.CNAME:
    case TYPE_CODES.PTR:
      return reader.name();
    case TYPE_CODES.TXT: {
      const parts: Buffer[] = [];
      while (reader.offset < end) parts.push(reader.take(reader.uint8()));
      return Buffer.concat(parts).toString('utf8');
    }
    case TYPE_CODES.MX:
      return `${reader.uint16()} ${reader.name()}`;
    case TYPE_CODES.SRV:
      return `${reader.uint16()} ${reader.uint16()} ${reader.uint16()} ${reader.name()}`;
    case TYPE_CODES.SOA:
      return `${reader.name()} ${reader.name()} ${reader.uint32()} ${reader.uint32()} ${reader.uint32()} ${reader.uint32()} ${reader.uint32()}`;
    case TYPE_CODES.CAA: {
      const flags = reader.uint8();
      const tag = reader.take(reader.uint8()).toString('latin1');
      if (reader.offset > end) throw new DnsFormatError('CAA tag is longer than its record');
      return `${flags} ${tag} "${reader.take(end - reader.offset).toString('latin1')}"`;
    }
    default:
      return `\\# ${length} ${reader.take(length).toString('hex')}`.trimEnd();
  }
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
