import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  method: string;
  path: string;
  /** Protected header and payload of a JWS; empty objects for what is unsigned. */
  header: Record<string, unknown>;
  payload: unknown;
}

/** What to answer; null = the connection is cut. */
export type Reply = { status?: number; headers?: Record<string, string>; json?: unknown; text?: string } | null;

export interface FakeCa {
  origin: string;
  received: Received[];
  /** Connections that were made to it. */
  connections(): number;
  close(): Promise<void>;
}

const decoded = (part: string): unknown => (part === '' ? '' : JSON.parse(Buffer.from(part, 'base64url').toString()));

/** A CA on loopback without cryptography: directory and nonces by itself, everything else as the test says. */
export async function startFakeCa(reply: (request: Received, origin: string) => Reply | Promise<Reply>, meta: unknown = {}): Promise<FakeCa> {
  const received: Received[] = [];
  let nonces = 0;
  let connections = 0;
  const server = createServer((request, response) => void answer(request, response)).on('connection', () => {
    connections += 1;
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = chunks.length > 0 ? (JSON.parse(Buffer.concat(chunks).toString()) as { protected: string; payload: string }) : null;
    const seen: Received = { method: request.method ?? '', path: request.url ?? '', header: body ? (decoded(body.protected) as Record<string, unknown>) : {}, payload: body ? decoded(body.payload) : {} };
    received.push(seen);
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const own = seen.path === '/nonce' ? {} : seen.path === '/dir' ? { json: { newNonce: `${origin}/nonce`, newAccount: `${origin}/new-account`, newOrder: `${origin}/new-order`, keyChange: `${origin}/key-change`, revokeCert: `${origin}/revoke`, renewalInfo: `${origin}/ari/`, meta } } : undefined;
    const given = await reply(seen, origin);
    const chosen = given === null || Object.keys(given).length > 0 ? given : own;
    if (!chosen) {
      request.socket.destroy();
      return;
    }
    nonces += 1;
    const json = 'json' in chosen && chosen.json !== undefined;
    response.writeHead(('status' in chosen && chosen.status) || 200, {
      'content-type': json ? (chosen.json as { type?: unknown }).type === undefined ? 'application/json' : 'application/problem+json' : 'text/plain',
      ...(seen.method === 'POST' || seen.path === '/nonce' ? { 'replay-nonce': `nonce-${nonces}` } : {}),
      ...('headers' in chosen ? chosen.headers : {}),
    });
    response.end(json ? JSON.stringify(chosen.json) : 'text' in chosen ? chosen.text : '');
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    connections: () => connections,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** A problem document as an answer. */
export function problem(kind: string, detail: string, status = 400, headers: Record<string, string> = {}): Reply {
  return { status, headers, json: { type: `urn:ietf:params:acme:error:${kind}`, detail, status } };
}
