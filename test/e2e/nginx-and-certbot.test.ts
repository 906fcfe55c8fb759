import { afterEach, beforeEach, it } from 'vitest';
import { conf } from '../plugins/nginx/corpus.js';
import { makeNginx } from './nginx.js';
import { certbotsWithUs, COUNT, manyNames, oursWithCertbot, type ServedSites } from './server-and-certbot.js';
import { caAndPlaceForWebServer, old, ports } from './web-server.js';

caAndPlaceForWebServer();

let server: ServedSites;
beforeEach(async () => {
  const site = (name: string): string => `server {\n    listen {H};\n    listen [::]:{H};\n    server_name ${name} www.${name};\n    root {R};\n}\n`;
  const files = Object.fromEntries(['single.example.com', 'other.example.com', ...manyNames].map((name) => [`sites/${name}.conf`, site(name)]));
  const nginx = makeNginx({ title: 'sites', files: { 'nginx.conf': conf('include sites/*.conf;'), ...files } }, ports, old);
  server = { ...nginx, plugin: 'nginx', certbotRedirects: false, words: ['--nginx-server-root', nginx.root], https: { host: '127.0.0.1', port: ports.https }, env: {} };
  await nginx.start();
});
afterEach(() => server.stop());

it(`nginx: one name and ${COUNT}, run, run again, renewed by us and by certbot, installed again by both`, { timeout: 120_000 + COUNT * 5000 }, () => oursWithCertbot(server));

it('nginx: what certbot installed is found as it is, renewed and run again by us', { timeout: 120_000 }, () => certbotsWithUs(server));
