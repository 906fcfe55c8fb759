import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import type { Authority, Reply } from './exchange.js';
import { link } from './exchange.js';
import { verifyRequest } from './jws.js';
import { Problem } from './problem.js';
import type { Faults } from './faults.js';
import { readRequestBody } from './request-body.js';
import { DIRECTORY, ROUTES } from './routes.js';
import type { SignedRoute } from './routes.js';

/** The largest request in bytes; one with a CSR for 100 long names has about 40,000. */
export const MAX_REQUEST = 262_144;
const MAX_URL = 2000;
/** Pieces in which a slow body is sent. */
const PIECES = 5;

/** One request as it was answered. */
export interface RequestRecord {
  method: string;
  path: string;
  /** 0: the connection was dropped on purpose, or the client went away. */
  status: number;
}

interface Target {
  method: string;
  /** With the query, as it was asked. */
  asked: string;
  path: string;
  origin: string;
}

function targetOf(request: IncomingMessage, authority: Authority): Target {
  const asked = request.url ?? '/';
  const origins = authority.origins();
  const byHost = `https://${(request.headers.host ?? '').toLowerCase()}`;
  return { method: request.method ?? '', asked, path: asked.split('?')[0] ?? '/', origin: origins.includes(byHost) ? byHost : (origins[0] ?? byHost) };
}

async function answerSigned(resource: SignedRoute, ids: readonly string[], request: IncomingMessage, target: Target, authority: Authority): Promise<Reply> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/jose+json') throw new Problem('malformed', 'The Content-Type of a request must be application/jose+json', { status: 415 });
  const body = await readRequestBody(request, MAX_REQUEST);
  const url = target.origin + target.asked;
  const { account, key, payload } = verifyRequest(body.toString('utf8'), url, resource.signedBy, authority);
  if (authority.dice().strikes('badNonce', target.path) !== undefined) throw new Problem('badNonce', 'The nonce was refused on purpose (sandbox fault badNonce)');
  return resource.answer({ authority, origin: target.origin, url, path: target.path, account, key: key.key, thumbprint: key.thumbprint, payload, ids });
}

async function route(request: IncomingMessage, target: Target, authority: Authority): Promise<Reply> {
  if (target.asked.length > MAX_URL) throw new Problem('malformed', `The URL is longer than ${MAX_URL} bytes`, { status: 414 });
  for (const each of ROUTES) {
    const match = each.path.exec(target.path);
    if (match === null) continue;
    const ids = match.slice(1).filter((id) => id !== undefined);
    if (each.kind === 'signed') {
      if (target.method === 'POST') return answerSigned(each, ids, request, target, authority);
      throw new Problem('malformed', `${target.path} takes signed POST requests only, also for reading (POST-as-GET)`, { status: 405, headers: { Allow: 'POST' } });
    }
    if (target.method === 'GET' || target.method === 'HEAD') return each.answer({ authority, origin: target.origin, ids, method: target.method });
    throw new Problem('malformed', `${target.path} can only be read, with GET`, { status: 405, headers: { Allow: 'GET, HEAD' } });
  }
  throw new Problem('malformed', `There is no ${target.path} here`, { status: 404 });
}

function problemReply(problem: Problem): Reply {
  return { status: problem.status, headers: { 'Content-Type': 'application/problem+json', ...problem.headers }, body: problem.body() };
}

function broken(authority: Authority, path: string): Reply | undefined {
  const dice = authority.dice();
  const limited = dice.strikes('rateLimited', path);
  if (limited !== undefined) {
    const headers: Record<string, string> = limited.retryAfter === undefined ? {} : { 'Retry-After': String(limited.retryAfter) };
    return problemReply(new Problem('rateLimited', 'Too many requests (sandbox fault 429)', { headers }));
  }
  const failed = dice.strikes('serverError', path);
  if (failed === undefined) return undefined;
  const headers: Record<string, string> = failed.retryAfter === undefined ? {} : { 'Retry-After': String(failed.retryAfter) };
  const status = [500, 502, 503][Math.floor(dice.random() * 3)] ?? 500;
  // A gateway in front of a CA answers in its own way, not with a problem document.
  if (status === 502) return { status, headers: { ...headers, 'Content-Type': 'text/html' }, body: '<html><body><h1>502 Bad Gateway</h1></body></html>\n' };
  return problemReply(new Problem('serverInternal', 'The server failed (sandbox fault 5xx)', { status, headers }));
}

async function safely(request: IncomingMessage, target: Target, authority: Authority): Promise<Reply> {
  try {
    return broken(authority, target.path) ?? (await route(request, target, authority));
  } catch (error) {
    return problemReply(error instanceof Problem ? error : new Problem('serverInternal', 'The request could not be handled'));
  }
}

function bodyOf(reply: Reply): { bytes: Buffer; type: string | undefined } {
  const { body } = reply;
  if (body === undefined) return { bytes: Buffer.alloc(0), type: undefined };
  if (Buffer.isBuffer(body)) return { bytes: body, type: 'application/octet-stream' };
  if (typeof body === 'string') return { bytes: Buffer.from(body), type: 'text/plain; charset=utf-8' };
  return { bytes: Buffer.from(`${JSON.stringify(body, null, 2)}\n`), type: 'application/json' };
}

function headersOf(reply: Reply, type: string | undefined, target: Target, authority: Authority): Record<string, string | string[]> {
  const nonced = target.method === 'POST' || target.path === '/acme/new-nonce';
  const { Link: ownLink, ...own } = reply.headers ?? {};
  const links = [...(target.path.startsWith('/dir') ? [] : [link(target.origin + DIRECTORY, 'index')]), ...(reply.links ?? []), ...(ownLink === undefined ? [] : [ownLink])];
  return {
    ...(type === undefined ? {} : { 'Content-Type': type }),
    'Cache-Control': nonced ? 'no-store' : 'public, max-age=0, no-cache',
    'Access-Control-Allow-Origin': '*',
    ...(links.length > 0 ? { Link: links } : {}),
    ...(nonced && reply.status !== 502 ? { 'Replay-Nonce': authority.nonces.issue() } : {}),
    ...own,
  };
}

async function send(response: ServerResponse, reply: Reply, target: Target, authority: Authority, faults: Faults): Promise<void> {
  const { bytes: whole, type } = bodyOf(reply);
  const cut = whole.length > 1 && authority.dice().strikes('malformed', target.path) !== undefined;
  const bytes = cut ? whole.subarray(0, whole.length / 2) : whole;
  response.writeHead(reply.status, { ...headersOf(reply, type, target, authority), ...(reply.status === 204 ? {} : { 'Content-Length': String(bytes.length) }) });
  if (target.method === 'HEAD' || bytes.length === 0) {
    response.end();
    return;
  }
  const pause = (faults.slowBody ?? 0) / PIECES;
  if (pause > 0) {
    const size = Math.ceil(bytes.length / PIECES);
    for (let at = 0; at < bytes.length; at += size) {
      await setTimeout(pause, undefined, { signal: authority.signal });
      response.write(bytes.subarray(at, at + size));
    }
    response.end();
  } else response.end(bytes);
}

/**
 * Answers the requests of the ACME server, with the faults that are wished. `before` runs when a request has been
 * handled and before its answer leaves; `note` gets every request. The handler never throws.
 */
export function acmeHandler(authority: Authority, { before, note }: { before: () => void; note: (record: RequestRecord) => void }): (request: IncomingMessage, response: ServerResponse) => void {
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const target = targetOf(request, authority);
    const record: RequestRecord = { method: target.method, path: target.asked, status: 0 };
    note(record);
    response.on('error', () => response.destroy());
    const dice = authority.dice();
    const wait = dice.latency();
    if (wait > 0) await setTimeout(wait, undefined, { signal: authority.signal });
    const dropped = dice.strikes('drop', target.path) !== undefined;
    if (dropped && dice.random() < 0.5) {
      response.destroy();
      return;
    }
    const reply = await safely(request, target, authority);
    before();
    if (dropped) {
      response.destroy();
      return;
    }
    record.status = reply.status;
    // A request that was answered before its body was read would otherwise block the connection for the next one.
    request.resume();
    await send(response, reply, target, authority, dice.faults);
  };
  return (request, response) => {
    request.on('error', () => {});
    handle(request, response).catch(() => response.destroy());
  };
}
