import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { KEY_USAGE, OID, authorityKeyId, basicConstraints, extension, keyDer, keyIdentifier, keyUsage, makeCertificate, nameDer, subjectAltName, subjectKeyId } from './certificate-der.js';
import { oid, pem, sequence } from './der.js';
import { isLoose } from './payload.js';
import type { Identifier } from './problem.js';

const YEAR = 365 * 86_400_000;
const HOUR = 3_600_000;
const ORGANIZATION = 'certwright sandbox';

/** A key of the CA with the name it signs under. */
export interface Signer {
  name: Buffer;
  key: KeyObject;
  /** SHA-1 key identifier. */
  keyId: Buffer;
}

/** The certificates above a leaf: two roots, one intermediate signed by both, the second root also signed by the first. */
export interface Hierarchy {
  rootX1: Signer;
  rootX2: Signer;
  intermediate: Signer;
  /** DER of every certificate of the CA. */
  certificates: Record<HierarchyCertificate, Buffer>;
}

const CERTIFICATES = ['rootX1', 'rootX2', 'intermediateByX1', 'intermediateByX2', 'rootX2ByX1'] as const;
export type HierarchyCertificate = (typeof CERTIFICATES)[number];

/** What is kept in the folder of the CA. Private: to be written with mode 0600. */
export interface StoredHierarchy {
  version: 1;
  keys: { rootX1: string; rootX2: string; intermediate: string };
  certificates: Record<HierarchyCertificate, string>;
}

const NAMES = { rootX1: 'Sandbox Root X1', rootX2: 'Sandbox Root X2', intermediate: 'Sandbox Intermediate E1' } as const;

function signer(name: keyof typeof NAMES, key: KeyObject): Signer {
  return { name: nameDer(NAMES[name], ORGANIZATION), key, keyId: keyIdentifier(keyDer(createPublicKey(key))) };
}

/** Random, positive, at most 16 bytes; half of them have the high bit set, which needs a sign byte in DER. */
export function newSerial(): Buffer {
  const bytes = randomBytes(16);
  if (bytes[0] === 0) bytes[0] = 1;
  return bytes;
}

function authority(subject: Signer, issuer: Signer, now: number, years: number, pathLength?: number): Buffer {
  const self = subject.keyId.equals(issuer.keyId);
  return makeCertificate(
    {
      serial: newSerial(),
      issuer: issuer.name,
      subject: subject.name,
      notBefore: now - 24 * HOUR,
      notAfter: now + years * YEAR,
      spki: keyDer(createPublicKey(subject.key)),
      extensions: [
        basicConstraints(true, pathLength),
        keyUsage(KEY_USAGE.digitalSignature, KEY_USAGE.keyCertSign, KEY_USAGE.crlSign),
        subjectKeyId(subject.keyId),
        ...(self ? [] : [authorityKeyId(issuer.keyId)]),
        ...(pathLength === 0 ? [extension(OID.extendedKeyUsage, false, sequence(oid(OID.serverAuth), oid(OID.clientAuth)))] : []),
      ],
    },
    issuer.key,
  );
}

function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

/** Makes a new CA: three P-256 keys and five certificates. `now` in milliseconds since 1970. */
export function createHierarchy(now: number): Hierarchy {
  const rootX1 = signer('rootX1', newKey());
  const rootX2 = signer('rootX2', newKey());
  const intermediate = signer('intermediate', newKey());
  return {
    rootX1,
    rootX2,
    intermediate,
    certificates: {
      rootX1: authority(rootX1, rootX1, now, 20),
      rootX2: authority(rootX2, rootX2, now, 20),
      intermediateByX1: authority(intermediate, rootX1, now, 10, 0),
      intermediateByX2: authority(intermediate, rootX2, now, 10, 0),
      rootX2ByX1: authority(rootX2, rootX1, now, 10),
    },
  };
}

function keyPem(key: KeyObject): string {
  return String(key.export({ type: 'pkcs8', format: 'pem' }));
}

/** The CA in the form in which it is kept. Holds private keys. */
export function storeHierarchy(hierarchy: Hierarchy): StoredHierarchy {
  const { certificates } = hierarchy;
  return {
    version: 1,
    keys: { rootX1: keyPem(hierarchy.rootX1.key), rootX2: keyPem(hierarchy.rootX2.key), intermediate: keyPem(hierarchy.intermediate.key) },
    certificates: Object.fromEntries(CERTIFICATES.map((name) => [name, certificates[name].toString('base64')])) as Record<HierarchyCertificate, string>,
  };
}

/** The CA from its kept form. Throws an Error when it is not one; the message never shows key material. */
export function loadHierarchy(stored: unknown): Hierarchy {
  if (!isLoose(stored) || stored.version !== 1 || !isLoose(stored.keys) || !isLoose(stored.certificates)) throw new Error('not the keys of a sandbox CA');
  const { keys, certificates } = stored;
  const load = (name: keyof typeof NAMES): Signer => {
    try {
      return signer(name, createPrivateKey(String(keys[name])));
    } catch {
      throw new Error(`the key ${name} cannot be read`);
    }
  };
  const der = Object.fromEntries(CERTIFICATES.map((name) => [name, Buffer.from(String(certificates[name]), 'base64')])) as Record<HierarchyCertificate, Buffer>;
  return { rootX1: load('rootX1'), rootX2: load('rootX2'), intermediate: load('intermediate'), certificates: der };
}

/** A certificate of the CA as PEM. */
export function hierarchyPem(hierarchy: Hierarchy, name: HierarchyCertificate): string {
  return pem('CERTIFICATE', hierarchy.certificates[name]);
}

/** Key and certificate for the CA's own HTTPS server, signed by the first root. */
export function makeServerCertificate(hierarchy: Hierarchy, host: string, now: number): { key: string; cert: string } {
  const key = newKey();
  const spki = keyDer(createPublicKey(key));
  const addresses = new Set(['127.0.0.1', '::1', host]);
  const identifiers: Identifier[] = [{ type: 'dns', value: 'localhost' }, ...[...addresses].map((value): Identifier => ({ type: 'ip', value }))];
  const der = makeCertificate(
    {
      serial: newSerial(),
      issuer: hierarchy.rootX1.name,
      subject: nameDer('Sandbox ACME server', ORGANIZATION),
      notBefore: now - HOUR,
      notAfter: now + 90 * 24 * HOUR,
      spki,
      extensions: [
        basicConstraints(false),
        keyUsage(KEY_USAGE.digitalSignature),
        extension(OID.extendedKeyUsage, false, sequence(oid(OID.serverAuth))),
        subjectAltName(identifiers, false),
        subjectKeyId(keyIdentifier(spki)),
        authorityKeyId(hierarchy.rootX1.keyId),
      ],
    },
    hierarchy.rootX1.key,
  );
  return { key: keyPem(key), cert: pem('CERTIFICATE', der) };
}
