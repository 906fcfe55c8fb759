import { randomBytes } from 'node:crypto';
import type { Call, Reply } from './exchange.js';
import { accountUrl, link, urlOf } from './exchange.js';
import { checkBinding } from './external-account.js';
import { accountOfKid, checkAlgorithm, checkSignature, parseJws, readKey, thumbprintOf } from './jws.js';
import { isLoose, moment, optionalBoolean, optionalString, optionalStrings, parseObject } from './payload.js';
import type { Loose } from './payload.js';
import { Problem } from './problem.js';
import { ageAuthorization, ageOrder } from './state.js';
import type { Account } from './state.js';

const MAX_CONTACTS = 10;
const MAILBOX = /^[A-Za-z0-9.!#$&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/;

/** Checks contact URLs (RFC 8555 section 7.3). Throws Problem unsupportedContact or invalidContact. */
function checkContacts(contacts: readonly string[]): void {
  if (contacts.length > MAX_CONTACTS) throw new Problem('invalidContact', `At most ${MAX_CONTACTS} contacts are accepted, not ${contacts.length}`);
  for (const contact of contacts) {
    const shown = JSON.stringify(contact);
    if (!/^mailto:/i.test(contact)) throw new Problem('unsupportedContact', `Contact ${shown} is not supported: only "mailto:" is`);
    const address = contact.slice('mailto:'.length);
    if (address.includes('?')) throw new Problem('invalidContact', `Contact ${shown} has header fields, which RFC 8555 forbids`);
    if (address.includes(',')) throw new Problem('invalidContact', `Contact ${shown} has more than one address`);
    let plain = '';
    try {
      plain = decodeURIComponent(address);
    } catch {
      throw new Problem('invalidContact', `Contact ${shown} is not a correct URL`);
    }
    if (!MAILBOX.test(plain) || plain.includes('..') || !plain.slice(plain.indexOf('@')).includes('.')) throw new Problem('invalidContact', `Contact ${shown} is not an e-mail address`);
  }
}

function accountBody(account: Account, origin: string): object {
  return {
    status: account.status,
    contact: account.contact,
    termsOfServiceAgreed: account.termsOfServiceAgreed,
    ...(account.externalAccountBinding === undefined ? {} : { externalAccountBinding: account.externalAccountBinding }),
    key: account.key,
    createdAt: moment(account.createdAt),
    orders: `${accountUrl(origin, account.id)}/orders`,
  };
}

function readContacts(payload: Loose): string[] | undefined {
  const contacts = optionalStrings(payload, 'contact');
  if (contacts !== undefined) checkContacts(contacts);
  return contacts;
}

/** POST newAccount (RFC 8555 section 7.3): 201 for a new one, 200 for the account that the key has already. */
export function newAccount(call: Call): Reply {
  const { authority, origin } = call;
  const payload = parseObject(call.payload.toString('utf8'), 'The payload');
  const terms = link(urlOf(call, '/terms'), 'terms-of-service');
  const existing = authority.state.accountByThumbprint(call.thumbprint);
  if (existing !== undefined) {
    if (existing.status !== 'valid') throw new Problem('unauthorized', `The account of this key is ${existing.status}`);
    return { status: 200, headers: { Location: accountUrl(origin, existing.id) }, links: [terms], body: accountBody(existing, origin) };
  }
  if (optionalBoolean(payload, 'onlyReturnExisting') === true) throw new Problem('accountDoesNotExist', 'No account has this key');
  const contact = readContacts(payload) ?? [];
  if (optionalBoolean(payload, 'termsOfServiceAgreed') !== true) {
    throw new Problem('userActionRequired', 'The terms of service must be agreed to ("termsOfServiceAgreed": true)', { instance: urlOf(call, '/terms'), headers: { Link: terms } });
  }
  const key = call.key.export({ format: 'jwk' });
  const binding = payload.externalAccountBinding;
  if (binding !== undefined && binding !== null) checkBinding(binding, key, call.url, authority.policy.eabKeys);
  else if (authority.policy.requireEab) throw new Problem('externalAccountRequired', 'This CA needs an external account binding for new accounts');
  const account: Account = {
    id: randomBytes(6).toString('hex'),
    status: 'valid',
    contact,
    termsOfServiceAgreed: true,
    key,
    thumbprint: call.thumbprint,
    createdAt: authority.now(),
    ...(isLoose(binding) ? { externalAccountBinding: binding } : {}),
  };
  authority.state.accounts.set(account.id, account);
  authority.state.changed();
  return { status: 201, headers: { Location: accountUrl(origin, account.id) }, links: [terms], body: accountBody(account, origin) };
}

/** The account that signed, if its URL is the one that was asked. Throws Problem unauthorized. */
function ownAccount(call: Call): Account {
  if (call.account === undefined || call.account.id !== call.ids[0]) throw new Problem('unauthorized', 'The request was signed by another account');
  return call.account;
}

/** POST to an account: read, change contacts (section 7.3.2) or deactivate (section 7.3.6). */
export function postAccount(call: Call): Reply {
  const { authority, origin } = call;
  const own = ownAccount(call);
  if (call.payload.length > 0) {
    const payload = parseObject(call.payload.toString('utf8'), 'The payload');
    const status = optionalString(payload, 'status');
    if (status !== undefined && status !== 'valid' && status !== 'deactivated') throw new Problem('malformed', `An account cannot be made ${JSON.stringify(status)}`);
    const contact = readContacts(payload);
    if (contact !== undefined) own.contact = contact;
    if (optionalBoolean(payload, 'termsOfServiceAgreed') === true && authority.policy.termsByHand !== true) own.termsOfServiceAgreed = true;
    if (status === 'deactivated') {
      own.status = 'deactivated';
      for (const each of authority.state.authorizations.values()) if (each.accountId === own.id && each.status === 'pending') each.status = 'deactivated';
    }
    authority.state.changed();
  }
  return { status: 200, headers: { Location: accountUrl(origin, own.id) }, body: accountBody(own, origin) };
}

/** POST-as-GET of the orders of an account (section 7.1.2.1): those that are not invalid. */
export function accountOrders(call: Call): Reply {
  const own = ownAccount(call);
  const { state } = call.authority;
  const now = call.authority.now();
  const orders = [...state.orders.values()].filter((order) => order.accountId === own.id);
  for (const each of state.authorizations.values()) ageAuthorization(each, now);
  for (const order of orders) ageOrder(order, state, now);
  return { status: 200, body: { orders: orders.filter((order) => order.status !== 'invalid').map((order) => urlOf(call, `/acme/order/${order.id}`)) } };
}

/** POST keyChange (section 7.3.5): the inner JWS is signed by the new key. 409 with Location when that key has an account. */
export function keyChange(call: Call): Reply {
  const { authority, origin } = call;
  const own = call.account;
  if (own === undefined) throw new Problem('malformed', 'A key change must be signed by the account');
  const inner = parseJws(parseObject(call.payload.toString('utf8'), 'The inner request'), 'The inner request');
  checkAlgorithm(inner.header);
  if (!('jwk' in inner.header) || 'kid' in inner.header) throw new Problem('malformed', 'The inner request must be signed with "jwk"');
  const newKey = readKey(inner.header.jwk);
  checkAlgorithm(inner.header, newKey);
  checkSignature(inner, newKey);
  if (inner.header.url !== call.url) throw new Problem('malformed', 'The URL of the inner request is not that of the outer one');
  if ('nonce' in inner.header) throw new Problem('malformed', 'The inner request must not have a nonce');
  const payload = parseObject(inner.payload.toString('utf8'), 'The inner payload');
  if (accountOfKid(payload.account, authority).id !== own.id) throw new Problem('malformed', 'The inner request names another account');
  if (!isLoose(payload.oldKey) || thumbprintOf(payload.oldKey) !== own.thumbprint) throw new Problem('malformed', '"oldKey" is not the present key of the account');
  const holder = authority.state.accountByThumbprint(newKey.thumbprint);
  if (holder !== undefined) throw new Problem('malformed', 'The new key belongs to an account already', { status: 409, headers: { Location: accountUrl(origin, holder.id) } });
  own.key = newKey.jwk;
  own.thumbprint = newKey.thumbprint;
  authority.state.changed();
  return { status: 200, headers: { Location: accountUrl(origin, own.id) }, body: accountBody(own, origin) };
}
