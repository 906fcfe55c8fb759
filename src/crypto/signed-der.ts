import { verify, type KeyObject } from 'node:crypto';
import { NetworkError } from '../core/errors.js';
import { elementsOf, readElement, type DerElement } from './der.js';

/** Hash by hex of the signature algorithm's OID (RFC 4055, RFC 5758, RFC 8410); null = the algorithm hashes by itself. */
const ALGORITHMS: Readonly<Record<string, string | null>> = {
  '2a864886f70d010105': 'sha1',
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
  '2b6570': null,
};

/** What CRLs and OCSP answers share: what is signed, by which algorithm, the signature, and what follows it. */
export interface SignedDer {
  body: DerElement;
  algorithm: string;
  signature: Buffer;
  more: readonly DerElement[];
}

/** Takes SEQUENCE { body, AlgorithmIdentifier, BIT STRING, … } apart. `what` names it in the NetworkError that is thrown when it is something else. */
export function readSigned(der: Buffer, what: string): SignedDer {
  const outer = readElement(der);
  const [body, algorithm, signature, ...more] = outer?.tag === 0x30 ? elementsOf(outer.content) : [];
  const oid = algorithm && readElement(algorithm.content);
  if (!body || oid?.tag !== 0x06 || signature?.tag !== 0x03 || signature.content.length < 2) throw new NetworkError(`${what} cannot be read.`);
  return { body, algorithm: oid.content.toString('hex'), signature: signature.content.subarray(1), more };
}

/** Did this key sign it? False also for algorithms that are not known here. */
export function isSignedBy({ body, algorithm, signature }: SignedDer, key: KeyObject): boolean {
  const hash = ALGORITHMS[algorithm];
  if (hash === undefined) return false;
  try {
    return verify(hash, body.whole, key, signature);
  } catch {
    // A key of another kind than the algorithm.
    return false;
  }
}
