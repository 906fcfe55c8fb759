import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { binary, runProgram } from './certwright.js';
import { freePorts } from './pebble.js';
import { fine } from './sandbox-of-test.js';
import { caAndPlaceForWebServer, keyServedTo, old, pebble, place, ports, runAt, servedFor } from './web-server.js';

caAndPlaceForWebServer();

/** A real HAProxy: port 80 of the CA forwards challenges to the inner port, https has the folder. */
let haproxy: { config: string; certificates: string; socket: string; inner: number; start(): Promise<void>; pids(): string };
let child: ChildProcess | null = null;

beforeEach(async () => {
  const [inner = 0] = await freePorts(1);
  const root = join(place.folder, 'haproxy');
  const [config, certificates, socket, pidFile] = ['haproxy.cfg', 'certificates', 'admin.sock', 'haproxy.pid'].map((name) => join(root, name)) as [string, string, string, string];
  mkdirSync(certificates, { recursive: true });
  writeFileSync(join(certificates, 'old.example.com.pem'), readFileSync(old.cert, 'utf8') + readFileSync(old.key, 'utf8'));
  writeFileSync(
    config,
    `global
  stats socket ${socket} mode 600 level admin
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend http
  bind 127.0.0.1:${ports.http}
  use_backend acme if { path_beg /.well-known/acme-challenge/ }
  default_backend plain
frontend https
  bind 127.0.0.1:${ports.https} ssl crt ${certificates}
  http-request return status 200 content-type text/plain string secret
backend plain
  http-request return status 200 content-type text/plain string plain
backend acme
  server certwright 127.0.0.1:${inner}
`,
  );
  haproxy = {
    config,
    certificates,
    socket,
    inner,
    async start() {
      child = spawn('/usr/sbin/haproxy', ['-W', '-f', config, '-p', pidFile], { stdio: ['ignore', 'ignore', 'pipe'] });
      let said = '';
      child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
      const end = Date.now() + 20_000;
      while (!(await listens(ports.https))) {
        if (Date.now() > end || child.exitCode !== null) throw new Error(`HAProxy did not start: ${said}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    pids: () => execFileSync('pgrep', ['-P', String(child?.pid)], { encoding: 'utf8', timeout: 5000 }).trim(),
  };
});
afterEach(async () => {
  const running = child;
  child = null;
  if (!running || running.exitCode !== null) return;
  const ended = new Promise((resolve) => running.once('exit', resolve));
  running.kill('SIGTERM');
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 3000))]);
  running.kill('SIGKILL');
});

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const client = createConnection({ host: '127.0.0.1', port }, () => {
      client.destroy();
      resolve(true);
    });
    client.on('error', () => resolve(false));
  });
}

const by = (...more: string[]): string[] => ['-a', 'haproxy', '--haproxy-authenticator-haproxy-http-01-port', String(haproxy.inner), ...more];
/** SIGUSR2 is what `systemctl reload haproxy` sends to the main process. */
const installedBy = (...more: string[]): string[] => [
  '-i', 'haproxy', '--haproxy-installer-haproxy-crt-dir', haproxy.certificates, '--haproxy-installer-haproxy-config', haproxy.config,
  '--haproxy-installer-haproxy-restart', `echo reloaded >> ${place.folder}/reloads; [ ! -e ${place.folder}/haproxy/haproxy.pid ] || kill -USR2 $(cat ${place.folder}/haproxy/haproxy.pid)`, ...more,
];
const pem = (name: string): string => join(haproxy.certificates, `${name}.pem`);
const reloads = (): number => (existsSync(join(place.folder, 'reloads')) ? readFileSync(join(place.folder, 'reloads'), 'utf8').split('\n').length - 1 : 0);
const leaf = (name: string): string => execFileSync('openssl', ['x509', '-noout', '-fingerprint', '-sha256', '-in', place.live(name, 'cert.pem')], { encoding: 'utf8', timeout: 10_000 }).trim().split('=')[1] ?? '';
const everythingSaid = (): string => readdirSync(join(place.folder, 'logs')).map((name) => readFileSync(join(place.folder, 'logs', name), 'utf8')).join('\n');
/** Those with the secret; what follows is the public key, which a CSR in the log has too. */
const keyLines = (name: string): string[] => readFileSync(place.live(name, 'privkey.pem'), 'utf8').split('\n').slice(1, 3);

const fingerprint = async (name: string): Promise<string> => ((await servedFor(name, ports.https)) ?? '').split(' ').at(-1) ?? '';
const served = async (name: string): Promise<string> => (await servedFor(name, ports.https)) ?? '';

it('S180: proved through HAProxy, installed beside a fallback certificate, served after a reload, and put back by rollback; the private key is shown nowhere', async () => {
  await haproxy.start();
  const before = readFileSync(haproxy.config, 'utf8');
  const { code, stdout, stderr } = await runAt('run', ...by(), ...installedBy(), '-d', 'example.com,www.example.com', '--json');
  expect(code, stdout + stderr).toBe(0);
  expect(stdout).toContain(`"address":"127.0.0.1:${ports.https}","state":"new"`);
  expect(reloads()).toBe(1);
  for (const name of ['example.com', 'www.example.com']) {
    expect(await fingerprint(name)).toBe(leaf('example.com'));
    expect(readFileSync(pem(name), 'utf8')).toBe(readFileSync(place.live('example.com', 'fullchain.pem'), 'utf8') + readFileSync(place.live('example.com', 'privkey.pem'), 'utf8'));
  }
  expect(await served('nobody.example.net')).not.toContain('example.com');
  expect(readdirSync(haproxy.certificates).sort()).toEqual(['__fallback.pem', 'example.com.pem', 'old.example.com.pem', 'www.example.com.pem']);
  for (const name of ['__fallback', 'example.com', 'www.example.com']) expect(statSync(pem(name)).mode & 0o777, name).toBe(0o600);
  expect(readFileSync(haproxy.config, 'utf8')).toBe(before);
  const renewal = readFileSync(join(place.folder, 'config/renewal/example.com.conf'), 'utf8');
  for (const line of ['authenticator = haproxy-authenticator', 'installer = haproxy-installer', `haproxy_authenticator_haproxy_http_01_port = ${haproxy.inner}`, `haproxy_installer_haproxy_crt_dir = ${haproxy.certificates}`]) expect(renewal).toContain(`${line}\n`);

  expect(await fine(runAt('install', ...installedBy(), '--cert-name', 'example.com'))).toContain('Nothing had to be changed.');
  rmSync(pem('www.example.com'));
  const planned = await fine(runAt('install', ...installedBy(), '--cert-name', 'example.com', '--plan'));
  expect(planned).toContain(`+++ ${pem('www.example.com')}`);
  await fine(runAt('install', ...installedBy(), '--cert-name', 'example.com'));
  const changes = await fine(runAt('config_changes'));
  expect(changes).toContain(pem('example.com'));
  for (const [where, said] of Object.entries({ stdout, stderr, planned, changes, logs: everythingSaid() })) for (const line of keyLines('example.com')) expect(said.includes(line), where).toBe(false);

  await fine(runAt('rollback', ...installedBy(), '--checkpoints', '2'));
  expect(readdirSync(haproxy.certificates)).toEqual(['old.example.com.pem']);
  expect(reloads()).toBe(4);
});

it('S180: a renewal is served by the running process, and connections from before go on; a rollback goes the same way', async () => {
  await haproxy.start();
  const runtime = ['--haproxy-installer-haproxy-socket', haproxy.socket];
  await fine(runAt('run', ...by(), ...installedBy(...runtime), '-d', 'example.com'));
  const [first, process] = [leaf('example.com'), haproxy.pids()];
  expect(await fingerprint('example.com')).toBe(first);
  const open = await connection('example.com');
  expect(await open.ask()).toBe('secret');

  await fine(place.certwright(['renew', '-n', '--force-renewal', '--no-random-sleep-on-renew']));
  expect(leaf('example.com')).not.toBe(first);
  expect(await fingerprint('example.com')).toBe(leaf('example.com'));
  expect(await open.ask()).toBe('secret');
  open.close();
  // The folder says the same to the next process.
  expect(readFileSync(pem('example.com'), 'utf8')).toContain(readFileSync(place.live('example.com', 'cert.pem'), 'utf8'));

  await fine(runAt('rollback', ...installedBy(...runtime), '--checkpoints', '1'));
  expect(await fingerprint('example.com')).toBe(first);
  await fine(runAt('rollback', ...installedBy(...runtime), '--checkpoints', '1'));
  expect(await served('example.com')).not.toContain('DNS:example.com');
  expect([haproxy.pids(), reloads()]).toEqual([process, 0]);
});

it('S180: where the socket does not answer, and with none, a renewal is copied and HAProxy reloaded', async () => {
  await haproxy.start();
  await fine(runAt('run', ...by(), ...installedBy('--haproxy-installer-haproxy-socket', join(place.folder, 'nobody.sock')), '-d', 'example.com'));
  const first = leaf('example.com');
  const renewed = await place.certwright(['renew', '-n', '--force-renewal', '--no-random-sleep-on-renew']);
  expect(renewed.code, renewed.stderr).toBe(0);
  expect(renewed.stderr).toContain('so it is reloaded');
  await expect.poll(() => fingerprint('example.com'), { timeout: 10_000 }).not.toBe(first);
  expect(await fingerprint('example.com')).toBe(leaf('example.com'));
  expect(reloads()).toBe(2);
});

it('U23: both certificates of a pair are served, each to the clients that can use it', async () => {
  await haproxy.start();
  await fine(runAt('run', ...by(), ...installedBy('--haproxy-installer-haproxy-socket', haproxy.socket), '-d', 'example.com', '--dual'));
  expect(await keyServedTo('ecdsa_secp256r1_sha256', 'example.com', ports.https)).toBe('ec');
  // HAProxy 2.6 takes a client for one that can use RSA by its PKCS#1 signatures only.
  expect(await keyServedTo('rsa_pkcs1_sha256:rsa_pss_rsae_sha256', 'example.com', ports.https)).toBe('rsa');
});

it('what HAProxy does not accept is put back, and nothing is reloaded', async () => {
  await haproxy.start();
  await fine(runAt('certonly', ...by(), '-d', 'example.com'));
  appendFileSync(haproxy.config, 'frontend broken\n  nonsense\n');
  const { code, stderr } = await runAt('install', ...installedBy(), '--cert-name', 'example.com');
  expect([code, readdirSync(haproxy.certificates), reloads()]).toEqual([1, ['old.example.com.pem'], 0]);
  expect(stderr).toContain("unknown keyword 'nonsense'");
});

it('what does not reload is put back, and HAProxy goes on with what it had', async () => {
  await haproxy.start();
  await fine(runAt('run', ...by(), ...installedBy(), '-d', 'example.com'));
  const [first, files] = [leaf('example.com'), readFileSync(pem('example.com'), 'utf8')];
  const renewed = await place.certwright(['renew', '-n', '--force-renewal', '--no-random-sleep-on-renew', '--haproxy-installer-haproxy-restart', 'echo no such unit >&2; exit 5']);
  expect(renewed.stderr).toMatch(/still serves the old certificate[^]*no such unit/);
  expect(leaf('example.com')).not.toBe(first);
  expect([readFileSync(pem('example.com'), 'utf8'), await fingerprint('example.com')]).toEqual([files, first]);
});

it('U35: killed (-9) when the renewed certificate has been put in place and not been tested yet: the old one is put back, and the next renewal that is due for nothing makes up for it', async () => {
  await haproxy.start();
  await fine(runAt('run', ...by(), ...installedBy(), '-d', 'example.com'));
  const [first, renew] = [leaf('example.com'), ['renew', '-n', '--no-random-sleep-on-renew', ...place.directories]];
  const env = { HOME: place.folder, REQUESTS_CA_BUNDLE: pebble.caPath };
  const killed = await runProgram('strace', ['-f', '-qq', '-o', join(place.folder, 'trace'), '-P', haproxy.certificates, '-e', 'trace=fsync', '-e', 'inject=fsync:signal=SIGKILL', process.execPath, binary, ...renew, '--force-renewal'], { env, timeout: 60_000 });
  expect(readFileSync(join(place.folder, 'trace'), 'utf8')).toContain('killed by SIGKILL');
  expect(killed.code).not.toBe(0);
  expect(leaf('example.com')).not.toBe(first);
  expect(readFileSync(pem('example.com'), 'utf8')).toContain(readFileSync(place.live('example.com', 'cert.pem'), 'utf8'));
  expect([await fingerprint('example.com'), reloads()]).toEqual([first, 1]);
  const next = await runProgram(process.execPath, [binary, ...renew], { env, timeout: 60_000 });
  expect(next.code, next.stderr).toBe(0);
  expect(next.stdout + next.stderr).toContain('put back as it was before');
  expect([await fingerprint('example.com'), reloads()]).toEqual([leaf('example.com'), 2]);
  expect(readFileSync(pem('example.com'), 'utf8')).toBe(readFileSync(place.live('example.com', 'fullchain.pem'), 'utf8') + readFileSync(place.live('example.com', 'privkey.pem'), 'utf8'));
  expect(readdirSync(haproxy.certificates).sort()).toEqual(['__fallback.pem', 'example.com.pem', 'old.example.com.pem']);
  await runProgram(process.execPath, [binary, ...renew], { env, timeout: 60_000 });
  expect(reloads()).toBe(2);
});

/** A connection that is kept open; each question is a request on it. */
function connection(name: string): Promise<{ ask(): Promise<string>; close(): void }> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: '127.0.0.1', port: ports.https, servername: name, rejectUnauthorized: false }, () =>
      resolve({
        ask: () =>
          new Promise((answer, failed) => {
            let text = '';
            const more = (chunk: Buffer): void => {
              text += chunk.toString();
              if (text.endsWith('secret')) answer('secret');
            };
            socket.once('close', () => failed(new Error(`closed after ${JSON.stringify(text)}`)));
            socket.removeAllListeners('data').on('data', more);
            socket.write(`GET / HTTP/1.1\r\nHost: ${name}\r\n\r\n`);
          }),
        close: () => socket.destroy(),
      }),
    );
    socket.on('error', reject);
  });
}
