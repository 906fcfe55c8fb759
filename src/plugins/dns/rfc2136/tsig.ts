import { createHmac, timingSafeEqual } from 'node:crypto';
import { Reader, encodeName } from '../../../system/dns-names.js';

/** Algorithms by the names that credentials files have; a name in the message, and the hash. */
export const ALGORITHMS = {
  'HMAC-MD5': { name: 'hmac-md5.sig-alg.reg.int', hash: 'md5' },
  'HMAC-SHA1': { name: 'hmac-sha1', hash: 'sha1' },
  'HMAC-SHA224': { name: 'hmac-sha224', hash: 'sha224' },
  'HMAC-SHA256': { name: 'hmac-sha256', hash: 'sha256' },
  'HMAC-SHA384': { name: 'hmac-sha384', hash: 'sha384' },
  'HMAC-SHA512': { name: 'hmac-sha512', hash: 'sha512' },
} as const;
export type Algorithm = keyof typeof ALGORITHMS;

export interface TsigKey {
  /** Without the final dot. */
  name: string;
  secret: Buffer;
  algorithm: Algorithm;
}

export interface Signed {
  packet: Buffer;
  /** Part of what the answer's MAC is made of. */
  mac: Buffer;
}

/** What the signature of an answer says. */
export type AnswerSignature =
  /** Signed with our key. */
  | { state: 'good' }
  | { state: 'missing' }
  /** It has one, but not of our key: not from this server, or changed on the way. */
  | { state: 'wrong' }
  /** The server did not take ours (RFC 8945 section 5.2); `serverTime` in seconds since 1970 with BADTIME. */
  | { state: 'refused'; error: 'BADSIG' | 'BADKEY' | 'BADTIME' | 'BADTRUNC' | 'other'; serverTime?: number };

const TSIG = 250;
const ANY = 255;
/** Seconds that the clocks may be apart. */
const FUDGE = 300;
const ERRORS: Readonly<Record<number, 'BADSIG' | 'BADKEY' | 'BADTIME' | 'BADTRUNC'>> = { 16: 'BADSIG', 17: 'BADKEY', 18: 'BADTIME', 22: 'BADTRUNC' };

/** Adds a signature (RFC 8945) to a message. `now` in milliseconds since 1970. */
export function sign(message: Buffer, key: TsigKey, now: number): Signed {
  const stamp = { time: Math.floor(now / 1000), fudge: FUDGE, error: 0, other: Buffer.alloc(0) };
  const mac = createHmac(ALGORITHMS[key.algorithm].hash, key.secret).update(message).update(variables(key, stamp)).digest();
  const data = Buffer.concat([encodeName(ALGORITHMS[key.algorithm].name), time48(stamp.time), u16(stamp.fudge), u16(mac.length), mac, message.subarray(0, 2), u16(0), u16(0)]);
  const record = Buffer.concat([encodeName(key.name.toLowerCase()), u16(TSIG), u16(ANY), Buffer.alloc(4), u16(data.length), data]);
  const packet = Buffer.concat([message, record]);
  packet.writeUInt16BE(message.readUInt16BE(10) + 1, 10);
  return { packet, mac };
}

/** Checks the signature of the answer to a signed message. Throws DnsFormatError for what is no message. */
export function checkAnswer(packet: Buffer, request: Signed, key: TsigKey, now: number): AnswerSignature {
  const found = lastRecord(packet);
  if (found === null) return { state: 'missing' };
  const { start, reader } = found;
  const owner = reader.name();
  reader.take(10);
  const algorithm = reader.name();
  const time = reader.uint16() * 2 ** 32 + reader.uint32();
  const fudge = reader.uint16();
  const mac = reader.take(reader.uint16());
  const id = reader.uint16();
  const error = reader.uint16();
  const other = reader.take(reader.uint16());
  const said = ERRORS[error] ?? 'other';
  // BADSIG and BADKEY come without a MAC: the server has no key that we share.
  if (error !== 0 && mac.length === 0) return { state: 'refused', error: said };
  if (owner.toLowerCase() !== key.name.toLowerCase() || algorithm.toLowerCase() !== ALGORITHMS[key.algorithm].name) return { state: 'wrong' };
  const plain = Buffer.from(packet.subarray(0, start));
  plain.writeUInt16BE(id, 0);
  plain.writeUInt16BE(packet.readUInt16BE(10) - 1, 10);
  const expected = createHmac(ALGORITHMS[key.algorithm].hash, key.secret)
    .update(u16(request.mac.length))
    .update(request.mac)
    .update(plain)
    .update(variables(key, { time, fudge, error, other }))
    .digest();
  if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) return { state: 'wrong' };
  if (error !== 0) return { state: 'refused', error: said, ...(other.length === 6 ? { serverTime: other.readUIntBE(0, 6) } : {}) };
  return Math.abs(Math.floor(now / 1000) - time) > fudge ? { state: 'wrong' } : { state: 'good' };
}

/** Where the TSIG record begins, and a reader at that place; null when the last record is none. */
function lastRecord(packet: Buffer): { start: number; reader: Reader } | null {
  const reader = new Reader(packet);
  reader.take(4);
  const [questions, ...records] = [reader.uint16(), reader.uint16(), reader.uint16(), reader.uint16()];
  for (let index = 0; index < (questions ?? 0); index += 1) {
    reader.name();
    reader.take(4);
  }
  const count = records.reduce((sum, each) => sum + each, 0);
  for (let index = 0; index < count; index += 1) {
    const start = reader.offset;
    reader.name();
    const type = reader.uint16();
    if (type === TSIG && index === count - 1) {
      reader.offset = start;
      return { start, reader };
    }
    reader.take(6);
    reader.take(reader.uint16());
  }
  return null;
}

function variables(key: TsigKey, { time, fudge, error, other }: { time: number; fudge: number; error: number; other: Buffer }): Buffer {
  return Buffer.concat([encodeName(key.name.toLowerCase()), u16(ANY), Buffer.alloc(4), encodeName(ALGORITHMS[key.algorithm].name), time48(time), u16(fudge), u16(error), u16(other.length), other]);
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function time48(seconds: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(seconds, 0, 6);
  return bytes;
}
