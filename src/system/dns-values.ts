import { addressBytes, addressText } from './addresses.js';
import { DnsFormatError, encodeName } from './dns-names.js';
import type { Reader } from './dns-names.js';

/** Record types that have a readable value here; all others travel as `\# LENGTH HEX` (RFC 3597). */
export const TYPE_CODES = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33, CAA: 257 } as const;
export type RecordType = keyof typeof TYPE_CODES;

/** Code of a type's name, also for `TYPE123`. Undefined when unknown. */
export function typeCode(name: string): number | undefined {
  const known = Object.entries(TYPE_CODES).find(([each]) => each === name.toUpperCase());
  if (known) return known[1];
  const match = /^TYPE(\d{1,5})$/i.exec(name);
  return match && Number(match[1]) < 65_536 ? Number(match[1]) : undefined;
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

/** The text of a record's value, read from a message. Throws DnsFormatError when its length is not as it says. */
export function decodeValue(reader: Reader, type: number, length: number): string {
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
