/** The lower layer of acme-client 5.4.0, as far as it is used; the package types its upper layer only. */
declare module 'acme-client/src/http.js' {
  import type { KeyObject } from 'node:crypto';

  export interface Response {
    status: number;
    headers: Readonly<Record<string, string | undefined>>;
    data: unknown;
  }
  export interface SignedBody {
    payload: string;
    protected: string;
    signature?: string;
  }
  export interface Signing {
    nonce?: string | null;
    kid?: string | null;
  }
  export default class HttpClient {
    constructor(directoryUrl: string, accountKey: KeyObject, externalAccountBinding?: { kid?: string; hmacKey?: string });
    maxBadNonceRetries: number;
    /** `method` is in lower case; `data` a signed body. */
    request(url: string, method: string, opts: { data: SignedBody }): Promise<Response>;
    getDirectory(): Promise<unknown>;
    getJwk(): Record<string, string>;
    getNonce(): Promise<string>;
    prepareSignedBody(alg: string, url: string, payload?: unknown, signing?: Signing): SignedBody;
    createSignedHmacBody(hmacKey: string, url: string, payload?: unknown, signing?: Signing): SignedBody;
    createSignedBody(url: string, payload?: unknown, signing?: Signing): SignedBody;
    signedRequest(url: string, payload: unknown, opts?: Signing & { includeExternalAccountBinding?: boolean }): Promise<Response>;
  }
}

declare module 'acme-client/src/api.js' {
  import type HttpClient from 'acme-client/src/http.js';
  import type { Response } from 'acme-client/src/http.js';

  export interface RequestOptions {
    includeJwsKid?: boolean;
    includeExternalAccountBinding?: boolean;
  }
  export default class AcmeApi {
    constructor(http: HttpClient, accountUrl?: string | null);
    http: HttpClient;
    accountUrl: string | null;
    getAccountUrl(): string;
    apiRequest(url: string, payload?: unknown, validStatusCodes?: number[], options?: RequestOptions): Promise<Response>;
    apiResourceRequest(resource: string, payload?: unknown, validStatusCodes?: number[], options?: RequestOptions): Promise<Response>;
    createAccount(data: unknown): Promise<Response>;
    updateAccount(data: unknown): Promise<Response>;
    updateAccountKey(data: unknown): Promise<Response>;
    createOrder(data: unknown): Promise<Response>;
    getOrder(url: string): Promise<Response>;
    finalizeOrder(url: string, data: unknown): Promise<Response>;
    getAuthorization(url: string): Promise<Response>;
    updateAuthorization(url: string, data: unknown): Promise<Response>;
    completeChallenge(url: string, data: unknown): Promise<Response>;
    revokeCert(data: unknown): Promise<Response>;
  }
}
