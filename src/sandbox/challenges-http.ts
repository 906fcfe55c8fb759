import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import type { Authority } from './exchange.js';
import { Problem } from './problem.js';
import type { ValidationTask } from './validation.js';

const MAX_REDIRECTS = 10;
const MAX_BODY = 1024;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

interface Fetched {
  status: number;
  location?: string;
  body: string;
  address: string;
}

/** The port to connect to: 80 and 443 are where the sandbox's settings say, all others are themselves. */
function realPort(url: URL, authority: Authority): number {
  if (url.port === '' || url.port === '80' || url.port === '443') {
    const secure = url.port === '' ? url.protocol === 'https:' : url.port === '443';
    return secure ? authority.policy.tlsPort : authority.policy.httpPort;
  }
  return Number(url.port);
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

function readBody(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_BODY) {
        response.destroy();
        resolve(Buffer.concat(chunks).subarray(0, MAX_BODY).toString('utf8'));
      }
    });
    response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    response.on('error', reject);
  });
}

function fetchFrom(url: URL, address: string, authority: Authority): Promise<Fetched> {
  return new Promise((resolve, reject) => {
    const host = hostOf(url);
    const secure = url.protocol === 'https:';
    const options = {
      host: address,
      port: realPort(url, authority),
      path: url.pathname + url.search,
      agent: false,
      signal: authority.signal,
      headers: { Host: url.host, 'User-Agent': 'certwright-sandbox validation', Accept: '*/*', Connection: 'close' },
    };
    const receive = (response: IncomingMessage): void => {
      readBody(response).then((body) => resolve({ status: response.statusCode ?? 0, location: response.headers.location, body, address }), reject).finally(() => clearTimeout(timer));
    };
    const outgoing = secure ? httpsRequest({ ...options, rejectUnauthorized: false, ...(isIP(host) ? {} : { servername: host }) }, receive) : httpRequest(options, receive);
    const timer = setTimeout(() => outgoing.destroy(new Error('timed out')), authority.policy.validationTimeoutMs);
    outgoing.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    outgoing.end();
  });
}

/** Tries the addresses of a host in turn, IPv6 first, until one answers. Throws Problem connection or dns. */
async function fetchUrl(url: URL, authority: Authority): Promise<Fetched> {
  const host = hostOf(url);
  const addresses = isIP(host) ? [host] : await authority.resolver.addresses(host);
  let failure = '';
  for (const address of addresses) {
    try {
      return await fetchFrom(url, address, authority);
    } catch (error) {
      failure = `${address} port ${realPort(url, authority)}: ${error instanceof Error ? describe(error) : 'failed'}`;
    }
  }
  throw new Problem('connection', `Fetching ${url.href}: ${failure}`);
}

function describe(error: Error): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ECONNREFUSED') return 'connection refused';
  if (code === 'ECONNRESET') return 'connection reset';
  return error.message;
}

/** Where a redirect leads, when that is http or https. */
function redirectTarget(location: string, from: URL): URL | undefined {
  if (!URL.canParse(location, from.href)) return undefined;
  const target = new URL(location, from.href);
  return target.protocol === 'http:' || target.protocol === 'https:' ? target : undefined;
}

/**
 * Validates http-01 (RFC 8555 section 8.3, RFC 8738 for addresses): up to ten redirects to http or https are followed,
 * trailing white space in the body is ignored. Throws Problem unauthorized, connection or dns.
 */
export async function validateHttp(task: ValidationTask): Promise<void> {
  const { identifier, token, keyAuthorization, authority } = task;
  const host = identifier.type === 'ip' && identifier.value.includes(':') ? `[${identifier.value}]` : identifier.value;
  let url = new URL(`http://${host}/.well-known/acme-challenge/${token}`);
  for (let redirects = 0; ; redirects += 1) {
    const fetched = await fetchUrl(url, authority);
    if (REDIRECTS.has(fetched.status) && fetched.location !== undefined) {
      if (redirects >= MAX_REDIRECTS) throw new Problem('connection', `Fetching ${url.href}: more than ${MAX_REDIRECTS} redirects`);
      const next = redirectTarget(fetched.location, url);
      if (next === undefined) throw new Problem('connection', `Fetching ${url.href}: redirect to ${JSON.stringify(fetched.location.slice(0, 200))}, which is neither http nor https`);
      url = next;
      continue;
    }
    if (fetched.status !== 200) throw new Problem('unauthorized', `Invalid response from ${url.href} [${fetched.address}]: ${fetched.status}`);
    if (fetched.body.trimEnd() !== keyAuthorization) {
      throw new Problem('unauthorized', `The key authorization at ${url.href} [${fetched.address}] is not the expected one. Expected ${JSON.stringify(keyAuthorization)}, got ${JSON.stringify(fetched.body.slice(0, 100))}`);
    }
    return;
  }
}
