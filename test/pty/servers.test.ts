import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makePlace, type Place } from '../e2e/certwright.js';
import { debianTree, makeApache } from '../e2e/apache.js';
import { makeNginx, type RunningNginx } from '../e2e/nginx.js';
import { freePorts } from '../e2e/pebble.js';
import { oldCertificate, plainAnswer, servedFor } from '../e2e/web-server.js';
import { keys, open, type Screen } from './terminal.js';

const { down, enter, tab } = keys;

let place: Place;
let nginx: RunningNginx;
let screen: Screen;
beforeEach(() => {
  place = makePlace();
});
afterEach(async () => {
  screen.kill();
  await nginx.stop();
  place.remove();
});

it('a first-timer with nginx: Enter until the review, every line before it is written, https, and undone again from the last screen; then install and enhance', { timeout: 90_000 }, async () => {
  const [sandbox = 0, http = 0, https = 0] = await freePorts(3);
  const site = 'server {\n    listen {H};\n    server_name example.com www.example.com;\n}\n';
  nginx = makeNginx({ title: 'site', files: { 'site.conf': site } }, { http, https }, oldCertificate(place.folder));
  await nginx.start();
  let before = nginx.files();
  const args = ['--sandbox', '--sandbox-port', String(sandbox), '--nginx-server-root', nginx.root, '--http-01-port', String(http), '--https-port', String(https), '--agree-tos', '--register-unsafely-without-email', ...place.directories];
  screen = open(args, { columns: 60, rows: 16, env: { HOME: place.folder } });
  await screen.see('❯ Get a certificate and turn on HTTPS in nginx');
  screen.type(enter);
  await screen.see('[x] www.example.com');
  screen.type(enter);
  await screen.see('Nothing has been changed yet');
  screen.type('d');
  await screen.see('Not written yet');
  screen.type(' ');
  await screen.see(`+    listen ${https} ssl; # managed by Certbot`);
  expect(nginx.files()).toEqual(before);
  // Enter only leads back from here.
  screen.type(enter);
  await screen.see('❯ Do it');
  expect(nginx.files()).toEqual(before);
  // What is written is what was shown: an edit in between is not run over, and what comes of it is shown first.
  writeFileSync(join(nginx.root, 'site.conf'), `# by hand\n${before['site.conf'] ?? ''}`);
  before = nginx.files();
  screen.type(enter);
  await screen.see(/configuration was changed since it was\s+looked at; nothing was done[^]*❯ Do it/);
  expect(nginx.files()).toEqual(before);
  expect(existsSync(join(place.folder, 'config/live/example.com'))).toBe(false);
  screen.type('d');
  await screen.see('# by hand');
  screen.type(enter);
  await screen.see('❯ Do it');
  screen.type(enter);
  await screen.see('Look at https://example.com now', 40_000);
  expect(screen.text()).toMatch(/the new\s+certificate is served[^]*nginx has the certificate. Keep it so\?/);
  expect((await plainAnswer('www.example.com', http)).location).toBe('https://www.example.com/');
  screen.type(`${down}${enter}`);
  await screen.see('Put the configuration of nginx back as it was?');
  screen.type(enter);
  expect(await screen.exited, screen.all()).toBe(0);
  expect(nginx.files()).toEqual(before);
  expect((await plainAnswer('www.example.com', http)).location).toBe('');
  expect(screen.all()).toContain('nginx was reloaded');
  expect(screen.all()).not.toContain('Point your server');
  expect(readFileSync(join(place.folder, 'config/renewal/example.com.conf'), 'utf8')).toContain('installer = nginx\n');

  // What is there is installed and hardened after the same review; nothing is done without it, and plain lines are as certbot's.
  const served = [...place.directories, '-i', 'nginx', '--nginx-server-root', nginx.root, '--http-01-port', String(http), '--https-port', String(https)];
  const at = { columns: 60, rows: 16, env: { HOME: place.folder } };
  screen = open(['install', ...served], at);
  await screen.see('Which certificate would you like to install?');
  screen.type(enter);
  await screen.see(/Certificate +example.com, which stays as it is[^]*❯ Do it +Back +Quit/);
  writeFileSync(join(nginx.root, 'site.conf'), `# again\n${before['site.conf'] ?? ''}`);
  before = nginx.files();
  screen.type(enter);
  await screen.see(/was changed since it was\s+looked at; nothing was done[^]*❯ Do it/);
  screen.type(`${tab}${tab}${enter}`);
  expect(await screen.exited, screen.all()).toBe(0);
  expect(screen.all()).toContain('Nothing was changed.');
  expect(nginx.files()).toEqual(before);
  screen = open(['install', '--plain', '--cert-name', 'example.com', ...served], at);
  expect(await screen.exited, screen.all()).toBe(0);
  expect(screen.all()).not.toContain('Ready.');
  expect((await plainAnswer('www.example.com', http)).location).toBe('https://www.example.com/');
  screen = open(['enhance', '--hsts', '--cert-name', 'example.com', ...served], at);
  await screen.see('❯ Do it      Quit');
  expect(nginx.files()['site.conf']).not.toContain('Strict-Transport-Security');
  screen.type(enter);
  expect(await screen.exited, screen.all()).toBe(0);
  expect(nginx.files()['site.conf']).toContain('Strict-Transport-Security');
});

it('install without -i: of two servers a person chooses; the one that answers is taken without a word; with -n the flags are named', { timeout: 60_000 }, async () => {
  const [sandbox = 0, http = 0, https = 0] = await freePorts(3);
  const certificate = oldCertificate(place.folder);
  nginx = makeNginx({ title: 'site', files: { 'site.conf': 'server {\n    listen {H};\n    server_name example.com;\n}\n' } }, { http, https }, certificate);
  const apache = makeApache({ title: 'debian', ...debianTree() }, { http, https }, certificate);
  try {
    const obtained = await place.certwright(['certonly', '-n', '--sandbox', '--sandbox-port', String(sandbox), '--standalone', '--agree-tos', '-d', 'example.com']);
    expect(obtained.code, obtained.stderr).toBe(0);
    const args = ['install', ...place.directories, '--nginx-server-root', nginx.root, '--apache-server-root', apache.root, '--http-01-port', String(http), '--https-port', String(https)];
    const at = { columns: 80, rows: 24, env: { HOME: place.folder } };
    screen = open(args, at);
    await screen.see(/Which web server is it for\?[^]*❯ (?:nginx|Apache)[^]*example\.com/);
    expect(screen.text()).toMatch(/Apache.*--apache/);
    screen.type(/❯ Apache/.test(screen.text()) ? `${down}${enter}` : enter);
    await screen.see('Which certificate would you like to install?');
    screen.type(enter);
    await screen.see(/the configuration of nginx[^]*❯ Do it|nginx[^]*❯ Do it/);
    screen.type(`${tab}${tab}${enter}`);
    expect(await screen.exited, screen.all()).toBe(0);
    expect(screen.all()).toContain('Nothing was changed.');

    await nginx.start();
    screen = open(args, at);
    await screen.see('Which certificate would you like to install?');
    expect(screen.all()).not.toContain('Which web server');
    screen.kill();
    const alone = await place.certwright([...args.filter((word) => !place.directories.includes(word)), '-n', '--cert-name', 'example.com']);
    expect([alone.code, alone.stderr]).toEqual([1, expect.stringMatching(/you will need to specify a plugin on the command line\.\nAnswer it with --nginx or --apache or -i NAME\./)]);
  } finally {
    await apache.stop();
  }
});

it('names that come to a certificate that nginx serves without redirect: it is asked whether nginx shall serve them too, and http goes on as it is', { timeout: 90_000 }, async () => {
  const [sandbox = 0, http = 0, https = 0] = await freePorts(3);
  const site = (name: string): string => `server {\n    listen {H};\n    server_name ${name};\n}\n`;
  nginx = makeNginx({ title: 'sites', files: { 'site.conf': `${site('example.com')}${site('shop.example.com')}` } }, { http, https }, oldCertificate(place.folder));
  await nginx.start();
  const args = ['--sandbox', '--sandbox-port', String(sandbox), '--nginx-server-root', nginx.root, '--http-01-port', String(http), '--https-port', String(https)];
  const obtained = await place.certwright(['run', '-n', ...args, '--nginx', '--no-redirect', '--agree-tos', '-d', 'example.com']);
  expect(obtained.code, obtained.stderr).toBe(0);
  const before = nginx.files();
  screen = open([...args, ...place.directories], { columns: 60, rows: 16, env: { HOME: place.folder } });
  await screen.see('What would you like to do?');
  screen.type(`${down.repeat(2)}${enter}`);
  await screen.see('Which names should the certificate');
  screen.type(`shop.example.com${enter}`);
  await screen.see(/nginx serves this certificate\. Shall it serve the new\s+name\s+too\?[^]*❯ Yes, serve it too/);
  // Only the certificate: nothing of the server is touched.
  screen.resize(60, 40);
  screen.type(`${down}${enter}`);
  await screen.see(/Nothing has been changed yet[^]*no\s+server\s+is\s+touched[^]*certwright certonly/);
  screen.type(keys.escape);
  await screen.see(/Shall it serve/);
  screen.type(`${keys.up}${enter}`);
  await screen.see('Nothing has been changed yet');
  screen.type('d');
  await screen.see(`+    listen ${https} ssl; # managed by Certbot`);
  expect(screen.text()).not.toContain('return 301');
  screen.type(enter);
  await screen.see('❯ Do it');
  await screen.see(/answers as it does now[^]*certwright run[^]*-i\s+nginx\s+--no-redirect/);
  // To the end of the command also where there is little room.
  screen.resize(60, 16);
  screen.type(down.repeat(30));
  await screen.see(/--add-domain\s+shop\.example\.com/);
  expect(nginx.files()).toEqual(before);
  screen.type(enter);
  await screen.see('nginx has the certificate. Keep it so?', 40_000);
  screen.type(enter);
  expect(await screen.exited, screen.all()).toBe(0);
  await bothServedAndNotRedirected(http, https);
  expect(nginx.files()['site.conf']).not.toMatch(/return 30|\$scheme/);
});

async function bothServedAndNotRedirected(http: number, https: number): Promise<void> {
  const served = await servedFor('shop.example.com', https);
  expect(served).toContain('DNS:example.com, DNS:shop.example.com');
  expect(await servedFor('example.com', https)).toBe(served);
  for (const name of ['example.com', 'shop.example.com']) expect((await plainAnswer(name, http)).location).toBe('');
}

it('names that come to a certificate that Apache serves: it is asked the same, and they are served', { timeout: 90_000 }, async () => {
  const [sandbox = 0, http = 0, https = 0] = await freePorts(3);
  const certificate = oldCertificate(place.folder);
  nginx = makeNginx({ title: 'not running', files: { 'site.conf': '' } }, { http, https }, certificate);
  const host = (name: string): string => `<VirtualHost *:{H}>\n    ServerName ${name}\n</VirtualHost>\n`;
  const { files, links } = debianTree();
  const apache = makeApache({ title: 'sites', files: { ...files, 'sites-available/site.conf': `${host('example.com')}${host('shop.example.com')}` }, links: { ...links, 'sites-enabled/site.conf': '../sites-available/site.conf' } }, { http, https }, certificate);
  // Apache's processes read the answers below it.
  chmodSync(place.folder, 0o755);
  try {
    await apache.start();
    const args = ['--sandbox', '--sandbox-port', String(sandbox), '--nginx-server-root', nginx.root, '--apache-server-root', apache.root, '--apache-logs-root', apache.root, '--http-01-port', String(http), '--https-port', String(https)];
    const obtained = await place.certwright(['run', '-n', ...args, '--apache', '--no-redirect', '--agree-tos', '-d', 'example.com'], { env: { APACHE_CONFDIR: apache.root } });
    expect(obtained.code, obtained.stderr).toBe(0);
    screen = open([...args, ...place.directories], { columns: 80, rows: 24, env: { HOME: place.folder, APACHE_CONFDIR: apache.root } });
    await screen.see('What would you like to do?');
    screen.type(`${down.repeat(2)}${enter}`);
    await screen.see('Which names should the certificate');
    screen.type(`shop.example.com${enter}`);
    await screen.see(/Apache serves this certificate\. Shall it serve the new\s+name\s+too\?[^]*❯ Yes, serve it too/);
    screen.type(enter);
    await screen.see('❯ Do it');
    screen.type(enter);
    await screen.see('Apache has the certificate. Keep it so?', 40_000);
    screen.type(enter);
    expect(await screen.exited, screen.all()).toBe(0);
    await bothServedAndNotRedirected(http, https);
  } finally {
    await apache.stop();
  }
});
