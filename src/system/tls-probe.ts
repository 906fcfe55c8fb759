import { connect } from 'node:tls';

/**
 * The certificate (DER) that an address answers with for a name; whether anybody trusts it is not looked at. Throws Error with a plain
 * reason when nothing answers so, with the code ECONNREFUSED when nothing listens.
 */
export function servedCertificate(name: string, { host, port }: { host: string; port: number }, { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal }): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // Nobody is trusted: reading the usual roots would take longer than the handshake.
    const socket = connect({ host, port, servername: name, ca: [], rejectUnauthorized: false, timeout: timeoutMs }, () => {
      const { raw } = socket.getPeerCertificate();
      socket.destroy();
      if (raw) resolve(raw);
      else reject(new Error('no certificate was shown'));
    });
    const stop = (): void => void socket.destroy(new Error('stopped'));
    signal.addEventListener('abort', stop, { once: true });
    socket.on('close', () => signal.removeEventListener('abort', stop));
    socket.on('timeout', () => socket.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    socket.on('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ECONNREFUSED' ? Object.assign(new Error('nothing listens there'), { code: error.code }) : error));
  });
}
