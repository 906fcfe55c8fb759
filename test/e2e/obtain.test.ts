import { X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { makePlace, unattended, type Place } from './certwright.js';
import { startPebble, type Pebble } from './pebble.js';

let pebble: Pebble;
let place: Place;

beforeAll(async () => {
  pebble = await startPebble({ env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '15' } });
});
afterAll(() => pebble.stop());
beforeEach(() => {
  place = makePlace({ REQUESTS_CA_BUNDLE: pebble.caPath });
});
afterEach(() => place.remove());

const names = (count: number) => Array.from({ length: count }, (_, index) => `host${index}.example.com`);
const certificate = (name: string) => new X509Certificate(readFileSync(place.live(name, 'cert.pem')));
const sans = (name: string) => (certificate(name).subjectAltName ?? '').split(', ').map((entry) => entry.replace(/^DNS:/, '')).sort();
const certonly = (...args: string[]) => place.certwright(['certonly', ...unattended(pebble.directoryUrl), ...args]);
const standalone = () => ['--standalone', '--http-01-port', String(pebble.httpPort)];

it.each([1, 10, 100])('standalone: a certificate of %d names from a CA that refuses nonces', async (count) => {
  const wanted = names(count);
  const { code, stdout, stderr } = await certonly(...standalone(), '-d', wanted.join(','));
  expect(stderr).not.toContain('Error');
  expect(stdout).toContain('Successfully received certificate.');
  expect(stdout).toContain(place.live('host0.example.com', 'fullchain.pem'));
  expect(code).toBe(0);
  expect(sans('host0.example.com')).toEqual([...wanted].sort());
  expect(certificate('host0.example.com').checkPrivateKey(await key('host0.example.com'))).toBe(true);
  expect(statSync(join(place.folder, 'config/archive/host0.example.com/privkey1.pem')).mode & 0o777).toBe(0o600);
});

async function key(name: string) {
  const { createPrivateKey } = await import('node:crypto');
  return createPrivateKey(readFileSync(place.live(name, 'privkey.pem')));
}

it('standalone: an internationalized name is accepted as typed', async () => {
  const { code, stdout } = await certonly(...standalone(), '-d', 'münchen.example');
  expect(code).toBe(0);
  expect(stdout).toContain('münchen.example');
  expect(sans('xn--mnchen-3ya.example')).toEqual(['xn--mnchen-3ya.example']);
});

it('standalone by tls-alpn-01', async () => {
  const { code, stderr } = await certonly('--standalone', '--preferred-challenges', 'tls-alpn-01', '--https-port', String(pebble.tlsPort), '-d', 'alpn.example.com');
  expect(stderr).not.toContain('Error');
  expect(code).toBe(0);
  expect(sans('alpn.example.com')).toEqual(['alpn.example.com']);
});

it('an IP address (C07)', async () => {
  const { code } = await certonly(...standalone(), '--ip-address', '127.0.0.1');
  expect(code).toBe(0);
  expect(certificate('127.0.0.1').subjectAltName).toBe('IP Address:127.0.0.1');
});

/** A file server per host, as a running web server would be. */
function serve(folders: Record<string, string>): Promise<Server> {
  const server = createServer((request, response) => {
    const folder = folders[(request.headers.host ?? '').replace(/:\d+$/, '')];
    const path = folder === undefined ? '' : join(folder, request.url ?? '');
    if (path !== '' && existsSync(path)) response.end(readFileSync(path));
    else response.writeHead(404).end();
  });
  return new Promise((resolve) => server.listen(pebble.httpPort, () => resolve(server)));
}

it.each([1, 100])('webroot: %d names in two folders, nothing is left behind (S27, S28, F59)', async (count) => {
  const [a, b] = [join(place.folder, 'a'), join(place.folder, 'b')];
  mkdirSync(join(a, '.well-known'), { recursive: true });
  mkdirSync(b);
  const wanted = names(count + 1);
  const [first = '', ...rest] = wanted;
  const server = await serve({ [first]: a, ...Object.fromEntries(rest.map((name) => [name, b])) });
  try {
    const { code, stderr } = await certonly('--webroot', '-w', a, '-d', first, '-w', b, '-d', rest.join(','));
    expect(stderr).not.toContain('Error');
    expect(code).toBe(0);
  } finally {
    server.closeAllConnections();
    server.close();
  }
  expect(sans(first)).toEqual([...wanted].sort());
  expect(readdirSync(join(a, '.well-known'))).toEqual([]);
  expect(readdirSync(b)).toEqual([]);
});

/** The guide's hooks for HTTP (S133): write and remove the file below a web root. */
it.each([1, 30])('manual: hooks that place %d files', async (count) => {
  const root = join(place.folder, 'root');
  mkdirSync(root);
  const auth = script('auth.sh', `mkdir -p ${root}/.well-known/acme-challenge && echo $CERTBOT_VALIDATION > ${root}/.well-known/acme-challenge/$CERTBOT_TOKEN`);
  const cleanup = script('cleanup.sh', `rm -f ${root}/.well-known/acme-challenge/$CERTBOT_TOKEN`);
  const wanted = names(count);
  const server = await serve(Object.fromEntries(wanted.map((name) => [name, root])));
  try {
    const { code, stderr } = await certonly('--manual', '--manual-auth-hook', auth, '--manual-cleanup-hook', cleanup, '-d', wanted.join(','));
    expect(stderr).not.toContain('Error');
    expect(code).toBe(0);
  } finally {
    server.closeAllConnections();
    server.close();
  }
  expect(sans('host0.example.com')).toEqual([...wanted].sort());
  expect(readdirSync(join(root, '.well-known/acme-challenge'))).toEqual([]);
});

function script(name: string, body: string): string {
  const path = join(place.folder, name);
  writeFileSync(path, `#!/bin/sh\nset -e\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

function dnsHooks(): readonly string[] {
  const call = (action: string, more: string) =>
    `curl -sf -m 10 -d "{\\"host\\":\\"_acme-challenge.$CERTBOT_DOMAIN.\\"${more}}" ${pebble.challtestUrl}/${action}`;
  return [
    '--manual',
    '--preferred-challenges',
    'dns',
    '--manual-auth-hook',
    script('dns-auth.sh', call('set-txt', ',\\"value\\":\\"$CERTBOT_VALIDATION\\"')),
    '--manual-cleanup-hook',
    script('dns-cleanup.sh', call('clear-txt', '')),
  ];
}

it.each([1, 30])('manual: hooks that set %d DNS records', async (count) => {
  const wanted = names(count);
  const { code, stderr } = await certonly(...dnsHooks(), '-d', wanted.join(','));
  expect(stderr).not.toContain('Error');
  expect(code).toBe(0);
  expect(sans('host0.example.com')).toEqual([...wanted].sort());
});

it('manual: a wildcard with its apex, two values under one name (S141)', async () => {
  const { code, stderr } = await certonly(...dnsHooks(), '-d', 'example.org,*.example.org');
  expect(stderr).not.toContain('Error');
  expect(code).toBe(0);
  expect(sans('example.org')).toEqual(['*.example.org', 'example.org']);
});

it('manual without a hook and without a person is the error certbot users know', async () => {
  const { code, stderr } = await certonly('--manual', '-d', 'example.org');
  expect(code).toBe(1);
  expect(stderr).toContain('--manual-auth-hook');
  expect(existsSync(join(place.folder, 'config/live'))).toBe(false);
});
