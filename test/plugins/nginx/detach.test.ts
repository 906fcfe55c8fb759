import { expect, it } from 'vitest';
import { deployTo } from '../../../src/plugins/nginx/deploy.js';
import { detach } from '../../../src/plugins/nginx/detach.js';
import { addHsts } from '../../../src/plugins/nginx/enhance.js';
import { planRedirect, redirectEdits } from '../../../src/plugins/nginx/redirect.js';
import { serversOf, type Server } from '../../../src/plugins/nginx/servers.js';
import { readTree, type NginxTree } from '../../../src/plugins/nginx/tree.js';
import { EditList, spliced } from '../../../src/plugins/server-configuration/edits.js';
import { inMemory } from './in-memory.js';

const LIVE = '/etc/letsencrypt/live/example.com';
const wish = { certificates: [{ fullchain: `${LIVE}/fullchain.pem`, privkey: `${LIVE}/privkey.pem` }], httpPort: 80, httpsPort: 443, options: { path: '/etc/letsencrypt/options-ssl-nginx.conf', directives: new Map<string, string>() }, dhparams: '/etc/letsencrypt/ssl-dhparams.pem' };

/** The site after an edit of it. */
function edited(site: string, edit: (tree: NginxTree, servers: readonly Server[], edits: EditList) => void): string {
  const tree = readTree('/etc/nginx', inMemory({ '/etc/nginx/nginx.conf': 'events {}\nhttp {\n    include site.conf;\n}\n', '/etc/nginx/site.conf': site, '/etc/letsencrypt/options-ssl-nginx.conf': '' }));
  const edits = new EditList();
  edit(tree, serversOf(tree, 'host.example'), edits);
  return spliced(site, edits.all().get('/etc/nginx/site.conf') ?? []);
}

const has = (server: Server, name: string): boolean => server.names.some(({ text }) => text === name);
const deployed = (site: string): string => edited(site, (tree, servers, edits) => servers.filter((server) => has(server, 'example.com')).slice(0, 1).forEach((server) => deployTo(tree, server, wish, edits)));
const redirected = (site: string): string => edited(site, (_, servers, edits) => redirectEdits(planRedirect(servers, ['example.com', 'www.example.com'], 80), edits, 80));
const hardened = (site: string): string => edited(site, (_, servers, edits) => servers.filter((server) => server.tls && has(server, 'example.com')).forEach((server) => addHsts(server, edits, 80)));
let left: readonly Server[];
const detached = (site: string): string => edited(site, (_, servers, edits) => {
  left = detach(servers, servers.filter(({ statements, file, block }) => statements.some(({ node }) => node.kind === 'directive' && node.args[0]?.text.startsWith(LIVE)) && file.text.slice(block.start).startsWith('server')), edits);
});

const sites: Readonly<Record<string, string>> = {
  plain: 'server {\n    listen 80;\n    server_name example.com www.example.com;\n    root /var/www;\n    location / { try_files $uri =404; }\n}\n',
  'two addresses, tabs, another site behind': 'server {\n\tlisten 80;\n\tlisten [::]:80;\n\tserver_name example.com www.example.com;\n\troot /var/www;\n}\n\nserver {\n\tlisten 80 default_server;\n\tserver_name _;\n\treturn 444;\n}\n',
  'no listen': 'server {\n    server_name example.com;\n    root /var/www;\n}\n',
};

it.each(Object.entries(sites))('%s: what was added goes to the byte, after the redirect too', (title, site) => {
  expect(detached(deployed(site))).toBe(site);
  expect(left).toEqual([]);
  const back = detached(redirected(deployed(site)));
  // The address that was only meant is said since the block was split.
  expect(back).toBe(title === 'no listen' ? site.replace('{\n', '{\n    listen 80;\n') : site);
  expect(left).toEqual([]);
});

it('a plain block of its own loses our redirect and nothing else', () => {
  const site = 'server {\n    listen 80;\n    server_name example.com;\n    if ($host = old.example.com) {\n        return 301 https://$host/;\n    }\n    root /plain;\n}\n';
  const tls = `server {\n    listen 443 ssl; # managed by Certbot\n    server_name example.com;\n    ssl_certificate ${LIVE}/fullchain.pem; # managed by Certbot\n    ssl_certificate_key ${LIVE}/privkey.pem; # managed by Certbot\n}\n`;
  const both = redirected(`${site}${tls}`);
  expect(both).toContain('$host = example.com');
  // Without an address of its own the TLS block cannot become a plain one.
  expect(detached(both)).toBe(both);
  expect(left).toHaveLength(1);
});

it('the redirect of a wildcard name is known again: it is not written twice, and goes with the rest', () => {
  const site = 'server {\n    listen 80;\n    server_name example.com *.example.com;\n    root /var/www;\n}\n';
  const wild = (text: string): string => edited(text, (_, servers, edits) => redirectEdits(planRedirect(servers, ['*.example.com'], 80), edits, 80));
  const once = wild(deployed(site));
  expect(once).toContain('if ($host ~ ^[^.]+\\.example\\.com$) {');
  expect(wild(once)).toBe(once);
  expect(detached(once)).toBe(site);
});

it('HSTS had made a block for http of its own: it is one again', () => {
  const site = sites['plain'] ?? '';
  expect(detached(hardened(deployed(site)))).toBe(site);
});

it('what was TLS before, and a block that was edited since, are left as they are and told', () => {
  const own = `server {\n    listen 443 ssl;\n    server_name example.com;\n    ssl_certificate ${LIVE}/fullchain.pem; # managed by Certbot\n    ssl_certificate_key ${LIVE}/privkey.pem; # managed by Certbot\n}\n`;
  expect(detached(own)).toBe(own);
  expect(left).toHaveLength(1);
  const changed = redirected(deployed(sites['plain'] ?? '')).replace('return 404;', 'root /mine;\n    return 404;');
  expect(detached(changed)).toBe(changed);
  expect(left).toHaveLength(1);
});
