import type { Rehearsal } from './rehearsal.js';

/** `certwright sandbox`: says how other clients reach the CA, and keeps it until it is interrupted. Returns the exit code. */
export async function leaveRunning({ sandbox, httpPort, httpsPort, rootPath }: Rehearsal, say: (line: string) => void, signal: AbortSignal): Promise<number> {
  say('The sandbox CA is running. Nothing here is real; every name belongs to this machine.');
  say('');
  say(`  Directory     ${sandbox.directoryUrl}`);
  say(`  Trust         ${rootPath}`);
  say(`  DNS           ${sandbox.dns.address}:${sandbox.dns.port}    every name without records of its own is 127.0.0.1`);
  say(`  Set records   ${sandbox.managementUrl}    POST /set-txt {"host":"_acme-challenge.example.com.","value":"..."}`);
  say(`  It looks at   port ${httpPort} (http-01), port ${httpsPort} (tls-alpn-01)`);
  say('');
  say('Another client on this machine, for example:');
  say(`  REQUESTS_CA_BUNDLE=${rootPath} certbot certonly --standalone --http-01-port ${httpPort} --server ${sandbox.directoryUrl} -d example.com`);
  say('');
  say('Ctrl-C stops it.');
  if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  return 0;
}
