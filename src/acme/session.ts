import { setMaxListeners } from 'node:events';
import { NetworkError } from '../core/errors.js';
import { exchangeText } from './exchange-text.js';
import { gateFor, type Gate } from './gate.js';
import { NoncePool } from './nonces.js';
import { errorOf, retryAfterMs } from './problem.js';
import { readDirectory, type DirectoryInfo } from './resources.js';
import { MOST_IN_FLIGHT, Transport, wait, type Answer, type Outgoing } from './transport.js';
import type { Environment } from '../system/trusted-roots.js';

/** One exchange with the CA, for a protocol view; no secrets. `status` 0 = no answer. */
export interface Exchange {
  method: string;
  url: string;
  status: number;
  ms: number;
  purpose: string;
  /** All of it as lines for the log, payload and answer included; made when asked for. */
  detail(): string;
}

export interface SessionOptions {
  directoryUrl: string;
  userAgent: string;
  verifySsl: boolean;
  signal: AbortSignal;
  env: Environment;
  onExchange?: (exchange: Exchange) => void;
  /** The CA wants the whole run to pause for this long (milliseconds). */
  onPause?: (ms: number) => void;
  /** Milliseconds since the epoch. */
  clock?: { now(): number };
}

/**
 * Milliseconds before a request is sent again after a fault of the server; the longest Retry-After that is waited for (longer ones are
 * limits for one name or account, not for the run: they are its error); from when on a pause is told.
 */
const PAUSES = [100, 300, 1000, 2000, 4000];
const LONGEST_WAIT = 60_000;
const TOLD = 2000;

/** Everything that clients of one CA share in one process: connections, nonces, the directory. */
export class Session {
  readonly signal: AbortSignal;
  readonly nonces: NoncePool;
  private readonly transport: Transport;
  private readonly gate: Gate;
  private known: Promise<DirectoryInfo> | undefined;
  onExchange: ((exchange: Exchange) => void) | undefined;

  constructor(private readonly options: SessionOptions) {
    this.signal = options.signal;
    // Every request in flight listens to it, which is more than the ten that Node takes for a leak.
    setMaxListeners(0, options.signal);
    this.transport = new Transport(options);
    this.gate = gateFor(options.signal, options.directoryUrl);
    this.nonces = new NoncePool(() => this.fetchNonce(), MOST_IN_FLIGHT);
    this.onExchange = options.onExchange;
  }

  now(): number {
    return this.options.clock?.now() ?? Date.now();
  }

  /** Read once; read again after a failure. `signal` ends it before the run ends. Throws NetworkError, AcmeProblem, Cancelled. */
  directory(signal: AbortSignal = this.signal): Promise<DirectoryInfo> {
    if (this.known) return this.known;
    const { directoryUrl } = this.options;
    const reading = this.read('GET', directoryUrl, 'directory', signal).then(({ data }) => readDirectory(data, directoryUrl));
    this.known = reading;
    reading.catch(() => {
      this.known = undefined;
    });
    return reading;
  }

  /** One request, when the CA has not asked for a pause, without patience for its faults; any status is an answer. */
  async send(outgoing: Omit<Outgoing, 'signal'>, purpose: string, signal: AbortSignal = this.signal): Promise<Answer> {
    await this.gate.pass(signal);
    const started = performance.now();
    let answer: Answer | null = null;
    try {
      answer = await this.transport.send({ ...outgoing, signal });
      this.heed(answer);
      return answer;
    } finally {
      const ms = Math.round(performance.now() - started);
      const came = answer;
      this.onExchange?.({ method: outgoing.method, url: outgoing.url, status: came?.status ?? 0, ms, purpose, detail: () => exchangeText(outgoing, came, ms) });
    }
  }

  /** An unsigned read. Throws AcmeProblem or NetworkError for any status but 2xx. */
  async read(method: 'GET' | 'HEAD', url: string, purpose: string, signal: AbortSignal = this.signal): Promise<Answer> {
    const answer = await this.patiently(() => this.send({ method, url, repeatable: true }, purpose, signal), true, signal);
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw errorOf(answer, url, this.now());
  }

  /**
   * Repeats a request while the server is busy (429: it did nothing) or, when `repeatable`, has a fault: some times, and only
   * when it wants no long wait.
   */
  async patiently<T extends Pick<Answer, 'status' | 'headers'>>(ask: () => Promise<T>, repeatable = true, signal: AbortSignal = this.signal): Promise<T> {
    for (let tries = 0; ; tries += 1) {
      const answer = await ask();
      const pause = PAUSES[tries];
      const again = answer.status === 429 || (repeatable && answer.status >= 500);
      if (!again || pause === undefined) return answer;
      const wished = retryAfterMs(answer.headers['retry-after'], this.now()) ?? pause;
      if (wished > LONGEST_WAIT) return answer;
      await wait(wished, signal);
    }
  }

  /** Too many requests, or too busy: the pause that is wished holds for everything that is asked of this CA. */
  private heed({ status, headers }: Answer): void {
    if (status !== 429 && status !== 503) return;
    const ms = retryAfterMs(headers['retry-after'], this.now());
    if (ms !== undefined && ms <= LONGEST_WAIT && this.gate.hold(ms) && ms >= TOLD) this.options.onPause?.(ms);
  }

  private async fetchNonce(): Promise<string> {
    const { newNonce } = await this.directory();
    const { headers } = await this.read('HEAD', newNonce, 'fresh nonce');
    const nonce = nonceOf(headers);
    if (nonce === undefined) throw new NetworkError('The certificate authority gives no nonce, without which nothing can be signed.', { hint: `Its address for nonces is ${newNonce}; tell its operator.` });
    return nonce;
  }
}

/** Replay-Nonce of an answer; undefined when absent or not base64url (RFC 8555 section 6.5.1). */
export function nonceOf(headers: Answer['headers']): string | undefined {
  const nonce = headers['replay-nonce'];
  return nonce !== undefined && /^[A-Za-z0-9_-]+$/.test(nonce) ? nonce : undefined;
}

const sessions = new WeakMap<AbortSignal, Map<string, Session>>();

/** The session of this run (its abort signal) with this CA. */
export function sessionFor(options: SessionOptions): Session {
  const { directoryUrl, userAgent, verifySsl, signal, onExchange } = options;
  const ours = sessions.get(signal) ?? new Map<string, Session>();
  sessions.set(signal, ours);
  const key = JSON.stringify([directoryUrl, userAgent, verifySsl]);
  const session = ours.get(key) ?? new Session(options);
  ours.set(key, session);
  if (onExchange) session.onExchange = onExchange;
  return session;
}
