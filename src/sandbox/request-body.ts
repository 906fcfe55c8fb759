import type { IncomingMessage } from 'node:http';
import { Problem } from './problem.js';

/** Reads a request's body. Throws Problem malformed (413) above `limit` bytes; rejects when the client goes away. */
export function readRequestBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const tooLarge = (): void => {
      request.removeAllListeners('data');
      // What still comes is read and forgotten, so that the client gets to see the answer.
      request.resume();
      reject(new Problem('malformed', `The request is larger than ${limit} bytes`, { status: 413, headers: { Connection: 'close' } }));
    };
    if (Number(request.headers['content-length'] ?? 0) > limit) {
      tooLarge();
      return;
    }
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > limit) tooLarge();
      else chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
    request.on('close', () => reject(new Error('the client closed the connection')));
  });
}
