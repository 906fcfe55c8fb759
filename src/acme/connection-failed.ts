import { NetworkError } from '../core/errors.js';
import { printableLine } from '../system/printable.js';

/** No answer came. */
export class ConnectionFailed extends NetworkError {
  constructor(
    message: string,
    options: { hint?: string; cause?: unknown },
    /** The request certainly did not reach the server. */
    readonly before: boolean,
    /** It is no use to try again at once. */
    readonly lasting: boolean,
  ) {
    super(message, options);
  }
}

const UNTRUSTED = new Set(['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERT_UNTRUSTED', 'CERT_SIGNATURE_FAILURE']);

/** What an error of Node's network layer means for a person. `connected`: the connection had been made before it failed. */
export function connectionFailed(cause: unknown, url: string, connected: boolean): ConnectionFailed {
  const { code = '', message = '' } = cause instanceof Error ? (cause as NodeJS.ErrnoException) : {};
  const { host, hostname } = new URL(url);
  const failed = (text: string, hint: string, lasting: boolean): ConnectionFailed => new ConnectionFailed(text, { hint, cause }, !connected, lasting);
  if (UNTRUSTED.has(code)) {
    return failed(`The certificate of ${host} is not trusted (${code}).`, 'If this is a certificate authority of your own, name its root in SSL_CERT_FILE. For tests only: --no-verify-ssl.', true);
  }
  switch (code) {
    case 'ENOTFOUND':
      return failed(`The name ${hostname} cannot be found in the DNS.`, 'Check --server for a typing mistake, and that this machine can resolve names.', true);
    case 'EAI_AGAIN':
      return failed(`The name ${hostname} cannot be looked up: the DNS resolver does not answer.`, 'Check the network of this machine and /etc/resolv.conf.', false);
    case 'ECONNREFUSED':
      return failed(`${host} refuses the connection.`, 'Check the port in --server, and that the certificate authority is running.', false);
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
      return failed(`There is no way to ${host} (${code}).`, 'Check the network of this machine.', false);
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return failed(`The certificate of ${host} is ${code === 'CERT_HAS_EXPIRED' ? 'expired' : 'not valid yet'}.`, `Check the clock of this machine; it shows ${new Date().toISOString().slice(0, 16)}Z.`, true);
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return failed(`The certificate of ${host} is for another name.`, 'Check --server for a typing mistake.', true);
    case 'ECONNRESET':
    case 'EPIPE':
      return failed(`${host} closed the connection before it answered.`, 'Try again; if it stays so, look for a proxy or firewall in between.', false);
    case 'ETIMEDOUT':
      return failed(`${host} does not answer in time.`, 'Check the network and a firewall in between; the certificate authority may also be down.', false);
    default:
      if (code === 'EPROTO' || code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS')) {
        return failed(`No TLS connection to ${host} (${code}).`, 'Check the port in --server: something else than HTTPS may answer there.', true);
      }
      return failed(`The connection to ${host} failed: ${printableLine(`${code} ${message}`, 200)}`, 'Check --server and the network of this machine.', false);
  }
}
