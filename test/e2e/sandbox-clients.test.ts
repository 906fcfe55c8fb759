import { X509Certificate } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.js';
import { freePorts } from './pebble.js';
import { runProgram } from './certwright.js';

const TIMEOUT = 60_000;

let folder: string;
let root: string;
let sandbox: Sandbox;
let httpPort = 0;
let tlsPort = 0;

/** A script that other programs can start. */
function script(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

/** Checks what a client got: its names, and that it chains to a root of the sandbox, by openssl's judgement. */
function expectIssued(chainPath: string, names: readonly string[]): void {
  const certificate = new X509Certificate(readFileSync(chainPath));
  expect(certificate.subjectAltName?.split(', ').sort()).toEqual(names.map((name) => `DNS:${name}`).sort());
  const verified = spawnSync('openssl', ['verify', '-CAfile', root, '-untrusted', chainPath, chainPath], { encoding: 'utf8', timeout: 10_000 });
  expect(verified.stdout + verified.stderr).toBe(`${chainPath}: OK\n`);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'certwright-clients-'));
  [httpPort = 0, tlsPort = 0] = await freePorts(2);
  sandbox = await startSandbox({ httpPort, tlsPort });
  root = join(folder, 'root.pem');
  writeFileSync(root, sandbox.rootPem);
});
afterAll(async () => {
  await sandbox.stop();
  rmSync(folder, { recursive: true, force: true });
});

const certbot = (args: readonly string[]) =>
  runProgram('/usr/bin/certbot', [...args, '-n', '--agree-tos', '-m', 'admin@example.com', '--server', sandbox.directoryUrl, '--config-dir', join(folder, 'certbot'), '--work-dir', join(folder, 'work'), '--logs-dir', join(folder, 'logs')], {
    env: { REQUESTS_CA_BUNDLE: root },
    timeout: TIMEOUT,
  });

const live = (name: string): string => join(folder, 'certbot', 'live', name, 'fullchain.pem');

const post = (path: string, value: string): string =>
  `#!/bin/sh\nexec ${process.execPath} -e 'fetch("${sandbox.managementUrl}${path}", { method: "POST", body: JSON.stringify({ host: "_acme-challenge." + process.env.CERTBOT_DOMAIN + ".", value: ${value} }) }).then((answer) => process.exit(answer.ok ? 0 : 1))'\n`;

describe('certbot', () => {
  it('obtains a certificate by http-01', async () => {
    const { code, stderr, stdout } = await certbot(['certonly', '--standalone', '--http-01-port', String(httpPort), '-d', 'certbot.example.com', '-d', 'www.certbot.example.com']);
    expect(code, stdout + stderr).toBe(0);
    expectIssued(live('certbot.example.com'), ['certbot.example.com', 'www.certbot.example.com']);
  });

  it('obtains a wildcard by dns-01, with hooks that set records', async () => {
    const auth = script('auth.sh', post('/set-txt', 'process.env.CERTBOT_VALIDATION'));
    const cleanup = script('cleanup.sh', post('/clear-txt', 'undefined'));
    const { code, stderr, stdout } = await certbot(['certonly', '--manual', '--preferred-challenges', 'dns', '--manual-auth-hook', auth, '--manual-cleanup-hook', cleanup, '-d', 'wild.example.com', '-d', '*.wild.example.com']);
    expect(code, stdout + stderr).toBe(0);
    expectIssued(live('wild.example.com'), ['wild.example.com', '*.wild.example.com']);
  });

  it('renews and revokes what it has', async () => {
    const before = new X509Certificate(readFileSync(live('certbot.example.com'))).serialNumber;
    const renewed = await certbot(['renew', '--force-renewal', '--no-random-sleep-on-renew', '--cert-name', 'certbot.example.com', '--http-01-port', String(httpPort)]);
    expect(renewed.code, renewed.stdout + renewed.stderr).toBe(0);
    expect(new X509Certificate(readFileSync(live('certbot.example.com'))).serialNumber).not.toBe(before);
    const revoked = await certbot(['revoke', '--cert-name', 'certbot.example.com', '--reason', 'superseded', '--no-delete-after-revoke']);
    expect(revoked.code, revoked.stdout + revoked.stderr).toBe(0);
    expect(sandbox.requests.at(-1)).toEqual({ method: 'POST', path: '/acme/revoke-cert', status: 200 });
    const listed = await certbot(['certificates', '--cert-name', 'certbot.example.com']);
    expect(listed.stdout).toContain('(INVALID: REVOKED)');
  });
});

const lego = (args: readonly string[], env: Record<string, string> = {}) =>
  runProgram('/usr/bin/lego', ['--server', sandbox.directoryUrl, '--accept-tos', '--email', 'admin@example.com', '--path', join(folder, 'lego'), ...args, 'run'], { env: { LEGO_CA_CERTIFICATES: root, ...env }, timeout: TIMEOUT });

const file = (name: string): string => join(folder, 'lego', 'certificates', `${name}.crt`);

describe('lego', () => {
  it('obtains a certificate by http-01', async () => {
    const { code, stderr, stdout } = await lego(['--http', '--http.port', `127.0.0.1:${httpPort}`, '-d', 'lego.example.com', '-d', 'www.lego.example.com']);
    expect(code, stdout + stderr).toBe(0);
    expectIssued(file('lego.example.com'), ['lego.example.com', 'www.lego.example.com']);
  });

  it('obtains a wildcard by dns-01, with its httpreq provider pointed at the management address', async () => {
    const { code, stderr, stdout } = await lego(['--dns', 'httpreq', '--dns.resolvers', `${sandbox.dns.address}:${sandbox.dns.port}`, '--dns.disable-cp', '-d', '*.lego-dns.example.com', '-d', 'lego-dns.example.com'], {
      HTTPREQ_ENDPOINT: sandbox.managementUrl,
    });
    expect(code, stdout + stderr).toBe(0);
    expectIssued(file('_.lego-dns.example.com'), ['*.lego-dns.example.com', 'lego-dns.example.com']);
  });

  it('obtains a certificate by tls-alpn-01', async () => {
    const { code, stderr, stdout } = await lego(['--tls', '--tls.port', `127.0.0.1:${tlsPort}`, '-d', 'lego-tls.example.com']);
    expect(code, stdout + stderr).toBe(0);
    expectIssued(file('lego-tls.example.com'), ['lego-tls.example.com']);
  });
});

const webroot = (): string => join(folder, 'uacme-web');

/**
 * uacme believes the file /etc/ssl/certs/ca-certificates.crt and nothing else, so it runs where that file is the
 * sandbox's roots: in a mount namespace of its own. The machine's store stays as it is.
 */
const uacme = (args: readonly string[]) =>
  runProgram('unshare', ['--mount', ...(process.getuid?.() === 0 ? [] : ['--map-root-user']), 'sh', '-c', 'mount --bind "$0" /etc/ssl/certs/ca-certificates.crt && exec /usr/bin/uacme "$@"', root, '-v', '-y', '-a', sandbox.directoryUrl, '-c', join(folder, 'uacme'), ...args], { timeout: TIMEOUT });

describe('uacme', () => {
  let web: Server;
  beforeAll(async () => {
    mkdirSync(webroot());
    web = createServer((request, response) => {
      const token = /^\/\.well-known\/acme-challenge\/([A-Za-z0-9_-]+)$/.exec(request.url ?? '')?.[1];
      try {
        response.end(readFileSync(join(webroot(), token ?? 'none')));
      } catch {
        response.writeHead(404).end();
      }
    });
    await new Promise<void>((resolve) => web.listen(httpPort, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    web.closeAllConnections();
    await new Promise((resolve) => web.close(resolve));
  });

  it('obtains a certificate by http-01, with a hook that writes into a web folder', async () => {
    const hook = script('uacme-hook.sh', `#!/bin/sh\n[ "$2" = http-01 ] || exit 1\ncase "$1" in\nbegin) printf %s "$5" > "${webroot()}/$4" ;;\n*) rm -f "${webroot()}/$4" ;;\nesac\n`);
    const account = await uacme(['new', 'admin@example.com']);
    expect(account.code, account.stdout + account.stderr).toBe(0);
    const { code, stderr, stdout } = await uacme(['-h', hook, 'issue', 'uacme.example.com', 'www.uacme.example.com']);
    expect(code, stdout + stderr).toBe(0);
    expectIssued(join(folder, 'uacme', 'uacme.example.com', 'cert.pem'), ['uacme.example.com', 'www.uacme.example.com']);
  });
});
