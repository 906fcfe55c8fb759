import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CertificateFiles, ServerPorts } from '../plugins/server-tree.js';
import { makeApache } from './apache.js';
import { binary, makePlace, runProgram, type Ended, type Place } from './certwright.js';
import { makeNginx } from './nginx.js';
import { freePorts } from './pebble.js';
import { oldCertificate, protocolOf, type WebServer } from './web-server.js';

let place: Place;
let ports: ServerPorts;
let old: CertificateFiles;
let fresh: CertificateFiles;
let server: WebServer;
beforeEach(async () => {
  place = makePlace();
  const [http = 0, https = 0] = await freePorts(2);
  ports = { http, https };
  for (const folder of ['old', 'größe']) mkdirSync(join(place.folder, folder));
  old = oldCertificate(join(place.folder, 'old'));
  fresh = oldCertificate(join(place.folder, 'größe'));
});
afterEach(async () => {
  await server.stop();
  place.remove();
});

/** Installs the new certificate for a name. */
async function install(name: string, flags: readonly string[]): Promise<Ended> {
  const words = ['install', '-n', ...flags, '-d', name, '--cert-path', fresh.cert, '--key-path', fresh.key, '--http-01-port', String(ports.http), '--https-port', String(ports.https)];
  // Paths with letters beyond ASCII are in the configuration as they are on disk.
  const ended = await runProgram(process.execPath, [binary, ...words, ...place.directories.map((word) => word.replace(place.folder, join(place.folder, 'größe')))], { env: { HOME: place.folder } });
  expect(ended.code, ended.stderr).toBe(0);
  return ended;
}

/** The same, as the events of --json. */
async function events(name: string, flags: readonly string[]): Promise<readonly unknown[]> {
  const { stdout } = await install(name, [...flags, '--json']);
  return stdout.trim().split('\n').map((line) => JSON.parse(line) as { type: string }).filter(({ type }) => type === 'served-certificate');
}

it('nginx: a block that answers first with another certificate is named; so is a server that was not reloaded; what is right is not told (N10)', { timeout: 60_000 }, async () => {
  const tls = 'ssl_certificate {C}; ssl_certificate_key {K};';
  const nginx = makeNginx({ title: 'tree', files: { 'site.conf': `server {\n    listen {S} ssl;\n    server_name example.com;\n    ${tls}\n}\n\nserver { listen 127.0.0.1:{S} ssl; server_name _ right.example.com; ${tls} }\nserver { listen 127.0.0.1:{H}; server_name plain.example.com; }\n` } }, ports, old);
  server = nginx;
  await nginx.start();
  const flags = ['-i', 'nginx', '--nginx-server-root', nginx.root];
  const at = `127.0.0.1:${ports.https}`;
  const { stderr } = await install('example.com', flags);
  expect(stderr).toContain(`Another certificate than the new one is served for example.com: ${at} answers with one for old.example.com, issued by old.example.com, good until 20`);
  expect(stderr).toContain(`It is the one of the block at ${nginx.root}/site.conf:7: either that block answers first there`);
  expect(await events('example.com', flags)).toMatchObject([{ names: ['example.com'], address: at, state: 'other', served: { names: ['old.example.com'], place: `${nginx.root}/site.conf:7` } }]);
  expect(await events('right.example.com', flags)).toMatchObject([{ names: ['right.example.com'], address: at, state: 'new' }]);
  expect(await protocolOf('right.example.com', ports.https)).toBe('http/1.1');
  const more = await install('right.example.com', [...flags, '--http2', '--http3']);
  expect(await protocolOf('right.example.com', ports.https)).toBe('h2');
  // Debian's nginx of today is built without it.
  if (!execFileSync('sh', ['-c', '/usr/sbin/nginx -V 2>&1'], { encoding: 'utf8' }).includes('http_v3_module')) expect(more.stderr).toContain('http3 is not supported by the nginx installer');
  const deaf = join(place.folder, 'deaf');
  writeFileSync(deaf, '#!/bin/sh\ncase "$*" in *"-s reload"*) exit 0;; esac\nexec /usr/sbin/nginx "$@"\n', { mode: 0o755 });
  // Where its processes cannot be found, they are not waited for.
  unlinkSync(join(nginx.root, 'nginx.pid'));
  const [port = 0] = await freePorts(1);
  ports = { ...ports, https: port };
  const started = performance.now();
  const silent = await install('plain.example.com', [...flags, '--nginx-ctl', deaf]);
  // `nginx -t` has made the pid file anew, empty: nobody is waited for.
  expect(readFileSync(join(nginx.root, 'nginx.pid'), 'utf8')).toBe('');
  expect(performance.now() - started).toBeLessThan(15_000);
  expect(silent.stderr).toContain(`Could not ask which certificate is served for plain.example.com: 127.0.0.1:${port}, nothing listens there.`);
  expect(silent.stderr).not.toContain('Another certificate');
});

it('Apache: so too (N10)', { timeout: 60_000 }, async () => {
  const host = (addresses: string, name: string): string => `<VirtualHost ${addresses}>\n    ServerName ${name}\n    SSLEngine on\n    SSLCertificateFile {C}\n    SSLCertificateKeyFile {K}\n</VirtualHost>\n`;
  const apache = makeApache({ title: 'tree', files: { 'site.conf': host('*:{S}', 'example.com') + host('127.0.0.1:{S}', 'other.example.com') } }, ports, old);
  server = apache;
  expect(apache.fault()).toBeNull();
  await apache.start();
  const { stderr } = await install('example.com', ['-i', 'apache', '--apache-server-root', apache.root, '--apache-logs-root', apache.root]);
  const line = apache.files()['site.conf']?.split('\n').findIndex((text) => text.startsWith('<VirtualHost 127.0.0.1:')) ?? -1;
  expect(stderr).toContain(`It is the one of the block at ${apache.root}/site.conf:${line + 1}: either that block answers first there`);
});
