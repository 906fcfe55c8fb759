import { createHmac, timingSafeEqual } from 'node:crypto';
import type { JsonWebKey } from 'node:crypto';
import type { EabKey } from './exchange.js';
import { parseJws, thumbprintOf } from './jws.js';
import { parseObject } from './payload.js';
import { Problem } from './problem.js';

const HASHES: Record<string, string> = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' };

/**
 * Checks an external account binding (RFC 8555 section 7.3.4): MAC by a key that the CA gave out, over the account's
 * own key, for the URL of newAccount, without a nonce. Throws Problem malformed, badSignatureAlgorithm or unauthorized.
 */
export function checkBinding(binding: unknown, accountKey: JsonWebKey, url: string, keys: readonly EabKey[]): void {
  const jws = parseJws(binding, 'The external account binding');
  const { alg, kid, nonce } = jws.header;
  if (typeof alg !== 'string' || !Object.hasOwn(HASHES, alg)) throw new Problem('badSignatureAlgorithm', `MAC algorithm ${JSON.stringify(alg ?? null)} of the external account binding is not accepted`, { algorithms: Object.keys(HASHES) });
  if (nonce !== undefined) throw new Problem('malformed', 'The external account binding must not have a nonce');
  if (jws.header.url !== url) throw new Problem('malformed', 'The URL of the external account binding is not that of the request');
  if (typeof kid !== 'string') throw new Problem('malformed', 'The external account binding needs a "kid"');
  const known = keys.find((each) => each.kid === kid);
  if (known === undefined) throw new Problem('unauthorized', `The key identifier ${JSON.stringify(kid)} of the external account binding is unknown`);
  if (known.alg !== undefined && known.alg !== alg) throw new Problem('unauthorized', `The key ${JSON.stringify(kid)} is to be used with ${known.alg}`);
  const mac = createHmac(HASHES[alg] ?? 'sha256', Buffer.from(known.key, 'base64url')).update(jws.signed).digest();
  if (mac.length !== jws.signature.length || !timingSafeEqual(mac, jws.signature)) throw new Problem('unauthorized', 'The MAC of the external account binding is wrong');
  const bound = parseObject(jws.payload.toString('utf8'), 'The payload of the external account binding');
  if (thumbprintOf(bound) !== thumbprintOf(accountKey)) throw new Problem('malformed', 'The external account binding is for another key than that of the request');
}
