import type { Authority, Call, Reply } from './exchange.js';
import { keyDigest } from './csr.js';
import { decodeBase64url, parseObject } from './payload.js';
import { Problem } from './problem.js';
import type { Account, Certificate } from './state.js';

/** Reasons a subscriber may give (RFC 5280 section 5.3.1, Baseline Requirements 7.2.2). */
const REASONS = new Set([0, 1, 3, 4, 5, 9]);
const KEY_COMPROMISE = 1;

function find(authority: Authority, der: Buffer): Certificate {
  const text = der.toString('base64');
  for (const certificate of authority.state.certificates.values()) if (certificate.der === text) return certificate;
  throw new Problem('malformed', 'The certificate was not issued by this CA', { status: 404 });
}

/** An account may revoke what it ordered, and what it holds authorizations for, all names (RFC 8555 section 7.6). */
function accountMay(authority: Authority, account: Account, certificate: Certificate): boolean {
  if (account.id === certificate.accountId) return true;
  return certificate.identifiers.every((identifier) => {
    const wildcard = identifier.value.startsWith('*.');
    const base = wildcard ? { ...identifier, value: identifier.value.slice(2) } : identifier;
    return authority.state.validAuthorization(account.id, base, wildcard, authority.now()) !== undefined;
  });
}

/** POST revokeCert (RFC 8555 section 7.6), signed by an account or by the key of the certificate. */
export function revokeCertificate(call: Call): Reply {
  const { authority, account } = call;
  const payload = parseObject(call.payload.toString('utf8'), 'The payload');
  const certificate = find(authority, decodeBase64url(payload.certificate, 'The certificate'));
  const allowed = account === undefined ? keyDigest(call.key.export({ type: 'spki', format: 'der' })) === certificate.keyDigest : accountMay(authority, account, certificate);
  if (!allowed) throw new Problem('unauthorized', 'Neither the key of the certificate nor an account that may revoke it has signed the request');
  const reason = payload.reason ?? 0;
  if (typeof reason !== 'number' || !REASONS.has(reason)) throw new Problem('badRevocationReason', `Reason ${JSON.stringify(reason)} is not accepted: ${[...REASONS].join(', ')} are`);
  if (certificate.revoked !== undefined) throw new Problem('alreadyRevoked', 'The certificate has been revoked already');
  certificate.revoked = { at: authority.now(), reason };
  if (reason === KEY_COMPROMISE) authority.state.compromisedKeys.add(certificate.keyDigest);
  authority.state.changed();
  return { status: 200 };
}
