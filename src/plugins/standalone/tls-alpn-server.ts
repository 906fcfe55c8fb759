import type { Socket } from 'node:net';
import { createSecureContext, createServer, type SecureContext, type Server } from 'node:tls';
import { createAlpnCertificate } from '../../crypto/alpn.js';
import type { Identifier } from '../../core/identifier.js';
import type { ChallengeContext, ChallengeTask } from '../contract.js';
import { listen } from './listen.js';

export interface AlpnServer {
  serve(task: ChallengeTask, context: Pick<ChallengeContext, 'served'>): Promise<void>;
  forget(task: ChallengeTask): void;
  close(): Promise<void>;
}

/** Answers tls-alpn-01 (RFC 8737; RFC 8738 section 6 for addresses). Throws PluginError, PermissionMissing. */
export async function openTlsAlpnServer(context: ChallengeContext): Promise<AlpnServer> {
  const contexts = new Map<string, { secure: SecureContext; task: ChallengeTask; owner: Pick<ChallengeContext, 'served'> }>();
  const sockets = new Set<Socket>();
  const create = (): Server => {
    const server = createServer(
      {
        ALPNProtocols: ['acme-tls/1'],
        handshakeTimeout: 10_000,
        SNICallback(name, done) {
          const found = contexts.get(name.toLowerCase());
          if (found) done(null, found.secure);
          else done(new Error('unknown name'));
        },
      },
      (socket) => {
        socket.on('error', () => undefined);
        const name: unknown = 'servername' in socket ? socket.servername : undefined;
        const found = typeof name === 'string' ? contexts.get(name.toLowerCase()) : undefined;
        // A client that asks for no protocol gets through the handshake as well, but no CA is like that (RFC 8737 section 3).
        if (found && socket.alpnProtocol === 'acme-tls/1') found.owner.served(found.task);
        socket.end();
      },
    );
    server.on('tlsClientError', () => undefined);
    // Also those that never begin a handshake: they must not keep the port.
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    return server;
  };
  const servers = await listen(create, context.httpsPort, context.http01Address, '--https-port');
  return {
    async serve(task, owner) {
      const { keyPem, certPem } = await createAlpnCertificate(task.identifier, task.keyAuthorization);
      contexts.set(serverName(task.identifier), { secure: createSecureContext({ key: keyPem, cert: certPem }), task, owner });
    },
    forget: (task) => void contexts.delete(serverName(task.identifier)),
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

/** The SNI the CA sends for an identifier: the name, or the reverse-DNS name of an address (RFC 8738 section 6). */
export function serverName({ type, value }: Identifier): string {
  if (type === 'dns') return value;
  if (!value.includes(':')) return `${value.split('.').reverse().join('.')}.in-addr.arpa`;
  const [head = '', tail = ''] = value.split('::');
  const left = head.split(':').filter(Boolean);
  const right = tail.split(':').filter(Boolean);
  const groups = value.includes('::') ? [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right] : left;
  return `${groups.map((group) => group.padStart(4, '0')).join('').split('').reverse().join('.')}.ip6.arpa`;
}
