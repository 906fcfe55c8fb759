import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { layOut, type CertificateFiles, type ServerPorts } from '../plugins/server-tree.js';
import { makePlace, unattended, type Ended, type Place } from './certwright.js';
import { freePorts, startPebble, type Pebble } from './pebble.js';
import { fine } from './sandbox-of-test.js';

/** The CA of the test file. */
export let pebble: Pebble;
/** The directories of the test that runs; a web server's processes may read below it. */
export let place: Place;
/** Where the web server listens: http is where the CA looks for http-01. */
export let ports: ServerPorts;
/** What hosts with TLS have before: a certificate for `old.example.com` that nobody signed. */
export let old: CertificateFiles;

/** Gives the file a CA, ports and an old certificate, and every test a place of its own. */
export function caAndPlaceForWebServer(): void {
  let certificates: string;
  beforeAll(async () => {
    const [https = 0] = await freePorts(1);
    pebble = await startPebble({ env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0', PEBBLE_AUTHZREUSE: '0' } });
    ports = { http: pebble.httpPort, https };
    certificates = mkdtempSync(join(tmpdir(), 'certwright-old-'));
    old = oldCertificate(certificates);
  });
  afterAll(async () => {
    rmSync(certificates, { recursive: true, force: true });
    await pebble.stop();
  });
  beforeEach(() => {
    place = makePlace({ REQUESTS_CA_BUNDLE: pebble.caPath });
    // A server's processes run as another user.
    chmodSync(place.folder, 0o755);
  });
  afterEach(() => place.remove());
}

/** An unattended run of certwright with the ports and the CA of the file. */
export function runAt(verb: string, ...more: string[]): Promise<Ended> {
  return place.certwright([verb, ...unattended(pebble.directoryUrl), '--http-01-port', String(ports.http), '--https-port', String(ports.https), ...more]);
}

/** Makes a certificate for `old.example.com` that nobody signed in this folder. */
export function oldCertificate(folder: string): CertificateFiles {
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', files.key, '-out', files.cert, '-days', '30', '-subj', '/CN=old.example.com'], { stdio: 'ignore', timeout: 20_000 });
  return files;
}

/** A web server with a configuration of its own in a temporary folder, on ports of this machine's loopback. */
export interface WebServer {
  root: string;
  /** Resolves when it has written `ROOT/NAME.pid`. */
  start(): Promise<void>;
  /** Ends it and removes the folder. */
  stop(): Promise<void>;
}

/** Lays out a configuration (`layOut`) for the server that this command runs in the foreground. */
export function makeWebServer(name: string, tree: Parameters<typeof layOut>[1], where: ServerPorts, certificate: CertificateFiles, foreground: (root: string) => readonly [string, ...string[]]): WebServer {
  const root = mkdtempSync(join(tmpdir(), `certwright-${name}-`));
  // Its processes run as another user.
  chmodSync(root, 0o755);
  layOut(root, tree, where, certificate);
  const pidFile = join(root, `${name}.pid`);
  let child: ChildProcess | null = null;
  return {
    root,
    async start() {
      const [command, ...args] = foreground(root);
      const started = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
      child = started;
      let said = '';
      started.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
      const end = Date.now() + 20_000;
      while (!existsSync(pidFile) || readFileSync(pidFile, 'utf8').trim() === '') {
        if (Date.now() > end || started.exitCode !== null) throw new Error(`${name} did not start: ${said}${existsSync(join(root, 'error.log')) ? readFileSync(join(root, 'error.log'), 'utf8') : ''}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    async stop() {
      const running = child;
      if (running && running.exitCode === null && running.signalCode === null) {
        const ended = new Promise((resolve) => running.once('exit', resolve));
        running.kill('SIGTERM');
        // A test may have left it standing: then it could not end its own processes.
        running.kill('SIGCONT');
        // Apache gives its processes ten seconds before it kills them: were it killed first, they would keep its port.
        await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 15_000))]);
        running.kill('SIGKILL');
      }
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** The subject names of the certificate that is served for a name; null when there is no TLS. */
export function servedFor(name: string, port: number, host = '127.0.0.1'): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connectTls({ host, port, servername: name, rejectUnauthorized: false, timeout: 3000 }, () => {
      const { subjectaltname, fingerprint256 } = socket.getPeerCertificate();
      socket.end();
      resolve(`${subjectaltname ?? ''} ${fingerprint256}`);
    });
    socket.on('error', () => resolve(null));
    socket.on('timeout', () => socket.destroy(new Error('silent')));
  });
}

/** The key type of the certificate that a client gets which takes one kind of signature only; null when there is none for it. */
export function keyServedTo(client: 'ecdsa_secp256r1_sha256' | 'rsa_pss_rsae_sha256' | 'rsa_pkcs1_sha256:rsa_pss_rsae_sha256', name: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connectTls({ host: '127.0.0.1', port, servername: name, sigalgs: client, rejectUnauthorized: false, timeout: 3000 }, () => {
      const type = socket.getPeerX509Certificate()?.publicKey.asymmetricKeyType ?? null;
      socket.end();
      resolve(type);
    });
    socket.on('error', () => resolve(null));
    socket.on('timeout', () => socket.destroy(new Error('silent')));
  });
}

/** The protocol that a server chooses for a client that has HTTP/2 and HTTP/1.1; null when there is no TLS. */
export function protocolOf(name: string, port: number): Promise<string | false | null> {
  return new Promise((resolve) => {
    const socket = connectTls({ host: '127.0.0.1', port, servername: name, rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'], timeout: 3000 }, () => {
      resolve(socket.alpnProtocol);
      socket.destroy();
    });
    socket.on('error', () => resolve(null));
    socket.on('timeout', () => socket.destroy(new Error('silent')));
  });
}

/** Status and Location of a plain request. */
export function plainAnswer(name: string, port: number, host = '127.0.0.1', path = '/'): Promise<{ status: number; location: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host, port, path, headers: { host: name }, timeout: 3000, agent: false }, (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, location: response.headers.location ?? '' });
    });
    asked.on('timeout', () => asked.destroy(new Error('silent')));
    asked.on('error', reject);
    asked.end();
  });
}

/** U23: `run --dual` installs both certificates of example.com, each served to the client that can use it; installing either again changes no byte, and one checkpoint takes both back. */
export async function pairInstalledAndUndone(plugin: string, run: (verb: string, ...more: string[]) => Promise<Ended>, server: { files: () => unknown }): Promise<void> {
  const before = server.files();
  await fine(run('run', `--${plugin}`, '-d', 'example.com', '--dual', '--no-redirect'));
  expect(await keyServedTo('ecdsa_secp256r1_sha256', 'example.com', ports.https)).toBe('ec');
  expect(await keyServedTo('rsa_pss_rsae_sha256', 'example.com', ports.https)).toBe('rsa');
  const after = server.files();
  for (const half of ['example.com', 'example.com-rsa']) expect(await fine(run('install', '-i', plugin, '--cert-name', half, '--no-redirect'))).toContain('Nothing had to be changed.');
  expect(server.files()).toEqual(after);
  await fine(run('rollback', '-i', plugin, '--checkpoints', '1'));
  expect(server.files()).toEqual(before);
}

/** Names that come to a certificate which is installed: `run` configures them too, `certonly` leaves the configuration as it is and only has it read anew (as certbot does it). */
export async function namesAdded(run: (verb: string, ...more: string[]) => Promise<Ended>, plugin: string, server: { files: () => unknown }): Promise<void> {
  const served = async (name: string): Promise<number> => ((await servedFor(name, ports.https)) ?? '').match(/DNS:/g)?.length ?? 0;
  await fine(run('run', `--${plugin}`, '-d', 'example.com'));
  const before = server.files();
  await fine(run('certonly', `--${plugin}`, '--expand', '-d', 'example.com,www.example.com'));
  expect(server.files()).toEqual(before);
  expect(await served('example.com')).toBe(2);
  // What was saved says who proves and who installs.
  await fine(run('run', '--cert-name', 'example.com', '--add-domain', 'api.example.com'));
  expect([await served('www.example.com'), await served('api.example.com')]).toEqual([3, 3]);
  expect((await plainAnswer('www.example.com', ports.http)).location).toBe('https://www.example.com/');
  expect((await plainAnswer('api.example.com', ports.http)).location).toBe('https://api.example.com/');
}
