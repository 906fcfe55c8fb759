import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, it } from 'vitest';
import { debianTree, makeApache } from './apache.js';
import { certbotsWithUs, COUNT, manyNames, oursWithCertbot, type ServedSites } from './server-and-certbot.js';
import { caAndPlaceForWebServer, old, ports } from './web-server.js';

caAndPlaceForWebServer();

/** certbot knows no other port for Apache's TLS than 443; an address of this machine that nobody else has it on. */
const https = { host: `127.${[1, 2, 3].map(() => 1 + Math.floor(Math.random() * 250)).join('.')}`, port: 443 };
const mayListen = await new Promise<boolean>((resolve) => {
  const tried = createServer().once('error', () => resolve(false));
  tried.listen(https.port, https.host, () => tried.close(() => resolve(true)));
});

let server: ServedSites;
beforeEach(async () => {
  const debian = debianTree();
  const names = ['single.example.com', ...manyNames];
  const apache = makeApache(
    {
      title: 'sites',
      files: { ...debian.files, 'ports.conf': `Listen 127.0.0.1:{H}\n\n<IfModule ssl_module>\n\tListen ${https.host}:${https.port} https\n</IfModule>\n`, ...Object.fromEntries(names.map((name) => [`sites-available/${name}.conf`, `<VirtualHost *:{H}>\n\tServerName ${name}\n\tServerAlias www.${name}\n\tDocumentRoot {R}\n</VirtualHost>\n`])) },
      links: { ...debian.links, ...Object.fromEntries(names.map((name) => [`sites-enabled/${name}.conf`, `../sites-available/${name}.conf`])) },
    },
    ports,
    old,
  );
  const { root } = apache;
  server = {
    ...apache,
    plugin: 'apache',
    certbotRedirects: true,
    words: ['--apache-server-root', root, '--apache-vhost-root', join(root, 'sites-available'), '--apache-challenge-location', root, '--apache-logs-root', root],
    https,
    env: { APACHE_CONFDIR: root, APACHE_STATE_DIRECTORY: join(root, 'state') },
  };
  await apache.start();
});
afterEach(() => server.stop());

it.runIf(mayListen)(`Apache: one name and ${COUNT}, run, run again, renewed by us and by certbot, installed again by both`, { timeout: 120_000 + COUNT * 5000 }, () => oursWithCertbot(server));

it.runIf(mayListen)('Apache: what certbot installed is found as it is, renewed and run again by us', { timeout: 120_000 }, () => certbotsWithUs(server));
