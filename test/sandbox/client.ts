import { createHash, createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { Agent, request } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import { createCsr } from '../../src/crypto/csr.js';
import type { Sandbox } from '../../src/sandbox/sandbox.js';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** The body read as JSON; {} when it is none. */
  json: Json;
}

/** What the tests read out of JSON answers. */
export interface Json {
  [member: string]: unknown;
  type?: string;
  detail?: string;
  status?: string | number;
  url?: string;
  token?: string;
  error?: Json;
  challenges?: Json[];
  authorizations?: string[];
  orders?: string[];
  subproblems?: Json[];
  identifier?: { type: string; value: string };
  finalize?: string;
  certificate?: string;
  suggestedWindow?: { start: string; end: string };
  meta?: Json;
}

export interface Wanted {
  type: 'dns' | 'ip';
  value: string;
}

/** Changes to a signed request that a proper client would not make. */
export interface Twist {
  header?: Record<string, unknown>;
  /** Sent in place of the flattened JWS. */
  body?: string;
  contentType?: string;
  signBy?: KeyObject;
  /** Sign with `jwk` even when there is an account. */
  jwk?: boolean;
  signature?: string;
}

export const b64 = (data: string | Buffer): string => Buffer.from(data).toString('base64url');
export const kind = (answer: Answer | Json | undefined): string => {
  const body = answer !== undefined && 'json' in answer ? (answer as Answer).json : (answer as Json | undefined);
  return String(body?.type ?? '').replace('urn:ietf:params:acme:error:', '');
};

const ALG = { 'P-256': ['ES256', 'sha256'], 'P-384': ['ES384', 'sha384'], 'P-521': ['ES512', 'sha512'] } as const;

export const ecKey = (curve: keyof typeof ALG = 'P-256'): KeyObject => generateKeyPairSync('ec', { namedCurve: curve }).privateKey;
export const rsaKey = (bits = 2048): KeyObject => generateKeyPairSync('rsa', { modulusLength: bits }).privateKey;
export const pemOf = (key: KeyObject): string => String(key.export({ type: 'pkcs8', format: 'pem' }));

export function publicJwk(key: KeyObject): Record<string, string> {
  const { kty, crv, x, y, n, e } = key.export({ format: 'jwk' });
  return JSON.parse(JSON.stringify(kty === 'RSA' ? { e, kty, n } : { crv, kty, x, y }));
}

export function thumbprint(key: KeyObject): string {
  return createHash('sha256').update(JSON.stringify(publicJwk(key))).digest('base64url');
}

function algorithm(key: KeyObject): readonly [string, string] {
  const { crv } = key.export({ format: 'jwk' });
  return crv === undefined ? ['RS256', 'sha256'] : ALG[crv as keyof typeof ALG];
}

/** A flattened JWS over `payload` ('' = POST-as-GET). */
export function jws(key: KeyObject, header: Record<string, unknown>, payload: string): { protected: string; payload: string; signature: string } {
  const [alg, hash] = algorithm(key);
  const head = b64(JSON.stringify({ alg, ...header }));
  const signed = `${head}.${b64(payload)}`;
  const signature = sign(hash, Buffer.from(signed), alg === 'RS256' ? key : { key, dsaEncoding: 'ieee-p1363' });
  return { protected: head, payload: b64(payload), signature: b64(signature) };
}

/** External account binding for the account key (RFC 8555 section 7.3.4). */
export function binding(accountKey: KeyObject, url: string, kid: string, macKey: string, alg = 'HS256'): object {
  const head = b64(JSON.stringify({ alg, kid, url }));
  const payload = b64(JSON.stringify(publicJwk(accountKey)));
  return { protected: head, payload, signature: createHmac(alg.replace('HS', 'sha'), Buffer.from(macKey, 'base64url')).update(`${head}.${payload}`).digest('base64url') };
}

/** The smallest ACME client that can do everything wrong on purpose. */
export class Client {
  kid: string | undefined;
  private nonces: string[] = [];
  private readonly agent: Agent;
  private readonly origin: string;

  constructor(
    sandbox: Sandbox,
    public key: KeyObject = ecKey(),
  ) {
    this.agent = new Agent({ keepAlive: true, ca: sandbox.rootPem });
    this.origin = new URL(sandbox.directoryUrl).origin;
  }

  url(path: string): string {
    return path.startsWith('https:') ? path : this.origin + path;
  }

  fetch(method: string, path: string, { headers = {}, body }: { headers?: Record<string, string>; body?: string | Buffer } = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const outgoing = request(this.url(path), { method, headers: { ...headers, ...(body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) }) }, agent: this.agent, timeout: 20_000 }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          let json: Json = {};
          try {
            json = JSON.parse(text) as Json;
          } catch {
            json = {};
          }
          const nonce = response.headers['replay-nonce'];
          if (typeof nonce === 'string') this.nonces.push(nonce);
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
        });
      });
      outgoing.on('timeout', () => outgoing.destroy(new Error('timed out')));
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  async nonce(): Promise<string> {
    if (this.nonces.length === 0) await this.fetch('HEAD', '/acme/new-nonce');
    return this.nonces.pop() ?? '';
  }

  /** A signed POST; `payload` undefined is POST-as-GET. */
  async post(path: string, payload?: unknown, twist: Twist = {}): Promise<Answer> {
    const url = this.url(path);
    const signer = twist.signBy ?? this.key;
    const identity = this.kid === undefined || twist.jwk === true ? { jwk: publicJwk(signer) } : { kid: this.kid };
    const nonce = twist.header !== undefined && 'nonce' in twist.header ? undefined : await this.nonce();
    const message = jws(signer, { ...identity, nonce, url, ...twist.header }, payload === undefined ? '' : JSON.stringify(payload));
    const body = twist.body ?? JSON.stringify(twist.signature === undefined ? message : { ...message, signature: twist.signature });
    return this.fetch('POST', path, { headers: { 'Content-Type': twist.contentType ?? 'application/jose+json' }, body });
  }

  async register(payload: Record<string, unknown> = {}): Promise<Answer> {
    const answer = await this.post('/acme/new-acct', { termsOfServiceAgreed: true, ...payload }, { jwk: true });
    if (answer.status < 300) this.kid = String(answer.headers.location);
    return answer;
  }

  /** A client with an account. */
  static async registered(sandbox: Sandbox, key?: KeyObject): Promise<Client> {
    const client = new Client(sandbox, key);
    const answer = await client.register();
    if (answer.status !== 201) throw new Error(`not registered: ${answer.text}`);
    return client;
  }

  order(identifiers: readonly Wanted[], more: Record<string, unknown> = {}): Promise<Answer> {
    return this.post('/acme/new-order', { identifiers, ...more });
  }

  keyAuthorization(token: string): string {
    return `${token}.${thumbprint(this.key)}`;
  }

  dnsValue(token: string): string {
    return createHash('sha256').update(this.keyAuthorization(token)).digest('base64url');
  }

  /** Asks again, at most 10 s, until the status is no longer one of these. */
  async settle(url: string, waiting: readonly string[] = ['pending', 'processing']): Promise<Answer> {
    const end = Date.now() + 10_000;
    for (;;) {
      const answer = await this.post(url);
      if (!waiting.includes(String(answer.json.status)) || Date.now() > end) return answer;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Authorizations of an order, each with the challenge of this type. */
  async challenges(order: Answer, type: string): Promise<{ authorization: string; identifier: Wanted; challenge: string; token: string }[]> {
    const list = [];
    for (const authorization of order.json.authorizations ?? []) {
      const { json } = await this.post(authorization);
      const found = json.challenges?.find((each) => each.type === type);
      list.push({ authorization, identifier: json.identifier as Wanted, challenge: String(found?.url), token: String(found?.token) });
    }
    return list;
  }

  /** Answers all challenges of a type after `prepare` has placed what the CA is to find; gives the settled authorizations. */
  async prove(order: Answer, type: string, prepare: (identifier: Wanted, token: string) => void | Promise<void>): Promise<Answer[]> {
    const settled = [];
    for (const { authorization, identifier, challenge, token } of await this.challenges(order, type)) {
      await prepare(identifier, token);
      await this.post(challenge, {});
      settled.push(await this.settle(authorization));
    }
    return settled;
  }

  async finalize(order: Answer, identifiers: readonly Wanted[], { key = ecKey(), mustStaple = false }: { key?: KeyObject; mustStaple?: boolean } = {}): Promise<Answer> {
    const csr = createCsr(pemOf(key), identifiers, { mustStaple });
    const answer = await this.post(String(order.json.finalize), { csr: b64(csr) });
    return answer.status === 200 ? this.settle(String(answer.headers.location)) : answer;
  }

  /** Orders, proves by dns-01 and finalizes; gives the PEM chain and its URL. */
  async certify(sandbox: Sandbox, identifiers: readonly Wanted[], options: { key?: KeyObject; mustStaple?: boolean; more?: Record<string, unknown> } = {}): Promise<{ url: string; pem: string; headers: IncomingHttpHeaders }> {
    const order = await this.order(identifiers, options.more);
    await this.prove(order, 'dns-01', (identifier, token) => sandbox.setRecord(`_acme-challenge.${identifier.value}`, 'TXT', this.dnsValue(token)));
    const done = await this.finalize(order, identifiers, options);
    const url = String(done.json.certificate);
    const { text, headers } = await this.post(url);
    return { url, pem: text, headers };
  }

  /** Forgets connections and nonces, as before a CA that was started anew. */
  close(): void {
    this.nonces = [];
    this.agent.destroy();
  }
}

export const dns = (...names: string[]): Wanted[] => names.map((value) => ({ type: 'dns', value }));
