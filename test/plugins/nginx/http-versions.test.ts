import { expect, it } from 'vitest';
import { addHttp2, addHttp3, httpVersionsOf } from '../../../src/plugins/nginx/http-versions.js';
import { serversOf, type Server } from '../../../src/plugins/nginx/servers.js';
import { readTree } from '../../../src/plugins/nginx/tree.js';
import { EditList, spliced } from '../../../src/plugins/server-configuration/edits.js';
import { inMemory } from './in-memory.js';

it.each([
  ['--with-http_v2_module', [1, 22, 1], 'parameter', false],
  ['--with-http_v2_module', [1, 25, 0], 'parameter', false],
  ['--with-http_v2_module --with-http_v3_module', [1, 25, 1], 'directive', true],
  ['--with-http_v3_module', [1, 30, 6], null, true],
  ['', [2, 0, 0], null, false],
] as const)('built %s, version %j', (output, numbers, http2, http3) => expect(httpVersionsOf(output, numbers)).toEqual({ http2, http3 }));

/** The site with an edit of each of its TLS blocks, and what each came to. */
function edited(site: string, edit: (server: Server, edits: EditList) => unknown): { text: string; results: unknown[] } {
  const tree = readTree('/n', inMemory({ '/n/nginx.conf': site }));
  const edits = new EditList();
  const results = serversOf(tree, 'host').filter(({ tls }) => tls).map((server) => edit(server, edits));
  return { text: spliced(site, edits.all().get('/n/nginx.conf') ?? []), results };
}

const http = (...servers: string[]): string => `events {}\nhttp {\n${servers.map((inside) => `server {\n${inside}}\n`).join('')}}\n`;

it('HTTP/2 by a directive, or by a word of listen where the version knows no other; a second time changes nothing', () => {
  const site = http('    listen 80;\n    listen 443 ssl; # managed by Certbot\n    listen [::]:443 ssl;\n');
  const newer = edited(site, (server, edits) => addHttp2(server, 'directive', edits));
  expect(newer.text).toBe(site.replace('    listen [::]:443 ssl;\n', '    listen [::]:443 ssl;\n    http2 on; # managed by Certbot\n'));
  const older = edited(site, (server, edits) => addHttp2(server, 'parameter', edits));
  expect(older.text).toBe(site.replaceAll(' ssl;', ' ssl http2;'));
  for (const { text } of [newer, older]) for (const way of ['directive', 'parameter'] as const) expect(edited(text, (server, edits) => addHttp2(server, way, edits))).toEqual({ text, results: ['already'] });
  expect(edited(site.replace('listen 80;', 'http2 off;'), (server, edits) => addHttp2(server, 'directive', edits)).results).toEqual([{ conflict: 'http2 is off, not on' }]);
});

it('HTTP/3: the addresses by QUIC, reuseport once for each, and the header; a second time changes nothing', () => {
  const site = http('    listen 443 ssl;\n', '    listen 443 ssl;\n    listen 127.0.0.1:8443 ssl;\n    add_header alt-svc x;\n');
  const all = (text: string) => {
    const reused = new Set<string>();
    return edited(text, (server, edits) => addHttp3(server, reused, edits));
  };
  const { text } = all(site);
  expect(text).toContain("    listen 443 quic reuseport; # managed by Certbot\n    add_header Alt-Svc 'h3=\":443\"; ma=86400' always; # managed by Certbot\n}");
  expect(text).toContain('    add_header alt-svc x;\n    listen 443 quic; # managed by Certbot\n    listen 127.0.0.1:8443 quic reuseport; # managed by Certbot\n}');
  expect(all(text)).toEqual({ text, results: ['already', 'already'] });
});
