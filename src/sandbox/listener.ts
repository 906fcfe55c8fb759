import type { Server, Socket } from 'node:net';
import { NetworkError } from '../core/errors.js';

export interface Listener {
  port: number;
  /** Ends every connection and frees the port. */
  stop(): Promise<void>;
}

/** Says in words that a port could not be had. `what` names who wanted it. */
export function cannotListen(what: string, host: string, port: number, cause: unknown): NetworkError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  const why = code === 'EADDRINUSE' ? 'another program uses it' : code === 'EACCES' ? 'ports below 1024 need more rights' : String(code ?? cause);
  return new NetworkError(`The sandbox cannot have port ${port} of ${host} for ${what}: ${why}.`, { hint: 'Give another port, or 0 for any free one: for the ACME server that is --sandbox-port.', cause });
}

/** Lets a server listen (port 0: any free one), keeping account of its connections so that it can be stopped at once. Throws NetworkError. */
export function listen(server: Server, what: string, host: string, port: number): Promise<Listener> {
  const connections = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => connections.delete(socket));
  });
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(cannotListen(what, host, port, error));
    server.once('error', fail);
    server.listen(port, host, () => {
      server.off('error', fail);
      // A running server only fails to accept now and then (too many open files); the next connection may succeed.
      server.on('error', () => {});
      const address = server.address();
      resolve({
        port: typeof address === 'object' && address !== null ? address.port : port,
        stop: () =>
          new Promise((done) => {
            server.close(() => done());
            for (const socket of connections) socket.destroy();
          }),
      });
    });
  });
}
