import { createHash } from 'node:crypto';
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { reverseName } from '../system/addresses.js';
import { OID } from './certificate-der.js';
import { readAltNames, readExtensions } from './csr.js';
import { DerError, TAG, children, expectTag, readWhole } from './der.js';
import type { Authority } from './exchange.js';
import { Problem } from './problem.js';
import type { ValidationTask } from './validation.js';

const PROTOCOL = 'acme-tls/1';

interface Handshake {
  protocol: string | false | null;
  certificate: Buffer;
}

function shakeHands(address: string, servername: string, authority: Authority): Promise<Handshake> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({ host: address, port: authority.policy.tlsPort, servername, ALPNProtocols: [PROTOCOL], rejectUnauthorized: false, minVersion: 'TLSv1.2' });
    const finish = (act: () => void): void => {
      clearTimeout(timer);
      authority.signal.removeEventListener('abort', stop);
      act();
      socket.destroy();
    };
    const stop = (): void => finish(() => reject(new Error('stopped')));
    const timer = setTimeout(() => finish(() => reject(new Error('timed out'))), authority.policy.validationTimeoutMs);
    authority.signal.addEventListener('abort', stop);
    socket.on('error', (error) => finish(() => reject(error)));
    socket.on('secureConnect', () => finish(() => resolve({ protocol: socket.alpnProtocol, certificate: socket.getPeerCertificate().raw ?? Buffer.alloc(0) })));
  });
}

/** Checks the certificate of a tls-alpn-01 answer (RFC 8737 section 3). Throws Problem unauthorized. */
function checkAnswerCertificate(der: Buffer, task: Pick<ValidationTask, 'identifier' | 'keyAuthorization'>): void {
  const { identifier, keyAuthorization } = task;
  const refuse = (why: string): Problem => new Problem('unauthorized', `Incorrect validation certificate for tls-alpn-01 of ${identifier.value}: ${why}`);
  let extensions: ReturnType<typeof readExtensions>;
  let names: ReturnType<typeof readAltNames>;
  let digest: Buffer;
  try {
    const body = children(expectTag(children(readWhole(der))[0], TAG.sequence, 'certificate body'));
    const wrapped = body.find((element) => element.tag === 0xa3);
    extensions = wrapped === undefined ? new Map() : readExtensions(readWhole(wrapped.content));
    const altNames = extensions.get(OID.subjectAltName);
    names = altNames === undefined ? [] : readAltNames(altNames.value);
    const identifierValue = extensions.get(OID.acmeIdentifier);
    if (identifierValue === undefined) throw refuse('it has no acmeIdentifier extension');
    if (!identifierValue.critical) throw refuse('its acmeIdentifier extension is not critical');
    digest = expectTag(readWhole(identifierValue.value), TAG.octets, 'acmeIdentifier').content;
  } catch (error) {
    if (error instanceof Problem && error.kind === 'unauthorized') throw error;
    throw refuse(error instanceof DerError ? error.message : 'it names something else than a DNS name or an address');
  }
  if (names.length !== 1 || names[0]?.type !== identifier.type || names[0].value !== identifier.value) throw refuse(`its names are ${JSON.stringify(names.map((name) => name.value))}, exactly the one validated is needed`);
  if (!digest.equals(createHash('sha256').update(keyAuthorization).digest())) throw refuse('its acmeIdentifier does not hold the digest of the key authorization');
}

/** Validates tls-alpn-01 by a TLS connection to the name's addresses, IPv6 first. Throws Problem unauthorized, connection, tls or dns. */
export async function validateTlsAlpn(task: ValidationTask): Promise<void> {
  const { identifier, authority } = task;
  const address = identifier.type === 'ip';
  const addresses = address ? [identifier.value] : await authority.resolver.addresses(identifier.value);
  const servername = address ? reverseName(identifier.value) : identifier.value;
  let failure: Problem | undefined;
  for (const each of addresses) {
    let handshake: Handshake;
    try {
      handshake = await shakeHands(each, servername, authority);
    } catch (error) {
      const code = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? '') : '';
      const where = `${each} port ${authority.policy.tlsPort}`;
      if (/^ERR_(?:SSL|TLS)|^EPROTO/.test(code)) failure = new Problem('tls', `TLS with ${where} failed: ${code === 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL' || /ALPN|APPLICATION_PROTOCOL/.test(code) ? `the server does not know ${PROTOCOL}` : code}`);
      else failure = new Problem('connection', `Connecting to ${where}: ${code === 'ECONNREFUSED' ? 'connection refused' : error instanceof Error ? error.message : 'failed'}`);
      continue;
    }
    if (handshake.protocol !== PROTOCOL) throw new Problem('unauthorized', `The server at ${each} did not choose ${PROTOCOL}`);
    checkAnswerCertificate(handshake.certificate, task);
    return;
  }
  throw failure ?? new Problem('dns', `No addresses found for ${identifier.value}`);
}
