import type { IncomingMessage, ServerResponse } from 'node:http';
import { makeCrl } from './crl.js';
import type { DnsZone } from './dns-zone.js';
import type { Authority, Reply } from './exchange.js';
import { hierarchyPem } from './hierarchy.js';
import { PLAIN_PATHS } from './issuing.js';
import { isManagementPath, manage } from './management.js';
import { answerOcsp } from './ocsp.js';
import { parseObject } from './payload.js';
import { Problem } from './problem.js';
import { readRequestBody } from './request-body.js';

const MAX_REQUEST = 65_536;
const OCSP_REPLY = { 'Content-Type': 'application/ocsp-response' };

async function route(request: IncomingMessage, authority: Authority, zone: DnsZone): Promise<Reply> {
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  const { hierarchy } = authority;
  if (request.method === 'POST') {
    if (path === PLAIN_PATHS.ocsp) return { status: 200, headers: OCSP_REPLY, body: answerOcsp(await readRequestBody(request, MAX_REQUEST), authority) };
    if (isManagementPath(path)) {
      manage(zone, path, parseObject((await readRequestBody(request, MAX_REQUEST)).toString('utf8'), 'The request'));
      return { status: 200 };
    }
  } else if (request.method === 'GET' || request.method === 'HEAD') {
    if (path === PLAIN_PATHS.crl) return { status: 200, headers: { 'Content-Type': 'application/pkix-crl' }, body: makeCrl(authority) };
    if (path === PLAIN_PATHS.issuer) return { status: 200, headers: { 'Content-Type': 'application/pkix-cert' }, body: hierarchy.certificates.intermediateByX1 };
    if (path === '/certs/roots.pem') return { status: 200, headers: { 'Content-Type': 'application/x-pem-file' }, body: hierarchyPem(hierarchy, 'rootX1') + hierarchyPem(hierarchy, 'rootX2') };
    // RFC 6960 appendix A: the request in the path, base64 and percent-encoded.
    if (path.startsWith(`${PLAIN_PATHS.ocsp}/`)) return { status: 200, headers: OCSP_REPLY, body: answerOcsp(Buffer.from(decoded(path.slice(PLAIN_PATHS.ocsp.length + 1)), 'base64'), authority) };
  }
  throw new Problem('malformed', `There is no ${request.method ?? ''} ${path} here`, { status: 404 });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/** Answers CRL, OCSP and issuer certificates, and the requests of other programs that set DNS records. The handler never throws. */
export function plainHandler(authority: Authority, zone: DnsZone): (request: IncomingMessage, response: ServerResponse) => void {
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let reply: Reply;
    try {
      reply = await route(request, authority, zone);
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem('serverInternal', 'The request could not be handled');
      reply = { status: problem.status, headers: { 'Content-Type': 'application/problem+json', ...problem.headers }, body: `${JSON.stringify(problem.body())}\n` };
    }
    const body = reply.body === undefined ? Buffer.alloc(0) : Buffer.isBuffer(reply.body) ? reply.body : Buffer.from(String(reply.body));
    request.resume();
    response.writeHead(reply.status, { ...reply.headers, 'Content-Length': String(body.length) });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  return (request, response) => {
    request.on('error', () => {});
    response.on('error', () => response.destroy());
    handle(request, response).catch(() => response.destroy());
  };
}
