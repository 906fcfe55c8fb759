import { createCipheriv, createHash, createHmac, createPrivateKey, pbkdf2Sync, randomBytes, X509Certificate, type KeyObject } from 'node:crypto';
import forge from 'node-forge';
import { StoreError } from '../core/errors.js';

// This module loads node-forge (some 50 ms): import it only with `await import()`.
const { asn1 } = forge;
type Asn1 = forge.asn1.Asn1;
const { Class, Type } = asn1;

/** What goes into one PKCS#12 file. */
export interface Pkcs12Parts {
  /** RSA or EC, any PEM form without a password. */
  keyPem: string;
  /** PEM, the certificate of the key first, then its chain. */
  certificates: readonly string[];
  /** Empty = the file opens with an empty password. */
  password: string;
  /** Java's alias, the name in Windows' list. */
  friendlyName: string;
  /** Triple DES and SHA-1 for readers from before about 2019 (Windows Server 2016, Java 8u300, OpenSSL 1.0). */
  legacy: boolean;
}

/** Rounds of key derivation, as Java takes them; forge derives the MAC key in JavaScript, more would be felt. */
const ROUNDS = 10_000;

const OID = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacWithSha256: '1.2.840.113549.2.9',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
  pbeWithSha1And3Des: '1.2.840.113549.1.12.1.3',
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
} as const;

/**
 * Key, certificate and chain as PKCS#12 (RFC 7292), DER: encrypted by PBES2 with AES-256 and authenticated by HMAC-SHA256, or as
 * old readers want it. node-forge's own writer knows RSA only; its ASN.1 and its key derivation know no such limit.
 * Throws StoreError when the key or a certificate cannot be read.
 */
export function makePkcs12({ keyPem, certificates, password, friendlyName, legacy }: Pkcs12Parts): Buffer {
  const [leaf, ...chain] = certificates.map((pem) => readable(() => new X509Certificate(pem).raw, 'The certificate'));
  if (!leaf) throw new StoreError('There is no certificate to export.');
  const key = readable((): KeyObject => createPrivateKey(keyPem), 'The private key').export({ type: 'pkcs8', format: 'der' });
  const attributes = set(
    sequence(oid(OID.friendlyName), set(bmpString(friendlyName))),
    sequence(oid(OID.localKeyId), set(octets(createHash('sha1').update(leaf).digest()))),
  );
  const bags = [leaf, ...chain].map((der, index) =>
    sequence(oid(OID.certBag), tagged(0, sequence(oid(OID.x509Certificate), tagged(0, octets(der)))), ...(index === 0 ? [attributes] : [])),
  );
  const encrypt = legacy ? tripleDes(password) : pbes2(password);
  const hidden = encrypt(der(sequence(...bags)));
  const shrouded = encrypt(key);
  const safe = der(
    sequence(
      sequence(oid(OID.encryptedData), tagged(0, sequence(integer(0), sequence(oid(OID.data), hidden.algorithm, implicit(0, hidden.data))))),
      content(der(sequence(sequence(oid(OID.shroudedKeyBag), tagged(0, sequence(shrouded.algorithm, octets(shrouded.data))), attributes)))),
    ),
  );
  return der(sequence(integer(3), content(safe), mac(safe, password, legacy)));
}

interface Encrypted {
  algorithm: Asn1;
  data: Buffer;
}

/** RFC 8018 section 6.2. */
function pbes2(password: string): (plain: Buffer) => Encrypted {
  return (plain) => {
    const [salt, iv] = [randomBytes(16), randomBytes(16)];
    const cipher = createCipheriv('aes-256-cbc', pbkdf2Sync(password, salt, ROUNDS, 32, 'sha256'), iv);
    const derivation = sequence(oid(OID.pbkdf2), sequence(octets(salt), integer(ROUNDS), integer(32), sequence(oid(OID.hmacWithSha256), nothing())));
    return { algorithm: sequence(oid(OID.pbes2), sequence(derivation, sequence(oid(OID.aes256Cbc), octets(iv)))), data: Buffer.concat([cipher.update(plain), cipher.final()]) };
  };
}

/** RFC 7292 appendix C. */
function tripleDes(password: string): (plain: Buffer) => Encrypted {
  return (plain) => {
    const salt = randomBytes(8);
    const cipher = createCipheriv('des-ede3-cbc', derived(password, salt, 1, 24, true), derived(password, salt, 2, 8, true));
    return { algorithm: sequence(oid(OID.pbeWithSha1And3Des), sequence(octets(salt), integer(ROUNDS))), data: Buffer.concat([cipher.update(plain), cipher.final()]) };
  };
}

function mac(safe: Buffer, password: string, legacy: boolean): Asn1 {
  const salt = randomBytes(16);
  const digest = createHmac(legacy ? 'sha1' : 'sha256', derived(password, salt, 3, legacy ? 20 : 32, legacy)).update(safe).digest();
  return sequence(sequence(sequence(oid(legacy ? OID.sha1 : OID.sha256), nothing()), octets(digest)), octets(salt), integer(ROUNDS));
}

/** RFC 7292 appendix B; purpose 1 is a key, 2 an initialization vector, 3 a MAC key. */
function derived(password: string, salt: Buffer, purpose: 1 | 2 | 3, length: number, legacy: boolean): Buffer {
  const digest = legacy ? forge.md.sha1.create() : forge.md.sha256.create();
  return Buffer.from(forge.pkcs12.generateKey(password, forge.util.createBuffer(salt.toString('binary')), purpose, ROUNDS, length, digest).bytes(), 'binary');
}

const content = (data: Buffer): Asn1 => sequence(oid(OID.data), tagged(0, octets(data)));
const sequence = (...items: Asn1[]): Asn1 => asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, items);
const set = (...items: Asn1[]): Asn1 => asn1.create(Class.UNIVERSAL, Type.SET, true, items);
const octets = (bytes: Buffer): Asn1 => asn1.create(Class.UNIVERSAL, Type.OCTETSTRING, false, bytes.toString('binary'));
// forge writes the text of this type in UTF-16 itself.
const bmpString = (text: string): Asn1 => asn1.create(Class.UNIVERSAL, Type.BMPSTRING, false, text);
const oid = (dotted: string): Asn1 => asn1.create(Class.UNIVERSAL, Type.OID, false, asn1.oidToDer(dotted).getBytes());
const integer = (value: number): Asn1 => asn1.create(Class.UNIVERSAL, Type.INTEGER, false, asn1.integerToDer(value).getBytes());
const nothing = (): Asn1 => asn1.create(Class.UNIVERSAL, Type.NULL, false, '');
const tagged = (tag: number, item: Asn1): Asn1 => asn1.create(Class.CONTEXT_SPECIFIC, tag, true, [item]);
const implicit = (tag: number, bytes: Buffer): Asn1 => asn1.create(Class.CONTEXT_SPECIFIC, tag, false, bytes.toString('binary'));
const der = (value: Asn1): Buffer => Buffer.from(asn1.toDer(value).getBytes(), 'binary');

function readable<T>(read: () => T, what: string): T {
  try {
    return read();
  } catch {
    // The cause could quote the key.
    throw new StoreError(`${what} cannot be read: it is damaged, or locked by a password.`);
  }
}
