import { request as http } from 'node:http';
import { request as https } from 'node:https';
import { isIP, isIPv6 } from 'node:net';

export interface Probe {
  status: number;
  /** At most 8 KiB. */
  body: string;
}

const LIMIT = 8192;
/** Redirects that are followed. */
const REDIRECTS = 3;
/** Certificates of redirect targets may be the very ones that are to be replaced. */
const INSECURE = { rejectUnauthorized: false };

/**
 * Fetches a URL from one given address of its host, as a CA would (up to three redirects, the certificate of https targets
 * is not looked at). A redirect to another name goes to its first address by `resolve`; as Let's Encrypt does, none is followed to
 * an address in place of a name, or to an unusual port. Throws Error with a plain reason; each step takes `timeoutMs` at most.
 */
export async function probe(url: string, address: string, how: { timeoutMs: number; resolve: (name: string) => Promise<readonly string[]> }, redirects = REDIRECTS): Promise<Probe> {
  const { timeoutMs } = how;
  const target = new URL(url);
  const secure = target.protocol === 'https:';
  const answer = await new Promise<{ status: number; body: string; location: string | undefined }>((resolve, reject) => {
    const request = (secure ? https : http)(
      {
        host: address,
        port: target.port === '' ? (secure ? 443 : 80) : Number(target.port),
        path: `${target.pathname}${target.search}`,
        headers: { host: target.host, 'user-agent': 'certwright (self check)' },
        agent: false,
        timeout: timeoutMs,
        ...(isIPv6(address) ? { family: 6 } : {}),
        ...(secure ? { ...INSECURE, servername: isAddress(target) ? '' : target.hostname } : {}),
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          body += chunk;
          if (body.length > LIMIT) response.destroy();
        });
        response.on('close', () => resolve({ status: response.statusCode ?? 0, body: body.slice(0, LIMIT), location: response.headers.location }));
        response.on('error', () => undefined);
      },
    );
    const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    request.on('close', () => clearTimeout(timer));
    request.on('error', reject);
    request.end();
  });
  if (answer.status >= 300 && answer.status < 400 && answer.location !== undefined && redirects > 0) {
    const next = redirectTarget(answer.location, target);
    if (next.hostname === target.hostname) return probe(next.href, address, how, redirects - 1);
    const [other] = await how.resolve(next.hostname);
    if (other === undefined) throw new Error(`redirects to ${next.hostname}, which has no address in DNS`);
    return probe(next.href, other, how, redirects - 1);
  }
  return { status: answer.status, body: answer.body };
}

function redirectTarget(location: string, from: URL): URL {
  if (!URL.canParse(location, from.href)) throw new Error('redirects to something that cannot be read as a URL');
  const next = new URL(location, from);
  if (next.protocol !== 'http:' && next.protocol !== 'https:') throw new Error(`redirects to ${next.href}`);
  if (next.hostname !== from.hostname && isAddress(next)) throw new Error(`redirects to ${next.host}, an address instead of a name`);
  if (next.port !== '' && next.port !== from.port) throw new Error(`redirects to ${next.host}, a port that a CA does not go to`);
  return next;
}

function isAddress({ hostname }: URL): boolean {
  return isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0;
}
