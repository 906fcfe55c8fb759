import { OID, SIGNATURE_ALGORITHM, authorityKeyId, extension, signed } from './certificate-der.js';
import { TAG, integer, oid, sequence, time, wrap } from './der.js';
import type { Authority } from './exchange.js';

const DAY = 86_400_000;

function reasonExtension(reason: number): Buffer[] {
  return reason === 0 ? [] : [sequence(sequence(oid(OID.crlReason), wrap(TAG.octets, wrap(TAG.enumerated, Buffer.from([reason])))))];
}

/** The DER of the present list of revoked certificates (RFC 5280 section 5), valid for a week. */
export function makeCrl(authority: Authority): Buffer {
  const now = authority.now();
  const { intermediate } = authority.hierarchy;
  const entries = [...authority.state.certificates.values()].flatMap((certificate) =>
    certificate.revoked === undefined ? [] : [sequence(integer(Buffer.from(certificate.id, 'hex')), time(certificate.revoked.at), ...reasonExtension(certificate.revoked.reason))],
  );
  const number = Buffer.alloc(6);
  number.writeUIntBE(now, 0, 6);
  const body = sequence(
    integer(1),
    SIGNATURE_ALGORITHM,
    intermediate.name,
    time(now),
    time(now + 7 * DAY),
    ...(entries.length > 0 ? [sequence(...entries)] : []),
    wrap(0xa0, sequence(authorityKeyId(intermediate.keyId), extension(OID.crlNumber, false, integer(number)))),
  );
  return signed(body, intermediate.key);
}
