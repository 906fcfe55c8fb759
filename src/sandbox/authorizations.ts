import { randomBytes } from 'node:crypto';
import type { Authority, Call, Reply } from './exchange.js';
import { accountUrl, link, urlOf } from './exchange.js';
import { moment, optionalString, parseObject } from './payload.js';
import { Problem } from './problem.js';
import type { Identifier } from './problem.js';
import { ageAuthorization } from './state.js';
import type { Account, Authorization, Challenge, ChallengeType } from './state.js';
import { validateChallenge } from './validation.js';

const FOR_WILDCARDS: readonly ChallengeType[] = ['dns-01', 'dns-account-01', 'dns-persist-01'];
const FOR_NAMES: readonly ChallengeType[] = ['http-01', 'dns-01', 'tls-alpn-01', 'dns-account-01', 'dns-persist-01'];
const FOR_ADDRESSES: readonly ChallengeType[] = ['http-01', 'tls-alpn-01'];

/** A pending authorization with the challenges that fit: DNS alone for wildcards, no DNS for addresses (RFC 8738). */
export function newAuthorization(authority: Authority, account: Account, identifier: Identifier, wildcard: boolean): Authorization {
  const types = identifier.type === 'ip' ? FOR_ADDRESSES : wildcard ? FOR_WILDCARDS : FOR_NAMES;
  const token = randomBytes(32).toString('base64url');
  const authorization: Authorization = {
    id: randomBytes(8).toString('hex'),
    accountId: account.id,
    identifier,
    wildcard,
    status: 'pending',
    expires: authority.now() + authority.policy.pendingAuthorizationMs,
    challenges: types.map((type): Challenge => ({ id: randomBytes(4).toString('hex'), type, status: 'pending', ...(type === 'dns-persist-01' ? {} : { token }) })),
  };
  authority.state.addAuthorization(authorization);
  return authorization;
}

function challengeBody(authorization: Authorization, challenge: Challenge, call: Call): object {
  return {
    type: challenge.type,
    url: urlOf(call, `/acme/chall/${authorization.id}/${challenge.id}`),
    status: challenge.status,
    ...(challenge.token === undefined ? {} : { token: challenge.token }),
    ...(challenge.type === 'dns-persist-01'
      ? { accounturi: accountUrl(call.origin, authorization.accountId), 'issuer-domain-names': [call.authority.policy.caaIdentity] }
      : {}),
    ...(challenge.validated === undefined ? {} : { validated: moment(challenge.validated) }),
    ...(challenge.error === undefined ? {} : { error: challenge.error }),
  };
}

/** An authorization as it travels (RFC 8555 section 7.1.4). A valid one shows only the challenge that made it so. */
function authorizationBody(authorization: Authorization, call: Call): object {
  const shown = authorization.status === 'valid' ? authorization.challenges.filter((each) => each.status === 'valid') : authorization.challenges;
  return {
    identifier: authorization.identifier,
    status: authorization.status,
    expires: moment(authorization.expires),
    challenges: shown.map((challenge) => challengeBody(authorization, challenge, call)),
    ...(authorization.wildcard ? { wildcard: true } : {}),
  };
}

function ownAuthorization(call: Call): Authorization {
  const authorization = call.authority.state.authorizations.get(call.ids[0] ?? '');
  if (authorization === undefined) throw new Problem('malformed', 'No such authorization', { status: 404 });
  if (authorization.accountId !== call.account?.id) throw new Problem('unauthorized', 'The authorization belongs to another account');
  ageAuthorization(authorization, call.authority.now());
  return authorization;
}

function retryAfter(authorization: Authorization, call: Call): Record<string, string> {
  const busy = authorization.status === 'pending' && authorization.challenges.some((each) => each.status === 'processing');
  return busy ? { 'Retry-After': String(call.authority.policy.retryAfter) } : {};
}

/** POST to an authorization: read it, or deactivate it (RFC 8555 sections 7.5 and 7.5.2). */
export function postAuthorization(call: Call): Reply {
  const own = ownAuthorization(call);
  if (call.payload.length > 0) {
    const status = optionalString(parseObject(call.payload.toString('utf8'), 'The payload'), 'status');
    if (status !== 'deactivated') throw new Problem('malformed', 'An authorization can only be read (empty payload) or deactivated');
    if (own.status !== 'pending' && own.status !== 'valid') throw new Problem('malformed', `The authorization is ${own.status}: it cannot be deactivated`);
    own.status = 'deactivated';
    call.authority.state.changed();
  }
  return { status: 200, headers: retryAfter(own, call), body: authorizationBody(own, call) };
}

/** POST to a challenge: read it (empty payload), or say that it is ready to be validated (`{}`, section 7.5.1). */
export function postChallenge(call: Call): Reply {
  const own = ownAuthorization(call);
  const chosen = own.challenges.find((each) => each.id === call.ids[1]);
  if (chosen === undefined) throw new Problem('malformed', 'No such challenge', { status: 404 });
  if (call.payload.length > 0) {
    parseObject(call.payload.toString('utf8'), 'The payload');
    if (own.status !== 'pending' && own.status !== 'valid') throw new Problem('malformed', `The authorization is ${own.status}: its challenges can no longer be answered`);
    if (own.status === 'pending' && chosen.status === 'pending') {
      chosen.status = 'processing';
      call.authority.background(() => validateChallenge(call.authority, own, chosen, call));
    }
  }
  const authorizationLink = link(urlOf(call, `/acme/authz/${own.id}`), 'up');
  return { status: 200, headers: retryAfter(own, call), links: [authorizationLink], body: challengeBody(own, chosen, call) };
}
