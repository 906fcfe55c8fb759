import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { debianTree, makeApache } from './apache.js';
import { binary, runProgram } from './certwright.js';
import { makeNginx } from './nginx.js';
import { fine } from './sandbox-of-test.js';
import { caAndPlaceForWebServer, old, place, plainAnswer, ports, runAt, servedFor, type WebServer } from './web-server.js';

let server: WebServer;
caAndPlaceForWebServer();
afterEach(() => server.stop());

it('delete --detach: nginx serves http as before, to the byte, and starts without the certificate (N12)', { timeout: 120_000 }, async () => {
  const nginx = makeNginx({ title: 'site', files: { 'site.conf': 'server {\n    listen {H};\n    server_name example.com www.example.com;\n    location / { return 200 site; }\n}\nserver {\n    listen {S} ssl;\n    server_name own.example.com;\n    ssl_certificate {C};\n    ssl_certificate_key {K};\n}\n' } }, ports, old);
  server = nginx;
  await nginx.start();
  const before = nginx.files();
  const root = ['--nginx-server-root', nginx.root];
  await fine(runAt('run', '--nginx', ...root, '--redirect', '-d', 'example.com,www.example.com'));
  // The redirect alone goes too, and the block that was split for it is whole again; a checkpoint brings it back.
  const redirected = nginx.files();
  const unredirect = (...more: string[]) => runAt('enhance', '-i', 'nginx', ...root, '--no-redirect', ...more);
  const half = await unredirect('--cert-name', 'example.com', '-d', 'example.com');
  expect([half.code, half.stderr]).toEqual([1, expect.stringMatching(/site\.conf:\d+ sends www\.example\.com to https together with them\.\nName these as well, with -d/)]);
  const undone = await fine(unredirect('-d', 'example.com,www.example.com'));
  expect(await plainAnswer('www.example.com', ports.http)).toEqual({ status: 200, location: '' });
  expect(await servedFor('www.example.com', ports.https)).toContain('DNS:www.example.com');
  expect(nginx.files()['site.conf']?.split('\n').filter((line) => !line.includes('managed by Certbot')).join('\n')).toBe(before['site.conf']);
  expect(await fine(unredirect('--cert-name', 'example.com'))).toContain('Nothing had to be changed.');
  // The command that is told undoes it as it stands: with these directories, and this server.
  const told = /^Undo: +certwright (.*)$/m.exec(undone)?.[1] ?? '';
  expect(told).toContain(`--config-dir ${place.folder}/config`);
  await fine(runProgram(process.execPath, [binary, ...told.split(' '), '-n']));
  expect(nginx.files()).toEqual(redirected);
  await fine(runAt('install', '-i', 'nginx', ...root, '--cert-name', 'example.com', '-d', 'own.example.com', '--no-redirect'));
  const shared = nginx.files();
  // It had https before us: it cannot do without a certificate.
  const stuck = await place.certwright(['delete', '-n', '--detach', '--cert-name', 'example.com']);
  expect(stuck.code).toBe(1);
  expect(stuck.stderr).toMatch(/site\.conf:\d+ needs another certificate first/);
  expect(nginx.files()).toEqual(shared);
  expect(existsSync(place.live('example.com', 'cert.pem'))).toBe(true);
  await fine(runAt('install', '-i', 'nginx', ...root, '--cert-path', old.cert, '--key-path', old.key, '-d', 'own.example.com', '--no-redirect'));
  await fine(place.certwright(['delete', '-n', '--detach', '--cert-name', 'example.com']));
  const marked = nginx.files()['site.conf']?.replaceAll(' # managed by Certbot', '');
  expect(marked).toBe(before['site.conf']);
  expect(nginx.test()).toBeNull();
  expect(existsSync(place.live('example.com', 'cert.pem'))).toBe(false);
  expect(await plainAnswer('example.com', ports.http)).toEqual({ status: 200, location: '' });
});

it('Apache too: the host that was made for TLS goes with its redirect (N12)', { timeout: 120_000 }, async () => {
  const apache = makeApache({ title: 'tree', ...debianTree() }, ports, old);
  server = apache;
  await apache.start();
  const before = apache.files();
  await fine(runAt('run', '--apache', '--apache-server-root', apache.root, '--apache-logs-root', apache.root, '--redirect', '-d', 'example.com,www.example.com'));
  const installed = apache.files();
  const server443 = ['-i', 'apache', '--apache-server-root', apache.root, '--apache-logs-root', apache.root];
  await fine(runAt('enhance', ...server443, '--no-redirect', '-d', 'www.example.com'));
  expect((await plainAnswer('www.example.com', ports.http)).location).toBe('');
  expect((await plainAnswer('example.com', ports.http)).location).toBe('https://example.com/');
  await fine(runAt('enhance', ...server443, '--no-redirect', '--cert-name', 'example.com'));
  expect((await plainAnswer('example.com', ports.http)).location).toBe('');
  expect(apache.files()['sites-available/example.conf']).toBe(before['sites-available/example.conf']);
  await fine(place.certwright(['rollback', '-n', '--checkpoints', '2', ...server443]));
  expect(apache.files()).toEqual(installed);
  await fine(place.certwright(['delete', '-n', '--detach', '--cert-name', 'example.com']));
  const after = apache.files();
  expect(after['sites-available/example.conf']).toBe(before['sites-available/example.conf']);
  // What held nothing else goes as a whole, with its link.
  expect(Object.keys(after).filter((path) => path.includes('-le-ssl'))).toEqual([]);
  expect(apache.fault()).toBeNull();
  expect(existsSync(join(place.folder, 'config/live/example.com'))).toBe(false);
  expect((await plainAnswer('example.com', ports.http)).location).toBe('');
  expect(await servedFor('example.com', ports.https)).toBeNull();
  // One checkpoint brings it back, link and all.
  expect((await fine(place.certwright(['config_changes', '-n']))).split('\n').filter((line) => line.includes('Detached'))).toHaveLength(1);
  await fine(place.certwright(['rollback', '-n']));
  expect(apache.files()).toEqual(installed);
});
