import { request as http } from 'node:http';
import { request as https } from 'node:https';
import { isIPv6 } from 'node:net';

export interface Probe {
  status: number;
  /** At most 8 KiB. */
  body: string;
}

const LIMIT = 8192;
/** certificates of redirect targets may be the very ones that are to be replaced. */
const INSECURE = { rejectUnauthorized: false };

/**
 * Fetches a URL from one given address of its host, as a CA would (up to three redirects, the certificate of https targets
 * is not looked at). Throws Error with a plain reason; never takes longer than `timeoutMs` for each step.
 */
export async function probe(url: string, address: string, timeoutMs: number, redirects = 3): Promise<Probe> {
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
        ...(secure ? { ...INSECURE, servername: target.hostname } : {}),
      },
      (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => {
          body += chunk.toString();
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
    const next = new URL(answer.location, url);
    if (next.hostname !== target.hostname) throw new Error(`redirects to ${next.hostname}`);
    return probe(next.href, address, timeoutMs, redirects - 1);
  }
  return { status: answer.status, body: answer.body };
}
