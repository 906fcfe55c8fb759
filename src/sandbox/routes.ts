import { accountOrders, keyChange, newAccount, postAccount } from './accounts.js';
import { postAuthorization, postChallenge } from './authorizations.js';
import { readCertificate } from './certificates.js';
import type { Authority, Call, Reply } from './exchange.js';
import { finalize } from './finalize.js';
import { newOrder, readOrder } from './orders.js';
import { renewalInfo } from './renewal-info.js';
import { revokeCertificate } from './revocation.js';

/** A resource that takes signed requests. */
export interface SignedRoute {
  kind: 'signed';
  path: RegExp;
  /** How its requests may be signed (RFC 8555 section 6.2). */
  signedBy: 'jwk' | 'kid' | 'both';
  answer(call: Call): Reply;
}

/** A resource that is read with GET or HEAD, without a signature. */
export interface OpenRoute {
  kind: 'open';
  path: RegExp;
  answer(request: { authority: Authority; origin: string; ids: readonly string[]; method: string }): Reply;
}

const ID = '([0-9a-f]{1,64})';

function signed(path: string, signedBy: SignedRoute['signedBy'], answer: SignedRoute['answer']): SignedRoute {
  return { kind: 'signed', path: new RegExp(`^${path}$`), signedBy, answer };
}

function open(path: string, answer: OpenRoute['answer']): OpenRoute {
  return { kind: 'open', path: new RegExp(`^${path}$`), answer };
}

/** The path of the directory; `/dir` is the same one, by the name that other test CAs use. */
export const DIRECTORY = '/directory';

function directory(authority: Authority, origin: string): Reply {
  const { policy } = authority;
  return {
    status: 200,
    body: {
      newNonce: `${origin}/acme/new-nonce`,
      newAccount: `${origin}/acme/new-acct`,
      newOrder: `${origin}/acme/new-order`,
      revokeCert: `${origin}/acme/revoke-cert`,
      keyChange: `${origin}/acme/key-change`,
      renewalInfo: `${origin}/acme/renewal-info`,
      meta: {
        termsOfService: `${origin}/terms`,
        caaIdentities: [policy.caaIdentity],
        externalAccountRequired: policy.requireEab,
        profiles: Object.fromEntries(Object.entries(policy.profiles).map(([name, { description }]) => [name, description])),
      },
    },
  };
}

const TERMS = 'Terms of the sandbox CA: nothing here is real. No certificate of this CA is trusted by anybody, and nobody promises anything.\n';

/** All resources of the ACME server. */
export const ROUTES: readonly (SignedRoute | OpenRoute)[] = [
  open('/dir(?:ectory)?', ({ authority, origin }) => directory(authority, origin)),
  open('/acme/new-nonce', ({ method }) => ({ status: method === 'HEAD' ? 200 : 204 })),
  open('/terms', () => ({ status: 200, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body: TERMS })),
  open('/acme/renewal-info/([^/]{1,200})', ({ authority, ids }) => renewalInfo(ids[0] ?? '', authority)),
  signed('/acme/new-acct', 'jwk', newAccount),
  signed('/acme/new-order', 'kid', newOrder),
  signed('/acme/revoke-cert', 'both', revokeCertificate),
  signed('/acme/key-change', 'kid', keyChange),
  signed(`/acme/acct/${ID}`, 'kid', postAccount),
  signed(`/acme/acct/${ID}/orders`, 'kid', accountOrders),
  signed(`/acme/order/${ID}`, 'kid', readOrder),
  signed(`/acme/order/${ID}/finalize`, 'kid', finalize),
  signed(`/acme/authz/${ID}`, 'kid', postAuthorization),
  signed(`/acme/chall/${ID}/${ID}`, 'kid', postChallenge),
  signed(`/acme/cert/${ID}(?:/(\\d{1,3}))?`, 'kid', readCertificate),
];
