import { createServer, type Server } from 'node:http';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { createSecureContext, createServer as createTlsServer } from 'node:tls';
import { createAlpnCertificate } from '../../src/crypto/alpn.js';
import { createHierarchy, makeServerCertificate } from '../../src/sandbox/hierarchy.js';

/** What the names of a test answer on their web and TLS ports. */
export interface Answering {
  httpPort: number;
  tlsPort: number;
  /** `HOST /path` -> body, or where it redirects to. */
  pages: Map<string, string | { redirect: string }>;
  /** Sets the tls-alpn-01 answer for an SNI name. */
  alpn(servername: string, identifier: { type: 'dns' | 'ip'; value: string }, keyAuthorization: string): Promise<void>;
  stop(): Promise<void>;
}

const listening = (server: NetServer): Promise<number> => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));

export async function startAnswering(): Promise<Answering> {
  const pages: Answering['pages'] = new Map();
  const contexts = new Map<string, ReturnType<typeof createSecureContext>>();
  const answer = (prefix: string): Server =>
    createServer((request, response) => {
      const page = pages.get(`${prefix}${String(request.headers.host)} ${String(request.url)}`);
      if (page === undefined) response.writeHead(404).end('nothing');
      else if (typeof page === 'string') response.end(page);
      else response.writeHead(302, { Location: page.redirect }).end();
    });
  const web = answer('');
  const behindTls = answer('https:');
  const tls = createTlsServer(
    {
      ...makeServerCertificate(createHierarchy(Date.now()), '127.0.0.1', Date.now()),
      ALPNCallback: ({ protocols }) => (protocols.includes('acme-tls/1') ? 'acme-tls/1' : protocols[0]),
      SNICallback: (name, done) => done(null, contexts.get(name)),
    },
    (socket) => {
      if (socket.alpnProtocol !== 'acme-tls/1') behindTls.emit('connection', socket);
      socket.on('error', () => {});
    },
  );
  tls.on('tlsClientError', () => {});
  return {
    httpPort: await listening(web),
    tlsPort: await listening(tls),
    pages,
    async alpn(servername, identifier, keyAuthorization) {
      const { keyPem, certPem } = await createAlpnCertificate(identifier, keyAuthorization);
      contexts.set(servername, createSecureContext({ key: keyPem, cert: certPem }));
    },
    async stop() {
      web.closeAllConnections();
      behindTls.closeAllConnections();
      await Promise.all([new Promise((done) => web.close(done)), new Promise((done) => tls.close(done))]);
    },
  };
}

