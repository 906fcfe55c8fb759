import { checkCaa } from './caa.js';
import { validateDns } from './challenges-dns.js';
import { validateHttp } from './challenges-http.js';
import { validateTlsAlpn } from './challenges-tls-alpn.js';
import type { Authority, Call } from './exchange.js';
import { accountUrl } from './exchange.js';
import { Problem } from './problem.js';
import type { Identifier } from './problem.js';
import type { Authorization, Challenge } from './state.js';

/** What a validation needs to know of the challenge and of who answered it. */
export interface ValidationTask {
  authority: Authority;
  challenge: Challenge;
  identifier: Identifier;
  wildcard: boolean;
  token: string;
  /** RFC 8555 section 8.1, with the key the account had when it answered. */
  keyAuthorization: string;
  /** The account's URL under every origin of the CA; the first is the one the client used. */
  accountUrls: readonly string[];
}

async function check(task: ValidationTask): Promise<void> {
  switch (task.challenge.type) {
    case 'http-01':
      await validateHttp(task);
      break;
    case 'tls-alpn-01':
      await validateTlsAlpn(task);
      break;
    default:
      await validateDns(task);
  }
  if (task.identifier.type === 'dns') await checkCaa(task.authority, task.identifier.value, task.wildcard, task.challenge.type, task.accountUrls);
}

/** Validates a challenge by real connections and queries, then writes the outcome into it and its authorization. Never rejects. */
export async function validateChallenge(authority: Authority, authorization: Authorization, challenge: Challenge, call: Call): Promise<void> {
  const origins = [call.origin, ...authority.origins().filter((origin) => origin !== call.origin)];
  const token = challenge.token ?? '';
  const task: ValidationTask = {
    authority,
    challenge,
    identifier: authorization.identifier,
    wildcard: authorization.wildcard,
    token,
    keyAuthorization: `${token}.${call.thumbprint}`,
    accountUrls: origins.map((origin) => accountUrl(origin, authorization.accountId)),
  };
  let refusal: Problem | undefined;
  try {
    await check(task);
  } catch (error) {
    refusal = error instanceof Problem ? error : new Problem('serverInternal', 'The validation could not be carried out');
  }
  if (authorization.status !== 'pending') return;
  const now = authority.now();
  if (refusal !== undefined) {
    challenge.status = 'invalid';
    challenge.error = refusal.body(authorization.identifier);
    authorization.status = 'invalid';
  } else {
    challenge.status = 'valid';
    challenge.validated = now;
    if (authority.dice().strikes('expireAuthz', call.path) !== undefined) {
      authorization.status = 'expired';
      authorization.expires = now;
    } else {
      authorization.status = 'valid';
      authorization.expires = now + authority.policy.validAuthorizationMs;
      authority.state.offerForReuse(authorization);
    }
  }
  authority.state.changed();
}
