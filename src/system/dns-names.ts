/** The bytes are not a DNS message. */
export class DnsFormatError extends Error {
  override readonly name = 'DnsFormatError';
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

/** Reads the parts of a message one after the other. Throws DnsFormatError where it is cut off or loops. */
export class Reader {
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
