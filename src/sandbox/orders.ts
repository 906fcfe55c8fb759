import { randomBytes } from 'node:crypto';
import type { Authority, Call, Reply } from './exchange.js';
import { link, urlOf } from './exchange.js';
import { newAuthorization } from './authorizations.js';
import { readIdentifiers } from './identifiers.js';
import { renewalId } from './issuing.js';
import { moment, optionalString, parseMoment, parseObject } from './payload.js';
import type { Loose } from './payload.js';
import { Problem } from './problem.js';
import type { Identifier } from './problem.js';
import { certificateOfRenewalId } from './renewal-info.js';
import { ageOrder } from './state.js';
import type { Account, Order } from './state.js';

/** An order as it travels (RFC 8555 section 7.1.3). */
function orderBody(order: Order, call: { origin: string }): object {
  return {
    status: order.status,
    expires: moment(order.expires),
    identifiers: order.identifiers,
    profile: order.profile,
    ...(order.notBefore === undefined ? {} : { notBefore: moment(order.notBefore) }),
    ...(order.notAfter === undefined ? {} : { notAfter: moment(order.notAfter) }),
    ...(order.replaces === undefined ? {} : { replaces: order.replaces }),
    ...(order.error === undefined ? {} : { error: order.error }),
    authorizations: order.authorizationIds.map((id) => urlOf(call, `/acme/authz/${id}`)),
    finalize: urlOf(call, `/acme/order/${order.id}/finalize`),
    ...(order.certificateId === undefined ? {} : { certificate: urlOf(call, `/acme/cert/${order.certificateId}`) }),
  };
}

/** Answer that shows an order, with Retry-After while it is processing. */
export function orderReply(order: Order, call: Call, status: number): Reply {
  const retry: Record<string, string> = order.status === 'processing' ? { 'Retry-After': String(call.authority.policy.retryAfter) } : {};
  return { status, headers: { Location: urlOf(call, `/acme/order/${order.id}`), ...retry }, body: orderBody(order, call) };
}

function readDates(payload: Loose, lifetime: number, now: number): { notBefore?: number; notAfter?: number } {
  const first = optionalString(payload, 'notBefore');
  const last = optionalString(payload, 'notAfter');
  const notBefore = first === undefined ? undefined : parseMoment(first, 'notBefore');
  const notAfter = last === undefined ? undefined : parseMoment(last, 'notAfter');
  if (notAfter !== undefined && (notAfter <= (notBefore ?? now) || notAfter <= now)) throw new Problem('malformed', '"notAfter" is not after "notBefore" and the present');
  if (notAfter !== undefined && notAfter - (notBefore ?? now) > lifetime) throw new Problem('malformed', `The profile allows at most ${lifetime / 3_600_000} hours between "notBefore" and "notAfter"`);
  return { notBefore, notAfter };
}

/** Checks `replaces` (RFC 9773 section 5). Throws Problem malformed, unauthorized or alreadyReplaced (409). */
function checkReplaces(authority: Authority, id: string, account: Account, identifiers: readonly Identifier[]): string {
  const certificate = certificateOfRenewalId(id, authority);
  if (certificate.accountId !== account.id) throw new Problem('unauthorized', 'The certificate to be replaced was issued to another account');
  const names = new Set(certificate.identifiers.map((each) => `${each.type} ${each.value}`));
  if (!identifiers.some((each) => names.has(`${each.type} ${each.value}`))) throw new Problem('malformed', 'The order has no name in common with the certificate to be replaced');
  const canonical = renewalId(certificate, authority.hierarchy);
  for (const order of authority.state.orders.values()) {
    if (order.replaces !== canonical) continue;
    ageOrder(order, authority.state, authority.now());
    if (order.status !== 'invalid') throw new Problem('alreadyReplaced', `The certificate has been replaced already, or is about to be, by order ${order.id}`);
  }
  return canonical;
}

/** POST newOrder (RFC 8555 section 7.4). Valid authorizations of the account are taken over when the policy says so. */
export function newOrder(call: Call): Reply {
  const { authority, account } = call;
  if (account === undefined) throw new Problem('malformed', 'An order must be signed by an account');
  const { policy, state } = authority;
  if (!account.termsOfServiceAgreed) {
    const terms = urlOf(call, '/terms');
    throw new Problem('userActionRequired', 'The terms of service have changed and must be agreed to', { instance: terms, headers: { Link: link(terms, 'terms-of-service') } });
  }
  const now = authority.now();
  const payload = parseObject(call.payload.toString('utf8'), 'The payload');
  const identifiers = readIdentifiers(payload.identifiers, policy.maxIdentifiers, policy.blockedNames);
  const profileName = optionalString(payload, 'profile') ?? policy.defaultProfile;
  const profile = Object.hasOwn(policy.profiles, profileName) ? policy.profiles[profileName] : undefined;
  if (profile === undefined) throw new Problem('invalidProfile', `Profile ${JSON.stringify(profileName)} is not offered: ${Object.keys(policy.profiles).join(', ')} are`);
  const dates = readDates(payload, profile.validityHours * 3_600_000, now);
  const replaces = optionalString(payload, 'replaces');
  const replaced = replaces === undefined ? undefined : checkReplaces(authority, replaces, account, identifiers);
  const authorizations = identifiers.map((identifier) => {
    const wildcard = identifier.value.startsWith('*.');
    const base: Identifier = wildcard ? { type: 'dns', value: identifier.value.slice(2) } : identifier;
    const reused = policy.authzReuse ? state.validAuthorization(account.id, base, wildcard, now) : undefined;
    return reused ?? newAuthorization(authority, account, base, wildcard);
  });
  const order: Order = {
    id: randomBytes(8).toString('hex'),
    accountId: account.id,
    status: 'pending',
    createdAt: now,
    expires: now + policy.orderMs,
    identifiers,
    authorizationIds: authorizations.map((each) => each.id),
    profile: profileName,
    ...dates,
    ...(replaced === undefined ? {} : { replaces: replaced }),
  };
  ageOrder(order, state, now);
  state.orders.set(order.id, order);
  state.changed();
  return orderReply(order, call, 201);
}

/** The order that a path names, if it belongs to the account that signed. Throws Problem malformed (404) or unauthorized. */
export function ownOrder(call: Call): Order {
  const order = call.authority.state.orders.get(call.ids[0] ?? '');
  if (order === undefined) throw new Problem('malformed', 'No such order', { status: 404 });
  if (order.accountId !== call.account?.id) throw new Problem('unauthorized', 'The order belongs to another account');
  ageOrder(order, call.authority.state, call.authority.now());
  return order;
}

/** POST-as-GET of an order. */
export function readOrder(call: Call): Reply {
  return orderReply(ownOrder(call), call, 200);
}
