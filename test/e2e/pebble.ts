import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt, webcrypto } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get as getPlain, type IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Pebble {
  directoryUrl: string;
  /** PEM file to trust. */
  caPath: string;
  httpPort: number;
  tlsPort: number;
  /** pebble-challtestsrv: sets DNS records. */
  challtestUrl: string;
  dns: string;
  managementUrl: string;
  /** `METHOD /path` of every request so far, as the CA logged them. */
  requests(): readonly string[];
  stop(): Promise<void>;
}

export interface PebbleOptions {
  env?: Record<string, string>;
  program?: string;
  config?: Record<string, unknown>;
  /** `ADDRESS:PORT` of another DNS server than pebble-challtestsrv. */
  dnsServer?: string;
}

/** Debian's pebble with pebble-challtestsrv as its DNS: every name is 127.0.0.1. Loopback only. */
export async function startPebble(options: PebbleOptions = {}): Promise<Pebble> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await startOnce(options);
    } catch (error) {
      // A port that was free may be taken a moment later on a busy machine.
      if (tries === 3) throw error;
    }
  }
}

async function startOnce({ env = {}, program = 'pebble', config = {}, dnsServer }: PebbleOptions): Promise<Pebble> {
  const folder = mkdtempSync(join(tmpdir(), 'certwright-pebble-'));
  const [port = 0, management = 0, httpPort = 0, tlsPort = 0, dnsPort = 0, challtest = 0] = await freePorts(6);
  const caPath = join(folder, 'cert.pem');
  const { certificate, key } = await selfSigned();
  writeFileSync(caPath, certificate);
  writeFileSync(join(folder, 'key.pem'), key);
  writeFileSync(
    join(folder, 'pebble.json'),
    JSON.stringify({
      pebble: {
        listenAddress: `127.0.0.1:${port}`,
        managementListenAddress: `127.0.0.1:${management}`,
        certificate: caPath,
        privateKey: join(folder, 'key.pem'),
        httpPort,
        tlsPort,
        ocspResponderURL: '',
        externalAccountBindingRequired: false,
        ...config,
      },
    }),
  );
  const challtestServer = start('pebble-challtestsrv', ['-management', `127.0.0.1:${challtest}`, '-dns01', `127.0.0.1:${dnsPort}`, '-http01', '', '-https01', '', '-tlsalpn01', '', '-defaultIPv6', '', '-defaultIPv4', '127.0.0.1'], {});
  const pebble = start(program, ['-config', join(folder, 'pebble.json'), '-dnsserver', dnsServer ?? `127.0.0.1:${dnsPort}`, '-strict'], env);
  const directoryUrl = `https://127.0.0.1:${port}/dir`;
  const output = (): string => `${pebble.output()}\n${challtestServer.output()}`;
  const stop = async (): Promise<void> => {
    await Promise.all([pebble.stop(), challtestServer.stop()]);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await answers(directoryUrl, certificate, pebble, output);
    await answers(`http://127.0.0.1:${challtest}/`, '', challtestServer, output);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    directoryUrl,
    caPath,
    httpPort,
    tlsPort,
    challtestUrl: `http://127.0.0.1:${challtest}`,
    dns: `127.0.0.1:${dnsPort}`,
    managementUrl: `https://127.0.0.1:${management}`,
    requests: () => [...pebble.output().matchAll(/\b(GET|HEAD|POST) (\/\S*) -> calling handler/g)].map(([, method, path]) => `${method} ${path}`),
    stop,
  };
}

interface Running {
  output: () => string;
  ended: () => boolean;
  stop: () => Promise<void>;
}

function start(program: string, args: readonly string[], env: Record<string, string>): Running {
  const child: ChildProcess = spawn(program, [...args], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: string[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  child.on('error', (error) => chunks.push(String(error)));
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  return {
    output: () => chunks.join(''),
    ended: () => child.exitCode !== null || child.signalCode !== null,
    stop: () =>
      new Promise((resolve) => {
        process.off('exit', kill);
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        child.once('close', () => resolve());
        kill();
      }),
  };
}

async function answers(url: string, ca: string, server: Running, output: () => string): Promise<void> {
  const until = Date.now() + 15_000;
  for (;;) {
    const ok = await new Promise<boolean>((resolve) => {
      const done = (response: IncomingMessage): void => resolve(response.resume().statusCode !== undefined);
      (url.startsWith('https:') ? get(url, { ca, timeout: 2000 }, done) : getPlain(url, { timeout: 2000 }, done)).on('error', () => resolve(false));
    });
    if (ok) return;
    if (Date.now() > until || server.ended()) throw new Error(`pebble does not answer:\n${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Below the ports that the system gives to whoever asks for any (32768 and up) and the fixed ones of the configurations in test/plugins; each worker of a run has a thousand of its own. */
const FIRST_PORT = 10_000 + ((Number(process.env['VITEST_POOL_ID'] ?? 1) - 1) % 8) * 1000;
let lastPort = FIRST_PORT + randomInt(1000);

/** Ports that nobody listens on, all different. Nobody gets one by chance before the test uses it. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let tries = 0; ports.length < count && tries < 1000; tries += 1) {
    const port = lastPort + 1 < FIRST_PORT + 1000 ? lastPort + 1 : FIRST_PORT;
    // Taken before it is looked at: somebody else may ask meanwhile.
    lastPort = port;
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    // On every address.
    const server = createServer().on('error', () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}

async function selfSigned(): Promise<{ certificate: string; key: string }> {
  const x509 = await import('@peculiar/x509');
  const crypto = webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0];
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: 'CN=pebble for tests',
      keys,
      signingAlgorithm: algorithm,
      notBefore: new Date(Date.now() - 3_600_000),
      notAfter: new Date(Date.now() + 30 * 86_400_000),
      extensions: [
        new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }, { type: 'ip', value: '127.0.0.1' }]),
        new x509.BasicConstraintsExtension(true, undefined, true),
      ],
    },
    crypto,
  );
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64').replace(/.{64}/g, '$&\n');
  return { certificate: `${certificate.toString('pem')}\n`, key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n` };
}
