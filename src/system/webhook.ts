import { request as http } from 'node:http';
import { request as https } from 'node:https';

/**
 * Sends a value as JSON by POST. Any 2xx answer will do; what it says is not read, redirects are not followed. `timeoutMs` bounds the
 * whole exchange; `roots` (PEM) replaces Node's own. Throws Error with a plain reason that does not hold the address.
 */
export function postJson(url: URL, value: unknown, { timeoutMs, signal, userAgent, roots }: { timeoutMs: number; signal: AbortSignal; userAgent: string; roots?: readonly string[] }): Promise<void> {
  const body = JSON.stringify(value);
  return new Promise((resolve, reject) => {
    const secure = url.protocol === 'https:';
    const request = (secure ? https : http)(
      url,
      {
        method: 'POST',
        agent: false,
        signal,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'user-agent': userAgent, connection: 'close' },
        ...(secure && roots !== undefined ? { ca: [...roots] } : {}),
      },
      ({ statusCode = 0 }) => {
        clearTimeout(timer);
        request.destroy();
        if (statusCode >= 200 && statusCode < 300) resolve();
        else reject(new Error(`it answered with status ${statusCode}`));
      },
    );
    const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    request.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    request.end(body);
  });
}
