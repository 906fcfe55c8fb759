import { Agent as HttpAgent, request as http, type IncomingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent, request as https } from 'node:https';
import { createSecureContext } from 'node:tls';
import { Cancelled, CertwrightError, NetworkError, PluginError } from '../../core/errors.js';
import { systemClock, type Clock } from '../../system/clock.js';
import { printableLine } from '../../system/printable.js';

/** Milliseconds for one exchange, and for all tries of a request together. */
const EXCHANGE = 30_000;
const PATIENCE = 120_000;
/** Tries of one request. */
const TRIES = 4;
/** Bytes of an answer. */
const LIMIT = 8 << 20;
/** Connections of one API at the same time; milliseconds that one is kept while nothing is asked, before something in between forgets it silently. */
const CONNECTIONS = 4;
const KEPT = 10_000;
/** Pages of one listing. */
const PAGES = 500;

export interface ApiRequest {
  /** GET when absent. */
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Added to the base; or a whole address, which must be of the base's host (as `next` links are). */
  path: string;
  /** Values that are undefined are left out. */
  query?: Readonly<Record<string, string | number | undefined>>;
  headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  json?: unknown;
  /** Makes what is sent as JSON, anew for each try: where a whole list is written, what others did to it meanwhile must stay. */
  jsonAnew?(): Promise<unknown>;
  /** Sent as it is; name its type in `headers`. */
  body?: string;
  /** Statuses besides 2xx that are an answer, not a failure: `[404]` where 'not there' is one. */
  accept?: readonly number[];
}

export interface ApiAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** The parsed body; undefined when it is not JSON. Check its shape. */
  json: unknown;
}

/** Asks; throws ProviderRefusal for a status that is neither 2xx nor accepted, NetworkError without an answer, Cancelled. */
export type Api = (request: ApiRequest) => Promise<ApiAnswer>;

/** How an API is talked to. */
export interface ApiSettings {
  /** `https://api.cloudflare.com/client/v4`, without a final slash. A parameter with a default in each provider, so that tests may inject another. */
  base: string;
  /** Sent with every request. */
  headers?: Readonly<Record<string, string>>;
  /** More headers, made anew for each try: signatures and times. */
  sign?(request: { method: string; url: URL; headers: Readonly<Record<string, string>>; body: string }): Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  /** What a body says is wrong, in the provider's own words; undefined = it says nothing. */
  problem?(json: unknown, text: string): string | undefined;
  /** What is tried again besides 429 and 5xx; milliseconds to wait are ours. */
  again?(answer: ApiAnswer): boolean;
  /** More than the credentials that must not be shown, e.g. a session: asked whenever something is shown. */
  secrets?(): readonly string[];
  /** Milliseconds for all tries of a request together, where they must be fewer: for what is not there on most machines. */
  patience?: number;
}

export interface ApiWorld {
  plugin: string;
  /** 'Cloudflare' */
  title: string;
  /** Where credentials are made, shown when they are refused. */
  access: string;
  secrets(): readonly string[];
  /** PEM texts; undefined = Node's own. */
  roots?: readonly string[];
  userAgent: string;
  signal: AbortSignal;
  log(level: 'debug', message: string): void;
  clock?: Clock;
}

/** The provider answered, and will not. `status` and `json` let a provider say more about it. */
export class ProviderRefusal extends PluginError {
  constructor(
    plugin: string,
    message: string,
    readonly status: number,
    readonly json: unknown,
    hint?: string,
  ) {
    super(plugin, message, hint === undefined ? {} : { hint });
  }
}

/**
 * Calls of a provider's HTTP API: each exchange is bounded in time and size; 429 (with Retry-After) and 5xx are tried a few times
 * more, as is a connection that fails (of GET, PUT and DELETE: whatever they did may be done again), and once, whatever is asked, over a new
 * connection what met a kept one that the provider had just closed; redirects are not followed; secrets are never in an error or a log.
 * Connections are kept for the next request and keep no process alive.
 */
export function connectApi(settings: ApiSettings, world: ApiWorld): Api {
  const clock = world.clock ?? systemClock;
  const hidden = (): readonly string[] => [...world.secrets(), ...(settings.secrets?.() ?? [])];
  const clean = (text: string): string => printableLine(redact(text, hidden()));
  let kept: HttpAgent | undefined;
  const agent = (): HttpAgent => (kept ??= agentFor(settings.base, world.roots));
  return async (request) => {
    const url = address(settings.base, request);
    const method = request.method ?? 'GET';
    const base = {
      accept: 'application/json',
      'user-agent': world.userAgent,
      ...(request.json === undefined && request.jsonAnew === undefined ? {} : { 'content-type': 'application/json' }),
      ...settings.headers,
      ...request.headers,
    };
    const started = clock.now();
    let mayBeStale = true;
    for (let attempt = 1; ; attempt += 1) {
      if (world.signal.aborted) throw new Cancelled();
      const left = (settings.patience ?? PATIENCE) - (clock.now() - started);
      const last = attempt >= TRIES;
      const rest = async (ms: number): Promise<void> => {
        await clock.sleep(ms, world.signal).catch(() => {
          throw new Cancelled();
        });
      };
      let answer: ApiAnswer;
      try {
        const json = (await request.jsonAnew?.()) ?? request.json;
        const body = json === undefined ? (request.body ?? '') : JSON.stringify(json);
        const headers = { ...base, ...(await settings.sign?.({ method, url, headers: base, body })) };
        answer = await exchange(url, { method, headers, body, timeoutMs: Math.min(EXCHANGE, left), signal: world.signal, agent: agent() });
      } catch (error) {
        if (world.signal.aborted) throw new Cancelled();
        // What signs, or makes the body, has asked on its own, with tries of its own.
        if (error instanceof CertwrightError) throw error;
        const reason = clean(error instanceof Error ? error.message : String(error));
        world.log('debug', `${method} ${clean(shown(url))}: ${reason}`);
        if (error instanceof KeptConnectionClosed && mayBeStale) {
          // The others that are kept may be as old.
          kept?.destroy();
          kept = undefined;
          mayBeStale = false;
          attempt -= 1;
          continue;
        }
        const wait = pause(attempt);
        if (last || wait >= left || (method !== 'GET' && method !== 'PUT' && method !== 'DELETE' && !neverSent(error))) {
          throw new NetworkError(`${world.title} (${url.host}) cannot be reached: ${reason}`, { hint: 'Check the network of this machine, and the status page of the provider; then run the same command again.' });
        }
        await rest(wait);
        continue;
      }
      world.log('debug', `${method} ${clean(shown(url))}: status ${answer.status}`);
      const fine = (answer.status >= 200 && answer.status < 300) || request.accept?.includes(answer.status) === true;
      const again = answer.status === 429 || answer.status >= 500 || settings.again?.(answer) === true;
      if (fine && settings.again?.(answer) !== true) return answer;
      const wait = Math.max(pause(attempt), retryAfter(answer.headers['retry-after'], clock.now()) ?? 0);
      if (!again || last || wait >= left) throw refusal(answer, method, url);
      await rest(wait);
    }
  };

  function refusal(answer: ApiAnswer, method: string, url: URL): ProviderRefusal {
    const said = settings.problem?.(answer.json, answer.text) ?? (answer.json === undefined ? '' : answer.text);
    const words = said === '' ? '' : `: ${clean(said)}`;
    const hint =
      answer.status === 401 || answer.status === 403
        ? world.access
        : answer.status === 429
          ? `Wait${retryAfter(answer.headers['retry-after'], clock.now()) === undefined ? ' some minutes' : ` ${Math.ceil((retryAfter(answer.headers['retry-after'], clock.now()) ?? 0) / 1000)} s`}, then run the same command again.`
          : answer.status >= 500
            ? 'This is a fault of the provider: look at its status page, and run the same command again later.'
            : undefined;
    return new ProviderRefusal(world.plugin, `${world.title} refused ${method} ${clean(shown(url))} with status ${answer.status}${words}`, answer.status, answer.json, hint);
  }
}

/** Collects a listing: `next` reads one page's entries and says what to ask next (null = that was the last page). */
export async function allPages<T>(api: Api, first: ApiRequest, read: (answer: ApiAnswer, page: number) => { entries: readonly T[]; next: ApiRequest | null }): Promise<readonly T[]> {
  const all: T[] = [];
  let wanted: ApiRequest | null = first;
  for (let page = 1; wanted !== null && page <= PAGES; page += 1) {
    const { entries, next }: { entries: readonly T[]; next: ApiRequest | null } = read(await api(wanted), page);
    all.push(...entries);
    wanted = next;
  }
  return all;
}

/** The text without any of the secrets, also where they are percent-encoded or in base64. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    // Short values (a port, a user number) are no secret, and would tear words apart.
    if (secret.length < 6) continue;
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]) clean = clean.replaceAll(form, '[secret]');
  }
  return clean;
}

/** Milliseconds of a Retry-After header (seconds, or a date); undefined when there is none. */
export function retryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(value.trim())) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** Half a second, then twice as long each time. */
function pause(attempt: number): number {
  return 500 * 2 ** (attempt - 1);
}

function neverSent(error: unknown): boolean {
  return ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function address(base: string, { path, query = {} }: ApiRequest): URL {
  const url = URL.canParse(path) ? new URL(path) : new URL(`${base}${path}`);
  if (url.host !== new URL(base).host || url.protocol !== new URL(base).protocol) throw new NetworkError(`The provider points to another server (${printableLine(url.host)}); credentials are not sent there.`);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  return url;
}

/** Without the query: it may hold more than a person wants to read. */
function shown(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

/** A kept connection ended without a byte: closed before the request came, as it nearly always is. */
class KeptConnectionClosed extends Error {}

function agentFor(base: string, roots: readonly string[] | undefined): HttpAgent {
  const options = { keepAlive: true, maxSockets: CONNECTIONS, maxFreeSockets: CONNECTIONS, timeout: KEPT };
  if (new URL(base).protocol === 'http:') return new HttpAgent(options);
  return new HttpsAgent({ ...options, ...(roots === undefined ? {} : { secureContext: createSecureContext({ ca: [...roots] }) }) });
}

interface Exchange {
  method: string;
  headers: Readonly<Record<string, string>>;
  body: string;
  timeoutMs: number;
  signal: AbortSignal;
  agent: HttpAgent;
}

function exchange(url: URL, { method, headers, body, timeoutMs, signal, agent }: Exchange): Promise<ApiAnswer> {
  return new Promise((resolve, reject) => {
    const bytes = Buffer.from(body, 'utf8');
    const length = bytes.length > 0 || method === 'POST' || method === 'PUT' || method === 'PATCH' ? { 'content-length': String(bytes.length) } : {};
    let answered = false;
    const request = (url.protocol === 'https:' ? https : http)(url, { method, agent, signal, headers: { ...headers, ...length } }, (response) => {
      answered = true;
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('error', fail);
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > LIMIT) request.destroy(new Error(`the answer has more than ${LIMIT} bytes`));
      });
      response.on('end', () => {
        clearTimeout(timer);
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parsed(text) });
      });
    });
    const timer = setTimeout(() => request.destroy(Object.assign(new Error(`no answer within ${timeoutMs / 1000} s`), { code: 'ETIMEDOUT' })), timeoutMs);
    const fail = (error: unknown): void => {
      clearTimeout(timer);
      const { code } = error as NodeJS.ErrnoException;
      if (request.reusedSocket && !answered && (code === 'ECONNRESET' || code === 'EPIPE')) reject(new KeptConnectionClosed((error as Error).message, { cause: error }));
      else reject(error instanceof Error ? error : new Error(String(error)));
    };
    request.on('error', fail);
    request.on('close', () => fail(new Error('the connection was closed')));
    request.end(bytes);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
