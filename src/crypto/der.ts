/** One DER element inside a buffer (X.690): its tag byte, its content, header and content together, and what follows it. */
export interface DerElement {
  tag: number;
  content: Buffer;
  whole: Buffer;
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
  return end > bytes.length ? null : { tag, content: bytes.subarray(start, end), whole: bytes.subarray(0, end), rest: bytes.subarray(end) };
}

/** All elements of a constructed value, in order; what is not whole at the end is left out. */
export function elementsOf(content: Buffer): DerElement[] {
  const found: DerElement[] = [];
  for (let next = readElement(content); next; next = readElement(next.rest)) found.push(next);
  return found;
}

/** The bytes of an element with this tag and these parts as its content. */
export function derElement(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const bytes = length.subarray(length.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.from([tag, 0x80 | bytes.length]), bytes, content]);
}

/** UTCTime or GeneralizedTime as RFC 5280 section 4.1.2.5 wants them (Z, whole seconds), in milliseconds since 1970; null for anything else. */
export function readTime({ tag, content }: DerElement): number | null {
  const text = content.toString('latin1');
  const full = tag === 0x17 ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : tag === 0x18 ? text : '';
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full) ?? [];
  const moment = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(moment) ? null : moment;
}

/** Extensions (RFC 5280 section 4.1) out of the SEQUENCE that lists them: value and criticality by hex of their OID. */
export function readExtensions(list: DerElement | null | undefined): ReadonlyMap<string, { critical: boolean; value: Buffer }> {
  const extensions = new Map<string, { critical: boolean; value: Buffer }>();
  for (const { content } of elementsOf(list?.content ?? Buffer.alloc(0))) {
    const parts = elementsOf(content);
    const value = parts.at(-1);
    if (parts[0]?.tag !== 0x06 || value?.tag !== 0x04) continue;
    const critical = parts[1]?.tag === 0x01 && parts[1].content[0] === 0xff;
    extensions.set(parts[0].content.toString('hex'), { critical, value: value.content });
  }
  return extensions;
}

/**
 * What a certificate holds: the serial's bytes as encoded, the distinguished names and the public key (SubjectPublicKeyInfo) as
 * whole elements, the ends of its validity, and the extensions by hex of their OID.
 */
export interface CertificateParts {
  serial: Buffer;
  issuer: Buffer;
  notBefore: DerElement;
  notAfter: DerElement;
  subject: Buffer;
  publicKey: Buffer;
  extensions: ReadonlyMap<string, Buffer>;
}

/** Takes a certificate apart (RFC 5280 section 4.1); null when it is not one, or not whole. */
export function certificateParts(der: Buffer): CertificateParts | null {
  const [body, , signature] = elementsOf(readElement(der)?.content ?? Buffer.alloc(0));
  if (!body || !signature) return null;
  const fields = elementsOf(body.content);
  const at = fields.findIndex(({ tag }) => tag === 0x02);
  const [serial, , issuer, validity, subject, publicKey] = at < 0 ? [] : fields.slice(at);
  const [notBefore, notAfter] = elementsOf(validity?.content ?? Buffer.alloc(0));
  if (!serial || !issuer || !notBefore || !notAfter || !subject || !publicKey) return null;
  const wrapped = fields.find(({ tag }) => tag === 0xa3);
  const extensions = readExtensions(wrapped && readElement(wrapped.content));
  return {
    serial: serial.content,
    issuer: issuer.whole,
    notBefore,
    notAfter,
    subject: subject.whole,
    publicKey: publicKey.whole,
    extensions: new Map([...extensions].map(([oid, { value }]) => [oid, value])),
  };
}

/** 2.5.29.35 and 2.5.29.14 (RFC 5280 sections 4.2.1.1 and 4.2.1.2). */
const AUTHORITY_KEY_ID = '551d23';
const SUBJECT_KEY_ID = '551d0e';

/** The identifier of the key that signed a certificate, when it says so. */
export function authorityKeyId({ extensions }: CertificateParts): Buffer | undefined {
  const named = elementsOf(readElement(extensions.get(AUTHORITY_KEY_ID) ?? Buffer.alloc(0))?.content ?? Buffer.alloc(0));
  return named.find(({ tag }) => tag === 0x80)?.content;
}

/** Whether a certificate names `issuer` as its own (RFC 5280 section 6.1.3): by name, and by key where both tell it. The signature is not checked. */
export function namesAsIssuer(certificate: CertificateParts, issuer: CertificateParts): boolean {
  const wanted = authorityKeyId(certificate);
  const has = readElement(issuer.extensions.get(SUBJECT_KEY_ID) ?? Buffer.alloc(0))?.content;
  return certificate.issuer.equals(issuer.subject) && (!wanted || !has || wanted.equals(has));
}
