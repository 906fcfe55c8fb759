import { createHmac, sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import AcmeApi, { type RequestOptions } from 'acme-client/src/api.js';
import HttpClient, { type Response, type SignedBody, type Signing } from 'acme-client/src/http.js';
import { errorOf } from './problem.js';
import { nonceOf, type Session } from './session.js';

const BAD_NONCE = 'urn:ietf:params:acme:error:badNonce';
/** A CA behind several machines may refuse some nonces in a row; the refusal brings a fresh one each time. */
const MOST_BAD_NONCES = 20;
const HASHES = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' } as const;
/** RFC 7518 section 3.1, by the curve of an EC key; RSA keys sign with RS256. */
const CURVES: Readonly<Record<string, { alg: string; hash: string }>> = {
  'P-256': { alg: 'ES256', hash: 'sha256' },
  'P-384': { alg: 'ES384', hash: 'sha384' },
  'P-521': { alg: 'ES512', hash: 'sha512' },
};
const RS256 = { alg: 'RS256', hash: 'sha256' };
const signBeside = promisify(sign);
/** The public halves that go into headers, kept: every request asks for its key's. */
const jwks = new WeakMap<KeyObject, Record<string, string>>();

export type HmacAlgorithm = keyof typeof HASHES;

/** External account binding (RFC 8555 section 7.3.4); `key` is base64url as the CA shows it. */
export interface ExternalAccount {
  kid: string;
  key: string;
  alg: HmacAlgorithm;
}

export interface CallOptions {
  /** In words, for the protocol view. */
  purpose: string;
  /** May be sent twice after a lost connection: a read, or something that the CA takes as done already. */
  repeatable: boolean;
  eab?: ExternalAccount;
}

/** acme-client's signing over our connections and our nonces. */
export class SignedHttp extends HttpClient {
  constructor(
    private readonly session: Session,
    private readonly key: KeyObject,
    private readonly options: CallOptions,
  ) {
    super('', key, options.eab ? { kid: options.eab.kid, hmacKey: options.eab.key } : {});
    this.maxBadNonceRetries = MOST_BAD_NONCES;
  }

  get repeatable(): boolean {
    return this.options.repeatable;
  }

  override getDirectory(): Promise<unknown> {
    return this.session.directory();
  }

  override getNonce(): Promise<string> {
    return this.session.nonces.take();
  }

  override getJwk(): Record<string, string> {
    const jwk = jwks.get(this.key) ?? super.getJwk();
    jwks.set(this.key, jwk);
    return jwk;
  }

  /** Not signed yet: that is done on the way out, see `signed`. */
  override createSignedBody(url: string, payload?: unknown, signing?: Signing): SignedBody {
    return this.prepareSignedBody(this.algorithm().alg, url, payload, signing);
  }

  /** The body with its signature, which is made beside the event loop: an RSA key takes a millisecond, in which other requests go on. */
  async signed(body: SignedBody): Promise<SignedBody> {
    const signature = await signBeside(this.algorithm().hash, Buffer.from(`${body.protected}.${body.payload}`), { key: this.key, dsaEncoding: 'ieee-p1363' });
    return { ...body, signature: signature.toString('base64url') };
  }

  /** HS384 and HS512 too; the library knows HS256 only. */
  override createSignedHmacBody(hmacKey: string, url: string, payload?: unknown, signing?: Signing): SignedBody {
    const alg = this.options.eab?.alg ?? 'HS256';
    const body = this.prepareSignedBody(alg, url, payload, signing);
    const signature = createHmac(HASHES[alg], Buffer.from(hmacKey, 'base64url')).update(`${body.protected}.${body.payload}`).digest('base64url');
    return { ...body, signature };
  }

  /** A body's way to the CA, signed here; every nonce that comes back returns to the pool, but the one of a refusal, which is used at once. */
  override async request(url: string, _method: string, { data }: { data: SignedBody }): Promise<Response> {
    const { nonces } = this.session;
    let answer: Response;
    try {
      const body = JSON.stringify(await this.signed(data));
      answer = await this.session.send({ method: 'POST', url, body, repeatable: this.options.repeatable }, this.options.purpose);
    } catch (error) {
      nonces.lost();
      throw error;
    }
    const nonce = nonceOf(answer.headers);
    if (nonce === undefined) nonces.lost();
    else if (!isBadNonce(answer)) nonces.give(nonce);
    return { ...answer, headers: { ...answer.headers, 'replay-nonce': nonce } };
  }

  private algorithm(): { alg: string; hash: string } {
    return CURVES[this.getJwk()['crv'] ?? ''] ?? RS256;
  }
}

/** acme-client's resource calls with our errors: AcmeProblem or NetworkError for every answer that is not the wanted one. */
export class Api extends AcmeApi {
  constructor(
    private readonly session: Session,
    private readonly signed: SignedHttp,
    accountUrl: string | null,
  ) {
    super(signed, accountUrl);
  }

  override async apiRequest(url: string, payload: unknown = null, wanted: number[] = [], { includeJwsKid = true, includeExternalAccountBinding = false }: RequestOptions = {}): Promise<Response> {
    const ask = async (): Promise<Response> => {
      const answer = await this.signed.signedRequest(url, payload, { kid: includeJwsKid ? this.getAccountUrl() : null, includeExternalAccountBinding });
      const nonce = nonceOf(answer.headers);
      if (isBadNonce(answer) && nonce !== undefined) this.session.nonces.give(nonce);
      return answer;
    };
    const answer = await this.session.patiently(ask, payload === null || this.signed.repeatable);
    if (wanted.length === 0 || wanted.includes(answer.status)) return answer;
    throw errorOf(answer, url, this.session.now());
  }
}

/** The library's own test for a retry. */
function isBadNonce({ status, data }: Response): boolean {
  return status === 400 && typeof data === 'object' && data !== null && 'type' in data && data.type === BAD_NONCE;
}
