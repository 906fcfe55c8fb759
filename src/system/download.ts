import { Agent as HttpAgent, request as http } from 'node:http';
import { Agent as HttpsAgent, request as https } from 'node:https';
import { NetworkError } from '../core/errors.js';
import { printableLine } from './printable.js';

/** Connections to one server at once. */
const AT_ONCE = 8;
/** Redirects that are followed. */
const REDIRECTS = 3;

/** What is fetched, and its bounds. */
export interface Wanted {
  url: string;
  /** Sent by POST when given; else GET. */
  body?: Buffer;
  headers: Readonly<Record<string, string>>;
  /** More bytes than this are refused. */
  limit: number;
  /** Milliseconds for all of it. */
  timeoutMs: number;
  signal: AbortSignal;
}

/**
 * Downloads with kept connections, which do not keep the process alive. For what is signed by itself, such as CRLs and OCSP
 * responses: nothing else vouches for the bytes. The promise rejects with NetworkError for everything but status 200, with a
 * `cause` when no answer came at all.
 */
export function downloader(): (wanted: Wanted) => Promise<Buffer> {
  const agents = { 'http:': new HttpAgent({ keepAlive: true, maxSockets: AT_ONCE }), 'https:': new HttpsAgent({ keepAlive: true, maxSockets: AT_ONCE }) };
  const once = (wanted: Wanted, redirects: number): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const url = new URL(wanted.url);
      if (url.protocol !== 'http:' && url.protocol !== 'https:') return reject(new NetworkError(`${printableLine(wanted.url, 200)} is not an http address.`));
      const fail = (error: unknown): void => reject(error instanceof NetworkError ? error : new NetworkError(`${url.host}: ${printableLine(error instanceof Error ? error.message : String(error), 200)}`, { cause: error }));
      const started = performance.now();
      const request = (url.protocol === 'https:' ? https : http)(
        url,
        {
          method: wanted.body ? 'POST' : 'GET',
          agent: agents[url.protocol],
          signal: wanted.signal,
          headers: { ...wanted.headers, ...(wanted.body ? { 'content-length': String(wanted.body.length) } : {}) },
        },
        (response) => {
          const { statusCode = 0, headers } = response;
          const chunks: Buffer[] = [];
          let size = 0;
          response.on('error', fail);
          if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined && redirects > 0 && URL.canParse(headers.location, url.href)) {
            response.resume();
            return resolve(once({ ...wanted, url: new URL(headers.location, url).href, timeoutMs: wanted.timeoutMs - (performance.now() - started) }, redirects - 1));
          }
          if (statusCode !== 200) {
            response.resume();
            return fail(new NetworkError(`${url.host} answered with status ${statusCode}.`));
          }
          response.on('data', (chunk: Buffer) => {
            size += chunk.length;
            chunks.push(chunk);
            if (size > wanted.limit) stop(new NetworkError(`${url.host} sends more than ${wanted.limit} bytes.`));
          });
          return response.on('end', () => resolve(Buffer.concat(chunks)));
        },
      );
      const stop = (error: Error): void => {
        fail(error);
        request.destroy();
      };
      const timer = setTimeout(() => stop(new Error('no answer in time')), wanted.timeoutMs);
      request.on('close', () => clearTimeout(timer));
      request.on('error', fail);
      return request.end(wanted.body);
    });
  return (wanted) => once(wanted, REDIRECTS);
}
