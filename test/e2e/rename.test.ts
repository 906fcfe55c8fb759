import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { debianTree, makeApache } from './apache.js';
import { binary, runProgram } from './certwright.js';
import { makeNginx } from './nginx.js';
import { quickCertbot } from './quick-certbot.js';
import { fine } from './sandbox-of-test.js';
import { caAndPlaceForWebServer, old, pebble, place, ports, runAt, servedFor, type WebServer } from './web-server.js';

let server: WebServer;
caAndPlaceForWebServer();
afterEach(() => server.stop());

const rename = (...words: string[]) => runProgram(process.execPath, [binary, 'rename', ...words, '-n', ...place.directories], { env: { HOME: place.folder, REQUESTS_CA_BUNDLE: pebble.caPath, CERTWRIGHT_ROOT: join(place.folder, 'root') } });

it('N13: a certificate that nginx serves gets another name: its configuration and those of others name it, and certbot renews it', { timeout: 120_000 }, async () => {
  const nginx = makeNginx({ title: 'site', files: { 'site.conf': 'server {\n    listen {H};\n    server_name example.com;\n}\n' } }, ports, old);
  server = nginx;
  await nginx.start();
  await fine(runAt('run', '--nginx', '--nginx-server-root', nginx.root, '-d', 'example.com'));
  const before = nginx.files();
  const postfix = join(place.folder, 'root/etc/postfix/main.cf');
  mkdirSync(join(postfix, '..'), { recursive: true });
  const others = (name: string): string => `smtpd_tls_cert_file = ${place.folder}/config/live/${name}/fullchain.pem\n# ${place.folder}/config/live/example.com-0001/fullchain.pem is another one\n`;
  writeFileSync(postfix, others('example.com'));
  // The server does not take it: all is as it was.
  const deaf = join(place.folder, 'deaf');
  writeFileSync(deaf, `#!/bin/sh\ncase "$*" in *-t*) grep -q live/shop ${nginx.root}/site.conf && { echo "not today" >&2; exit 1; };; esac\nexec /usr/sbin/nginx "$@"\n`, { mode: 0o755 });
  const refused = await rename('example.com', 'shop', '--nginx-ctl', deaf, '--nginx-server-root', nginx.root);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('not today');
  expect(nginx.files()).toEqual(before);
  expect([existsSync(place.live('shop', 'cert.pem')), existsSync(place.live('example.com', 'cert.pem'))]).toEqual([false, true]);
  const renamed = await fine(rename('example.com', 'shop'));
  expect(renamed).toContain('The certificate example.com is named shop now');
  expect(renamed).toContain(postfix);
  expect(renamed).toContain(`Changed, and read anew by the server: ${nginx.root}/site.conf`);
  expect(nginx.files()).toEqual({ ...before, 'site.conf': before['site.conf']?.replaceAll('/live/example.com/', '/live/shop/') });
  expect(readFileSync(postfix, 'utf8')).toBe(others('shop'));
  expect(nginx.test()).toBeNull();
  expect(existsSync(place.live('example.com', 'cert.pem'))).toBe(false);
  const first = await servedFor('example.com', ports.https);
  expect(first).toContain('DNS:example.com');
  await fine(place.certbot(['renew', '-n', '--no-random-sleep-on-renew', '--force-renewal', '--cert-name', 'shop'], { env: quickCertbot(place.folder), timeout: 60_000 }));
  expect(await servedFor('example.com', ports.https)).not.toBe(first);
  // What is older would name the old files: it is not put back without a word.
  const rolled = await runAt('rollback', '-i', 'nginx', '--nginx-server-root', nginx.root);
  expect(rolled.stderr).toContain(`Edited since it was changed, so not overwritten: ${nginx.root}/site.conf`);
  expect(rolled.stderr).toContain('The certificate example.com was renamed to shop since, and these files with it: put back, they would name files that are gone. Give it its old name first: certwright rename shop example.com --config-dir ');
  expect((await rename('example.com', 'other')).stderr).toContain('No certificate found with name example.com');
  // By two steps it is the first name that is wanted back; with it, it is simply undone.
  await fine(rename('shop', 'shop2'));
  expect((await runAt('rollback', '-i', 'nginx', '--nginx-server-root', nginx.root)).stderr).toContain('certwright rename shop2 example.com --config-dir ');
  await fine(rename('shop2', 'example.com'));
  expect(await fine(runAt('rollback', '-i', 'nginx', '--nginx-server-root', nginx.root))).toContain('put back');
});

it('N13: Apache too', { timeout: 120_000 }, async () => {
  const apache = makeApache({ title: 'tree', ...debianTree() }, ports, old);
  server = apache;
  await apache.start();
  await fine(runAt('run', '--apache', '--apache-server-root', apache.root, '--apache-logs-root', apache.root, '-d', 'example.com'));
  const path = 'sites-available/example-le-ssl.conf';
  const before = apache.files();
  await fine(rename('--cert-name', 'example.com', 'shop'));
  expect(apache.files()).toEqual({ ...before, [path]: before[path]?.replaceAll('/live/example.com/', '/live/shop/') });
  expect(apache.fault()).toBeNull();
  expect(await servedFor('example.com', ports.https)).toContain('DNS:example.com');
  expect(existsSync(place.live('shop', 'privkey.pem'))).toBe(true);
});
