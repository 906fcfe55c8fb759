import { setTimeout } from 'node:timers/promises';
import { canonicalAddress } from '../system/addresses.js';
import { checkCaa } from './caa.js';
import { keyDigest, readCsr } from './csr.js';
import type { Csr } from './csr.js';
import type { Authority, Call, Reply } from './exchange.js';
import { accountUrl } from './exchange.js';
import { issueCertificate } from './issuing.js';
import { orderReply, ownOrder } from './orders.js';
import { decodeBase64url, parseObject } from './payload.js';
import { Problem, joinProblems } from './problem.js';
import type { Identifier } from './problem.js';
import { thumbprintOf } from './jws.js';
import type { Order } from './state.js';

/** CAA must have been checked within eight hours before the issuance (Baseline Requirements 3.2.2.8). */
const CAA_LIFE_MS = 8 * 3_600_000;

function keysOf(identifiers: readonly Identifier[]): Set<string> {
  return new Set(identifiers.map((each) => `${each.type} ${each.value}`));
}

/** The values of keys as `keysOf` makes them. */
function list(keys: readonly string[]): string {
  return keys.map((key) => key.slice(key.indexOf(' ') + 1)).join(', ');
}

/** Compares the names of CSR and order: they must be the same set. Throws Problem badCSR that names the differences. */
function checkNames(csr: Csr, order: Pick<Order, 'identifiers'>): void {
  const asked = keysOf(csr.identifiers);
  if (csr.commonName !== undefined) {
    const address = canonicalAddress(csr.commonName);
    asked.add(address === undefined ? `dns ${csr.commonName}` : `ip ${address}`);
  }
  const ordered = keysOf(order.identifiers);
  const missing = [...ordered].filter((each) => !asked.has(each));
  const extra = [...asked].filter((each) => !ordered.has(each));
  if (missing.length === 0 && extra.length === 0) return;
  throw new Problem('badCSR', `The names of the CSR are not those of the order:${missing.length > 0 ? ` it lacks ${list(missing)}` : ''}${missing.length > 0 && extra.length > 0 ? ';' : ''}${extra.length > 0 ? ` it has in addition ${list(extra)}` : ''}`);
}

async function recheckCaa(authority: Authority, order: Order): Promise<void> {
  const now = authority.now();
  const urls = authority.origins().map((origin) => accountUrl(origin, order.accountId));
  const refused: { identifier: Identifier; problem: Problem }[] = [];
  for (const id of order.authorizationIds) {
    const authorization = authority.state.authorizations.get(id);
    const proof = authorization?.challenges.find((each) => each.status === 'valid');
    if (authorization === undefined || proof === undefined || authorization.identifier.type !== 'dns' || now - (proof.validated ?? 0) < CAA_LIFE_MS) continue;
    const { identifier, wildcard } = authorization;
    try {
      await checkCaa(authority, identifier.value, wildcard, proof.type, urls);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      refused.push({ identifier: wildcard ? { type: 'dns', value: `*.${identifier.value}` } : identifier, problem: error });
    }
  }
  if (refused.length > 0) throw joinProblems(refused, 'CAA was checked again before issuing');
}

async function issue(authority: Authority, order: Order, csr: Csr, path: string): Promise<void> {
  try {
    await recheckCaa(authority, order);
    if (authority.policy.issueDelayMs > 0) await setTimeout(authority.policy.issueDelayMs, undefined, { signal: authority.signal });
    if (authority.dice().strikes('orderInvalid', path) !== undefined) throw new Problem('serverInternal', 'The order was made invalid on purpose (sandbox fault orderInvalid)');
    const certificate = issueCertificate(authority, order, csr);
    authority.state.certificates.set(certificate.id, certificate);
    order.certificateId = certificate.id;
    order.status = 'valid';
  } catch (error) {
    order.status = 'invalid';
    order.error = (error instanceof Problem ? error : new Problem('serverInternal', 'The certificate could not be issued')).body();
  }
  authority.state.changed();
}

/** POST finalize (RFC 8555 section 7.4): checks the CSR, answers "processing", and issues after the answer. */
export function finalize(call: Call): Reply {
  const { authority, account } = call;
  const order = ownOrder(call);
  if (order.status !== 'ready') throw new Problem('orderNotReady', `The order is ${order.status}: only a ready one can be finalized`);
  const payload = parseObject(call.payload.toString('utf8'), 'The payload');
  if (typeof payload.csr !== 'string') throw new Problem('malformed', 'The payload needs a "csr"');
  let der: Buffer;
  try {
    der = decodeBase64url(payload.csr, 'The CSR');
  } catch {
    throw new Problem('badCSR', 'The CSR is not base64url without padding (of DER, not of PEM)');
  }
  const csr = readCsr(der);
  checkNames(csr, order);
  if (thumbprintOf(csr.key.export({ format: 'jwk' })) === account?.thumbprint) throw new Problem('badCSR', 'The key of the certificate must not be that of the account');
  if (authority.state.compromisedKeys.has(keyDigest(csr.spki))) throw new Problem('badCSR', 'The key of the CSR is known to be compromised: a certificate with it was revoked for keyCompromise');
  order.status = 'processing';
  authority.state.changed();
  authority.background(() => issue(authority, order, csr, call.path));
  return orderReply(order, call, 200);
}
