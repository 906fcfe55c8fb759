import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { createSecureContext } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cancelled, NetworkError } from '../core/errors.js';
import { printableLine } from '../system/printable.js';
import { atAbort } from './at-abort.js';
import { connectionFailed, ConnectionFailed } from './connection-failed.js';
import { trustedRoots, type Environment } from '../system/trusted-roots.js';

/** Most requests in flight at once; the CA's rate limits and one connection each. */
export const MOST_IN_FLIGHT = 16;
/** Bytes an answer may have: a directory, an order or a chain is some kilobytes. */
const LARGEST_BODY = 2 * 1024 * 1024;
/** Milliseconds: to connect, without any byte, for the whole exchange (certbot's 45 s). */
const LIMITS = { connect: 15_000, idle: 30_000, total: 45_000 };
/** Milliseconds before a request is sent again after a connection failed. */
const PAUSES = [100, 500, 1500];

export interface TransportOptions {
  userAgent: string;
  verifySsl: boolean;
  env: Environment;
  /** Milliseconds, for tests. */
  limits?: typeof LIMITS;
}

export interface Outgoing {
  method: 'GET' | 'HEAD' | 'POST';
  url: string;
  /** JWS as JSON. */
  body?: string;
  signal: AbortSignal;
  /** May be sent twice: nothing happens at the CA, or nothing more than by the first. */
  repeatable: boolean;
}

export interface Answer {
  status: number;
  headers: Readonly<Record<string, string | undefined>>;
  /** Parsed when it says it is JSON and is; text otherwise. */
  data: unknown;
  /** As it came. */
  text: string;
}

/**
 * HTTP to one CA over kept connections. `send` rejects with Cancelled when `signal` fires, with ConnectionFailed (a
 * NetworkError) when no answer came; any status is an answer, redirects are not followed.
 *
 * Sent again, at most three times: what is repeatable, and anything when the connection was never made; once: anything over a
 * kept connection that the server had just closed. Before the first answer of all a connection that cannot be
 * made is told at once (a typing mistake is likelier than a fault).
 */
export class Transport {
  private readonly limits: typeof LIMITS;
  private readonly httpAgent = new HttpAgent({ keepAlive: true, maxSockets: MOST_IN_FLIGHT });
  private httpsAgent: HttpsAgent | undefined;
  private answered = false;

  constructor(private readonly options: TransportOptions) {
    this.limits = options.limits ?? LIMITS;
  }

  async send(outgoing: Outgoing): Promise<Answer> {
    for (let tries = 0; ; tries += 1) {
      try {
        const answer = await this.once(outgoing, tries === 0);
        this.answered = true;
        return answer;
      } catch (error) {
        const pause = PAUSES[tries];
        if (!(error instanceof ConnectionFailed) || error.lasting || (!this.answered && !isReset(error.cause)) || pause === undefined) throw error;
        if (!error.before && !outgoing.repeatable) throw error;
        await wait(pause, outgoing.signal);
      }
    }
  }

  /** `trustKept`: a kept connection that ends without a byte counts as closed before the request came, as it nearly always is. */
  private once(outgoing: Outgoing, trustKept: boolean): Promise<Answer> {
    if (outgoing.signal.aborted) return Promise.reject(new Cancelled());
    const url = this.permitted(outgoing.url);
    const { method, body, signal } = outgoing;
    const options = {
      method,
      protocol: url.protocol,
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port,
      path: url.pathname + url.search,
      headers: {
        'User-Agent': this.options.userAgent,
        Accept: '*/*',
        ...(body === undefined ? {} : { 'Content-Type': 'application/jose+json', 'Content-Length': Buffer.byteLength(body) }),
      },
    };
    return new Promise((resolve, reject) => {
      let connected = false;
      const timers = new Set<NodeJS.Timeout>();
      const request: ClientRequest = url.protocol === 'https:' ? httpsRequest({ ...options, agent: this.secureAgent() }) : httpRequest({ ...options, agent: this.httpAgent });
      const forget = atAbort(signal, () => fail(new Cancelled()));
      const settle = (act: () => void): void => {
        forget();
        for (const timer of timers) clearTimeout(timer);
        act();
      };
      const fail = (error: unknown): void =>
        settle(() => {
          if (signal.aborted) reject(new Cancelled());
          else if (error instanceof NetworkError) reject(error);
          else reject(connectionFailed(error, outgoing.url, connected && !(trustKept && request.reusedSocket && isReset(error))));
          request.destroy();
        });
      const limit = (ms: number): NodeJS.Timeout => {
        const timer = setTimeout(() => fail(Object.assign(new Error(`no answer within ${ms} ms`), { code: 'ETIMEDOUT' })), ms);
        timers.add(timer);
        return timer;
      };
      request.on('error', fail);
      request.on('socket', (socket) => {
        limit(this.limits.total);
        request.setTimeout(this.limits.idle, () => fail(Object.assign(new Error('silent'), { code: 'ETIMEDOUT' })));
        if (!socket.connecting) {
          connected = true;
          return;
        }
        const connecting = limit(this.limits.connect);
        socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
          connected = true;
          clearTimeout(connecting);
        });
      });
      request.on('response', (response) => {
        // Node takes a HEAD answer without a length for one that ends with its connection, and would drop it.
        if (method === 'HEAD' && response.httpVersion === '1.1' && !/close/i.test(response.headers.connection ?? '')) request.shouldKeepAlive = true;
        readBody(response, url).then((text) => settle(() => resolve(answerOf(response, text))), fail);
      });
      request.end(body);
    });
  }

  /** Certificates are ordered over TLS only; plain HTTP is for a CA on this machine, or when checks are switched off. */
  private permitted(address: string): URL {
    const url = parsedUrl(address);
    if (url?.protocol === 'https:') return url;
    if (url?.protocol === 'http:' && (isLoopback(url.hostname) || !this.options.verifySsl)) return url;
    throw new NetworkError(`${printableLine(address, 200)} is not an https address.`, { hint: 'Certificate authorities are asked over https; plain http is allowed to this machine itself, or with --no-verify-ssl.' });
  }

  private secureAgent(): HttpsAgent {
    if (this.httpsAgent) return this.httpsAgent;
    const { verifySsl, env } = this.options;
    const roots = verifySsl ? trustedRoots(env) : undefined;
    this.httpsAgent = new HttpsAgent({
      keepAlive: true,
      maxSockets: MOST_IN_FLIGHT,
      rejectUnauthorized: verifySsl,
      // One context for all connections: reading 150 roots anew for each costs more than the handshake.
      ...(roots ? { secureContext: createSecureContext({ ca: roots }) } : {}),
    });
    // Nothing but the place differs between connections; Node's own name is put together of twenty options for each request.
    this.httpsAgent.getName = ({ host, port } = {}) => `${host}:${port}`;
    return this.httpsAgent;
  }
}

/** Milliseconds, ended early by Cancelled. */
export async function wait(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    throw new Cancelled();
  }
}

function parsedUrl(address: string): URL | null {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || /^127(?:\.\d+){3}$/.test(hostname) || hostname === '[::1]';
}

function isReset(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ECONNRESET' || code === 'EPIPE';
}

function readBody(response: IncomingMessage, url: URL): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > LARGEST_BODY) reject(new NetworkError(`${url.host} sends more than ${LARGEST_BODY / 1024 / 1024} megabytes as an answer.`, { hint: 'That is no answer of a certificate authority: check --server.' }));
    });
    response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    response.on('error', reject);
  });
}

function answerOf(response: IncomingMessage, text: string): Answer {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(response.headers)) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return { status: response.statusCode ?? 0, headers, data: /[/+]json\b/i.test(headers['content-type'] ?? '') ? parsed(text) : text, text };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
