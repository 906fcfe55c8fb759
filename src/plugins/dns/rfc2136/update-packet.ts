import { randomInt } from 'node:crypto';
import { encodeName } from '../../../system/dns-names.js';
import { TYPE_CODES, encodeValue } from '../../../system/dns-values.js';

const UPDATE = 5;
const IN = 1;
const NONE = 254;

/** A dynamic update (RFC 2136 section 2.5) without prerequisites: adds one TXT value (2.5.1), or deletes that value alone (2.5.4). */
export function updatePacket({ zone, record, value, ttl }: { zone: string; record: string; value: string; ttl: number | 'delete' }): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(randomInt(65_536), 0);
  header.writeUInt16BE(UPDATE << 11, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(1, 8);
  const data = encodeValue(TYPE_CODES.TXT, value);
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(TYPE_CODES.TXT, 0);
  fixed.writeUInt16BE(ttl === 'delete' ? NONE : IN, 2);
  fixed.writeUInt32BE(ttl === 'delete' ? 0 : ttl, 4);
  fixed.writeUInt16BE(data.length, 8);
  const question = Buffer.alloc(4);
  question.writeUInt16BE(TYPE_CODES.SOA, 0);
  question.writeUInt16BE(IN, 2);
  return Buffer.concat([header, encodeName(zone), question, encodeName(record), fixed, data]);
}
