import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { generationOf, untilGone } from '../../src/plugins/apache/generation.js';
import { listCheckpoints } from '../../src/store/checkpoint.js';
import { undoCheckpoint } from '../../src/store/checkpoint-undo.js';
import { conf, LISTEN, type ApacheTreeOfTests } from '../plugins/apache/corpus.js';
import { debianTree, makeApache, type RunningApache } from './apache.js';
import { runProgram } from './certwright.js';
import { fine } from './sandbox-of-test.js';
import { caAndPlaceForWebServer, namesAdded, old, pairInstalledAndUndone, pebble, place, plainAnswer, ports, protocolOf, runAt, servedFor } from './web-server.js';

let apache: RunningApache;
caAndPlaceForWebServer();
afterEach(() => apache.stop());

const start = async (tree: Omit<ApacheTreeOfTests, 'title'>): Promise<void> => {
  apache = makeApache({ title: 'tree', ...tree }, ports, old);
  expect(apache.fault()).toBeNull();
  await apache.start();
};
const run = (verb: string, ...more: string[]) => runAt(verb, '--apache-server-root', apache.root, '--apache-logs-root', apache.root, ...more);

it('run --apache on Debian: modules, site and listen enabled, proved, served, redirected; again changes no byte; renew; rollback restores all', async () => {
  await start(debianTree());
  const before = apache.files();
  await fine(run('run', '--apache', '-d', 'example.com,www.example.com'));
  expect(await servedFor('example.com', ports.https)).toContain('DNS:example.com, DNS:www.example.com');
  expect(await plainAnswer('www.example.com', ports.http, '127.0.0.1', '/x')).toEqual({ status: 301, location: 'https://www.example.com/x' });
  expect((await plainAnswer('other.example.com', ports.http)).location).toBe('');
  const after = apache.files();
  expect(after['sites-enabled/example-le-ssl.conf']).toBe(join(apache.root, 'sites-available/example-le-ssl.conf'));
  expect(after['sites-available/example-le-ssl.conf']).toContain('<IfModule mod_ssl.c>\n<VirtualHost *:');
  expect(after['mods-enabled/ssl.load']).toBe('../mods-available/ssl.load');
  expect(after['sites-available/000-other.conf']).toBe(before['sites-available/000-other.conf']);
  expect(await fine(run('install', '-i', 'apache', '--cert-name', 'example.com'))).toContain('Nothing had to be changed.');
  expect(apache.files()).toEqual(after);

  const first = await servedFor('example.com', ports.https);
  const renewed = await place.certwright(['renew', '-n', '--no-random-sleep-on-renew', '--force-renewal']);
  expect(renewed.code, renewed.stderr).toBe(0);
  expect(renewed.stderr).not.toContain('certificate is served for');
  expect(await servedFor('example.com', ports.https)).not.toBe(first);
  expect(apache.files()).toEqual(after);
  const renewal = readFileSync(join(place.folder, 'config/renewal/example.com.conf'), 'utf8');
  expect(renewal).toContain('authenticator = apache\n');
  expect(renewal).toContain('installer = apache\n');
  expect(renewal).toContain(`apache_server_root = ${apache.root}\n`);

  await fine(run('enhance', '--apache', '--cert-name', 'example.com', '--hsts', '--uir', '--http2', '--http3'));
  expect(await protocolOf('example.com', ports.https)).toBe('h2');
  const hardened = apache.files()['sites-available/example-le-ssl.conf'];
  expect(hardened).toContain('Header always set Strict-Transport-Security "max-age=31536000"');
  expect(hardened).toContain('Header always set Content-Security-Policy upgrade-insecure-requests');
  expect(await fine(run('enhance', '--apache', '--cert-name', 'example.com', '--hsts', '--uir', '--http2'))).toContain('Nothing had to be changed.');

  const dirs = { config: join(place.folder, 'config'), work: join(place.folder, 'work'), logs: join(place.folder, 'logs') };
  const titles = listCheckpoints(dirs).map(({ title }) => title);
  expect(titles.toReversed()).toEqual(['Deployed ACME Certificate', 'Add enhancement redirect', 'Add enhancement hsts', 'Add enhancement uir', 'Add enhancement http2']);
  for (const checkpoint of listCheckpoints(dirs)) {
    const { problems } = await undoCheckpoint(dirs, checkpoint, [], async ([command = '', ...args]) => ((await runProgram(command, args)).code === 0 ? null : 'failed'));
    expect(problems).toEqual([]);
  }
  expect(apache.files()).toEqual(before);
  expect(apache.fault()).toBeNull();
});

it('--auto-hsts: the header grows at renewals, at most once in 48 hours, and for good with a renewed certificate', async () => {
  await start({ files: { 'site.conf': '<VirtualHost *:{H}>\n    ServerName example.com\n</VirtualHost>\n' } });
  const seconds = (): string | undefined => /Strict-Transport-Security "max-age=(\d+)"/.exec(apache.files()['site-le-ssl.conf'] ?? '')?.[1];
  const storage = join(place.folder, 'config/.pluginstorage.json');
  const age = (laststep: number, timestamp: number): void => {
    const { apache: kept } = JSON.parse(readFileSync(storage, 'utf8')) as { apache: { autohsts: Record<string, unknown> } };
    writeFileSync(storage, JSON.stringify({ apache: { autohsts: Object.fromEntries(Object.keys(kept.autohsts).map((id) => [id, { laststep, timestamp }])) } }));
  };
  const renew = (...more: string[]) => fine(place.certwright(['renew', '-n', '--no-random-sleep-on-renew', ...more]));
  await fine(run('run', '--apache', '--auto-hsts', '-d', 'example.com'));
  expect(seconds()).toBe('60');
  expect(statSync(storage).mode & 0o777).toBe(0o600);
  await renew();
  expect(seconds()).toBe('60');
  age(0, 1_700_000_000.5);
  await renew('--disable-renew-updates');
  expect(seconds()).toBe('60');
  await renew();
  expect(seconds()).toBe('300');
  age(6, 1_700_000_000);
  await renew();
  expect(seconds()).toBe('300');
  await renew('--force-renewal');
  expect(seconds()).toBe('31536000');
  expect(JSON.parse(readFileSync(storage, 'utf8'))).toEqual({ apache: { autohsts: {} } });
});

it('certonly --apache: every kind of host answers for its name, and each file is as it was afterwards', async () => {
  const plain = (name: string, inside: string): string => `<VirtualHost *:{H}>\n    ServerName ${name}.example.com\n${inside}</VirtualHost>\n`;
  await start({
    files: {
      'site.conf': [
        '<VirtualHost *:{H}>\n    DocumentRoot {R}\n    RewriteEngine on\n    RewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R,L]\n</VirtualHost>\n',
        plain('denied', '    <Location />\n        Require all denied\n    </Location>\n'),
        plain('denied-of-old', '    <Location />\n        Order deny,allow\n        Deny from all\n    </Location>\n'),
        plain('closed', '    <Location />\n        AuthType Basic\n        AuthName closed\n        AuthUserFile {R}/site.conf\n        Require valid-user\n    </Location>\n'),
        plain('proxied', '    ProxyPass / http://127.0.0.1:9/\n'),
        plain('redirected', '    Redirect permanent / http://elsewhere.example.org/\n'),
        plain('rewritten', '    RewriteEngine on\n    RewriteCond %{REQUEST_FILENAME} !-f\n    RewriteRule . /index.php [L]\n'),
        plain('any', '    Alias /.well-known/acme-challenge/ /nowhere/\n').replace('any.example.com', 'main.example.org\n    ServerAlias *.any.example.com'),
        '<Macro VHost $name>\n',
        plain('$name', '    Redirect 404 /\n').replace('.example.com', ''),
        '</Macro>\nUse VHost macro.example.com\n',
        // A redirect is followed by the CA.
        '<VirtualHost *:{S}>\n    ServerName secure.example.com\n    SSLEngine on\n    SSLCertificateFile {C}\n    SSLCertificateKeyFile {K}\n</VirtualHost>\n',
      ].join(''),
    },
  });
  const before = apache.files();
  const names = ['unknown', 'denied', 'denied-of-old', 'closed', 'proxied', 'redirected', 'rewritten', 'x.any', 'macro', 'secure'].map((name) => `${name}.example.com`);
  await fine(run('certonly', '--apache', '-d', names.join(',')));
  expect(apache.files()).toEqual(before);
  // The reload that puts it back is in force in a moment.
  await expect.poll(async () => (await plainAnswer('redirected.example.com', ports.http)).location).toBe('http://elsewhere.example.org/');
});

it('after a reload every request is answered by the new configuration, with connections kept open too', async () => {
  const site = (round: number): string => `<VirtualHost *:${ports.http}>\n    ServerName example.com\n    Redirect /x http://round${round}.example.org/\n</VirtualHost>\n`;
  await start({ files: { 'site.conf': site(0).replace(String(ports.http), '{H}') } });
  const pidFile = join(apache.root, 'apache.pid');
  await expect.poll(() => generationOf(pidFile)?.look()).toBe(true);
  const idle = connect(ports.http, '127.0.0.1');
  idle.on('error', () => undefined).write('GET /x HTTP/1.1\r\nHost: example.com\r\n\r\n');
  try {
    for (let round = 1; round <= 3; round += 1) {
      writeFileSync(join(apache.root, 'site.conf'), site(round));
      const before = generationOf(pidFile);
      const main = Number(readFileSync(pidFile, 'utf8'));
      // A machine that is so busy that the server does not come to its signal (what `graceful` sends) at once.
      process.kill(main, 'SIGSTOP');
      process.kill(main, 'SIGUSR1');
      let gone = false;
      const waiting = untilGone(before, 10_000).then(() => (gone = true));
      await sleep(150);
      expect(gone).toBe(false);
      expect((await plainAnswer('example.com', ports.http, '127.0.0.1', '/x')).location).toBe(`http://round${round - 1}.example.org/`);
      process.kill(main, 'SIGCONT');
      const started = performance.now();
      await waiting;
      // The connection that is kept open keeps its process, but not us.
      expect(performance.now() - started).toBeLessThan(4000);
      const answers = await Promise.all(Array.from({ length: 20 }, () => plainAnswer('example.com', ports.http, '127.0.0.1', '/x')));
      expect(new Set(answers.map(({ location }) => location))).toEqual(new Set([`http://round${round}.example.org/`]));
    }
  } finally {
    idle.destroy();
  }
});

it('a configuration that Apache rejects is told in its words before anything is ordered', async () => {
  await start({ files: { 'site.conf': '<VirtualHost *:{H}>\n    ServerName example.com\n</VirtualHost>\n' } });
  writeFileSync(join(apache.root, 'site.conf'), '<VirtualHost *:80>\n    Nonsense on\n</VirtualHost>\n');
  const requests = pebble.requests().length;
  const { code, stderr } = await run('run', '--apache', '-d', 'example.com');
  expect(code).toBe(1);
  expect(stderr).toContain('The apache plugin is not working');
  expect(stderr).toContain("Invalid command 'Nonsense'");
  expect(stderr).toContain('line 2');
  expect(pebble.requests().length).toBe(requests);
});

it('U23: run --apache --dual serves both certificates of a pair, each to the client that can use it; again changes no byte; rollback restores all', async () => {
  await start({ files: { 'apache2.conf': conf(`${LISTEN}\n<VirtualHost *:{H}>\n    ServerName example.com\n</VirtualHost>\n`) } });
  await pairInstalledAndUndone('apache', run, apache);
});

it('names that come to an installed certificate are configured by run, and not by certonly', async () => {
  const site = (name: string): string => `<VirtualHost *:{H}>\n    ServerName ${name}\n</VirtualHost>\n`;
  await start({ files: { 'apache2.conf': conf(`${LISTEN}\n${['example.com', 'www.example.com', 'api.example.com'].map(site).join('')}`) } });
  await namesAdded(run, 'apache', apache);
});
