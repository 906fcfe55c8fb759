import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { load } from './modules.mjs';
import { startRelay } from './relay.mjs';

/**
 * The CAs of a bench: pebble, the same through a line of 50 ms round trip, and the sandbox CA, which knows renewal information
 * (pebble 2.4 does not). `requests` counts what all of them were asked.
 */
export async function startAuthorities(folder) {
  const [{ startPebble, freePorts }, { startSandbox }] = await Promise.all([load('test/e2e/pebble.ts'), load('src/sandbox/sandbox.ts')]);
  const pebble = await startPebble({ env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0', PEBBLE_AUTHZREUSE: '0' } });
  const [httpPort, tlsPort] = await freePorts(2);
  // Revocation by CRL alone, as Let's Encrypt has it since 2025.
  const sandbox = await startSandbox({ httpPort, tlsPort, policy: { ocsp: false } });
  const relay = await startRelay(Number(new URL(pebble.directoryUrl).port), 25);
  const rootsPath = join(folder, 'roots.pem');
  writeFileSync(rootsPath, readFileSync(pebble.caPath, 'utf8') + sandbox.rootPem);
  return {
    rootsPath,
    pebble: { server: pebble.directoryUrl, httpPort: pebble.httpPort },
    slow: { server: pebble.directoryUrl.replace(/:\d+/, `:${relay.port}`), httpPort: pebble.httpPort },
    sandbox: { server: sandbox.directoryUrl, httpPort },
    async requests() {
      // What pebble has logged comes through a pipe.
      await pause(100);
      return pebble.requests().length + sandbox.requests.length;
    },
    async stop() {
      relay.stop();
      await Promise.all([pebble.stop(), sandbox.stop()]);
    },
  };
}
