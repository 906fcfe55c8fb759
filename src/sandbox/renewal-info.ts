import type { Authority, Reply } from './exchange.js';
import { decodeBase64url, moment } from './payload.js';
import { Problem } from './problem.js';
import type { Certificate } from './state.js';

/** The certificate that an RFC 9773 identifier names (section 4.1). Throws Problem malformed, 404 when we did not issue it. */
export function certificateOfRenewalId(id: string, authority: Authority): Certificate {
  const [keyId, serial, ...more] = id.split('.');
  if (keyId === undefined || serial === undefined || more.length > 0) throw new Problem('malformed', `${JSON.stringify(id)} is not a certificate identifier: key identifier, dot, serial number`);
  const key = decodeBase64url(keyId, 'The key identifier');
  const content = decodeBase64url(serial, 'The serial number');
  // The identifier holds the DER content of the serial: a high first bit needs its zero byte.
  const number = content[0] === 0 && ((content[1] ?? 0) & 0x80) !== 0 ? content.subarray(1) : content;
  const signFits = number !== content || ((content[0] ?? 0) & 0x80) === 0;
  const certificate = signFits && key.equals(authority.hierarchy.intermediate.keyId) ? authority.state.certificates.get(number.toString('hex')) : undefined;
  if (certificate === undefined) throw new Problem('malformed', 'No certificate of this CA has that identifier', { status: 404 });
  return certificate;
}

/** When a certificate should be renewed, in milliseconds since 1970: as set by hand, at once when revoked, else from two thirds of its life. */
function renewalWindow(certificate: Certificate, authority: Authority): { start: number; end: number } {
  const { notBefore, notAfter, revoked, window } = certificate;
  if (window !== undefined) return { start: window.start, end: window.end };
  if (authority.policy.window !== undefined) return authority.policy.window;
  if (revoked !== undefined) return { start: revoked.at - 3_600_000, end: revoked.at };
  const life = notAfter - notBefore;
  const start = notBefore + (life * 2) / 3;
  return { start, end: start + life / 45 };
}

/** GET of renewal information (RFC 9773 section 4.2), unsigned. */
export function renewalInfo(id: string, authority: Authority): Reply {
  const certificate = certificateOfRenewalId(id, authority);
  const { start, end } = renewalWindow(certificate, authority);
  const explanation = certificate.window?.explanationUrl;
  return {
    status: 200,
    headers: { 'Retry-After': String(authority.policy.renewalRetryAfter) },
    body: { suggestedWindow: { start: moment(start), end: moment(end) }, ...(explanation === undefined ? {} : { explanationURL: explanation }) },
  };
}
