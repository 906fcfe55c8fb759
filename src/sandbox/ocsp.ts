import { createHash, createPublicKey } from 'node:crypto';
import { keyDer, signed } from './certificate-der.js';
import { TAG, children, expectTag, generalTime, octets, oid, readOid, readWhole, sequence, wrap } from './der.js';
import type { Element } from './der.js';
import type { Authority } from './exchange.js';

const NONCE = '1.3.6.1.5.5.7.48.1.2';
const BASIC = '1.3.6.1.5.5.7.48.1.1';
const HASHES = new Map([
  ['1.3.14.3.2.26', 'sha1'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
]);
const HOUR = 3_600_000;

/** Answers without a body (RFC 6960 section 4.2.1): malformedRequest and unauthorized. */
function failure(status: 1 | 6): Buffer {
  return sequence(wrap(TAG.enumerated, Buffer.from([status])));
}

interface Asked {
  /** CertID as it came. */
  raw: Buffer;
  ours: boolean;
  serial: string;
}

function readCertId(element: Element, authority: Authority): Asked {
  const [algorithm, nameHash, keyHash, serial] = children(expectTag(element, TAG.sequence, 'certificate identifier'));
  const type = children(expectTag(algorithm, TAG.sequence, 'hash algorithm'))[0];
  const hash = HASHES.get(type === undefined ? '' : readOid(type));
  const { intermediate } = authority.hierarchy;
  const bitString = expectTag(children(readWhole(keyDer(createPublicKey(intermediate.key))))[1], TAG.bits, 'key').content.subarray(1);
  const fits = (value: Element | undefined, of: Buffer): boolean => hash !== undefined && createHash(hash).update(of).digest().equals(expectTag(value, TAG.octets, 'hash').content);
  const number = expectTag(serial, TAG.integer, 'serial number').content;
  return { raw: element.raw, ours: fits(nameHash, intermediate.name) && fits(keyHash, bitString), serial: (number[0] === 0 ? number.subarray(1) : number).toString('hex') };
}

function statusOf(asked: Asked, authority: Authority): Buffer {
  const certificate = asked.ours ? authority.state.certificates.get(asked.serial) : undefined;
  if (certificate === undefined) return Buffer.from([0x82, 0]);
  if (certificate.revoked === undefined) return Buffer.from([0x80, 0]);
  const { at, reason } = certificate.revoked;
  return wrap(0xa1, generalTime(at), ...(reason === 0 ? [] : [wrap(0xa0, wrap(TAG.enumerated, Buffer.from([reason])))]));
}

/** The DER answer to a DER request (RFC 6960), signed by the intermediate itself. Never throws. */
export function answerOcsp(request: Buffer, authority: Authority): Buffer {
  let asked: Asked[];
  let nonce: Buffer | undefined;
  try {
    const body = children(expectTag(children(expectTag(readWhole(request), TAG.sequence, 'request'))[0], TAG.sequence, 'request body'));
    const list = body.find((element) => element.tag === TAG.sequence);
    asked = children(expectTag(list, TAG.sequence, 'request list')).map((each) => readCertId(expectTag(children(each)[0], TAG.sequence, 'certificate identifier'), authority));
    const extensions = body.find((element) => element.tag === 0xa2);
    for (const each of extensions === undefined ? [] : children(readWhole(extensions.content))) {
      const type = children(each)[0];
      if (type !== undefined && readOid(type) === NONCE) nonce = each.raw;
    }
  } catch {
    return failure(1);
  }
  if (asked.length === 0) return failure(1);
  if (!asked.some((each) => each.ours)) return failure(6);
  const now = authority.now();
  const { intermediate } = authority.hierarchy;
  const responses = asked.map((each) => sequence(each.raw, statusOf(each, authority), generalTime(now - HOUR), wrap(0xa0, generalTime(now + 96 * HOUR))));
  const data = sequence(wrap(0xa2, octets(intermediate.keyId)), generalTime(now), sequence(...responses), ...(nonce === undefined ? [] : [wrap(0xa1, sequence(nonce))]));
  return sequence(wrap(TAG.enumerated, Buffer.from([0])), wrap(0xa0, sequence(oid(BASIC), octets(signed(data, intermediate.key)))));
}
