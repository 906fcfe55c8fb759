/** One DER element inside a buffer (X.690): its tag byte, its content, and what follows it. */
export interface DerElement {
  tag: number;
  content: Buffer;
  rest: Buffer;
}

/** Reads the first element of `bytes`; null when they do not hold a whole one. Long form lengths up to four bytes. */
export function readElement(bytes: Buffer): DerElement | null {
  const tag = bytes[0];
  const first = bytes[1];
  if (tag === undefined || first === undefined) return null;
  let start = 2;
  let length = first;
  if (first >= 0x80) {
    const count = first - 0x80;
    if (count === 0 || count > 4 || bytes.length < 2 + count) return null;
    length = bytes.readUIntBE(2, count);
    start += count;
  }
  const end = start + length;
  return end > bytes.length ? null : { tag, content: bytes.subarray(start, end), rest: bytes.subarray(end) };
}

/** All elements of a constructed value, in order; what is not whole at the end is left out. */
export function elementsOf(content: Buffer): DerElement[] {
  const found: DerElement[] = [];
  for (let next = readElement(content); next; next = readElement(next.rest)) found.push(next);
  return found;
}

/** What a certificate holds that node:crypto does not show: the serial's bytes as encoded, and the extensions by hex of their OID. */
export interface CertificateParts {
  serial: Buffer;
  extensions: ReadonlyMap<string, Buffer>;
}

/** Takes a certificate apart (RFC 5280 section 4.1); null when it is not one. */
export function certificateParts(der: Buffer): CertificateParts | null {
  const body = elementsOf(readElement(der)?.content ?? Buffer.alloc(0))[0];
  if (!body) return null;
  const fields = elementsOf(body.content);
  const serial = fields.find(({ tag }) => tag === 0x02);
  if (!serial) return null;
  const wrapped = fields.find(({ tag }) => tag === 0xa3);
  const list = wrapped ? elementsOf(readElement(wrapped.content)?.content ?? Buffer.alloc(0)) : [];
  const extensions = new Map<string, Buffer>();
  for (const { content } of list) {
    const parts = elementsOf(content);
    const value = parts.at(-1);
    if (parts[0]?.tag === 0x06 && value?.tag === 0x04) extensions.set(parts[0].content.toString('hex'), value.content);
  }
  return { serial: serial.content, extensions };
}
