/** One DER element (X.690). `raw` is header and content, `content` the content alone. */
export interface Element {
  tag: number;
  raw: Buffer;
  content: Buffer;
}

/** The bytes are not DER, or not the structure that was expected. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

/** Tags that the sandbox meets. */
export const TAG = { boolean: 0x01, integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, enumerated: 0x0a, utf8: 0x0c, printable: 0x13, ia5: 0x16, utcTime: 0x17, generalTime: 0x18, sequence: 0x30, set: 0x31 } as const;

/** The element at `offset`. Refuses indefinite and non-minimal lengths and long tags. Throws DerError. */
export function readElement(bytes: Buffer, offset = 0): Element {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) throw new DerError('element is cut off');
  let length = first;
  let start = offset + 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4 || start + count > bytes.length) throw new DerError('length is not DER');
    length = bytes.readUIntBE(start, count);
    if (length < 0x80 || bytes[start] === 0) throw new DerError('length is not minimal');
    start += count;
  }
  if (start + length > bytes.length) throw new DerError('content is cut off');
  return { tag, raw: bytes.subarray(offset, start + length), content: bytes.subarray(start, start + length) };
}

/** The one element that fills `bytes`. Throws DerError, also for bytes after it. */
export function readWhole(bytes: Buffer): Element {
  const element = readElement(bytes);
  if (element.raw.length !== bytes.length) throw new DerError('bytes after the end');
  return element;
}

/** The elements inside a constructed one. Throws DerError. */
export function children(element: Element): Element[] {
  const list: Element[] = [];
  for (let offset = 0; offset < element.content.length; ) {
    const child = readElement(element.content, offset);
    list.push(child);
    offset += child.raw.length;
  }
  return list;
}

/** `element` if it is there and has the tag. Throws DerError that names `what`. */
export function expectTag(element: Element | undefined, tag: number, what: string): Element {
  if (element === undefined || element.tag !== tag) throw new DerError(`${what} is missing or of another type`);
  return element;
}

/** Dotted form of an OBJECT IDENTIFIER. Throws DerError. */
export function readOid(element: Element): string {
  expectTag(element, TAG.oid, 'object identifier');
  const arcs: bigint[] = [];
  let value = 0n;
  element.content.forEach((byte, index) => {
    value = (value << 7n) | BigInt(byte & 0x7f);
    if (byte & 0x80) {
      if (index === element.content.length - 1) throw new DerError('object identifier is cut off');
      return;
    }
    if (arcs.length === 0) {
      const root = value < 40n ? 0n : value < 80n ? 1n : 2n;
      arcs.push(root, value - root * 40n);
    } else arcs.push(value);
    value = 0n;
  });
  if (arcs.length === 0) throw new DerError('object identifier is empty');
  return arcs.join('.');
}

/** An element of any tag around the given parts. */
export function wrap(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  const size = content.length < 0x100 ? 1 : content.length < 0x10000 ? 2 : 3;
  const length = Buffer.alloc(size);
  length.writeUIntBE(content.length, 0, size);
  return Buffer.concat([Buffer.from([tag, 0x80 | size]), length, content]);
}

export function sequence(...parts: Uint8Array[]): Buffer {
  return wrap(TAG.sequence, ...parts);
}

/** A non-negative INTEGER from a small number or from big-endian bytes. */
export function integer(value: number | Buffer): Buffer {
  let bytes = value;
  if (typeof bytes === 'number') bytes = Buffer.from(bytes.toString(16).padStart(2, '0').replace(/^(.(?:..)*)$/, '0$1'), 'hex');
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  bytes = bytes.subarray(start);
  return wrap(TAG.integer, (bytes[0] ?? 0) & 0x80 ? Buffer.from([0]) : Buffer.alloc(0), bytes);
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const groups = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return wrap(TAG.oid, Buffer.from(bytes));
}

export function octets(bytes: Uint8Array): Buffer {
  return wrap(TAG.octets, bytes);
}

/** A BIT STRING; `unused` is the number of unused bits in the last byte. */
export function bits(bytes: Uint8Array, unused = 0): Buffer {
  return wrap(TAG.bits, Buffer.from([unused]), bytes);
}

export function boolean(value: boolean): Buffer {
  return wrap(TAG.boolean, Buffer.from([value ? 0xff : 0]));
}

/** UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280 section 4.1.2.5). */
export function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14);
  return Number(text.slice(0, 4)) < 2050 ? wrap(TAG.utcTime, Buffer.from(`${text.slice(2)}Z`)) : generalTime(ms);
}

export function generalTime(ms: number): Buffer {
  return wrap(TAG.generalTime, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`));
}

/** Text of PEM for DER bytes. */
export function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
