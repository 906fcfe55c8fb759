import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chooseBlock } from '../../src/plugins/nginx/choose.js';
import { planRedirect } from '../../src/plugins/nginx/redirect.js';
import { serversOf } from '../../src/plugins/nginx/servers.js';
import { readTree } from '../../src/plugins/nginx/tree.js';
import { nginxTrees, type NginxTreeOfTests } from '../plugins/nginx/corpus.js';
import type { CertificateFiles, ServerPorts } from '../plugins/server-tree.js';
import { makePlace, type Place } from './certwright.js';
import { makeNginx } from './nginx.js';
import { freePorts } from './pebble.js';
import { oldCertificate, plainAnswer, servedFor } from './web-server.js';

/** How many trees, spread over the corpus; `npm run campaign:nginx` takes all. */
const COUNT = Number(process.env['CERTWRIGHT_TREES'] ?? 12);
const trees = nginxTrees.filter((_, index) => index % Math.max(1, Math.floor(nginxTrees.length / COUNT)) === 0);

let place: Place;
let folder: string;
let old: CertificateFiles;
let ports: ServerPorts;
let fresh: string;
beforeAll(async () => {
  const [http = 0, https = 0] = await freePorts(2);
  ports = { http, https };
  place = makePlace();
  folder = mkdtempSync(join(tmpdir(), 'certwright-old-'));
  old = oldCertificate(folder);
  const names = [...new Set(nginxTrees.map(({ name }) => name ?? 'example.com'))];
  const { code, stderr } = await place.certwright(['certonly', '--sandbox', '-n', '--agree-tos', '--standalone', '--cert-name', 'all', '-d', names.join(',')]);
  expect(code, stderr).toBe(0);
  fresh = execFileSync('openssl', ['x509', '-in', place.live('all', 'cert.pem'), '-noout', '-fingerprint', '-sha256'], { encoding: 'utf8' }).trim().split('=')[1] ?? '';
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  place.remove();
});

const install = (root: string, name: string) => place.certwright(['install', '-n', '-i', 'nginx', '--cert-name', 'all', '-d', name, '--nginx-server-root', root, '--http-01-port', String(ports.http), '--https-port', String(ports.https)]);

const withoutCertificate = (text = ''): string => text.replace(/^\s*ssl_certificate(_key)? .*$/gm, '');

it.each(trees.map((tree) => [tree.title, tree] as const))('%s: installed, served, redirected, nothing else touched, a second time nothing', { timeout: 60_000 }, async (_, tree: NginxTreeOfTests) => {
  const nginx = makeNginx(tree, ports, old);
  const name = tree.name ?? 'example.com';
  const host = tree.address ?? '127.0.0.1';
  try {
    expect(nginx.test()).toBeNull();
    await nginx.start();
    const before = nginx.files();
    const reading = readTree(nginx.root);
    const choice = chooseBlock(serversOf(reading, 'host.example'), name, ports.https);
    const { code, stdout, stderr } = await install(nginx.root, name);
    if (tree.refused) {
      expect(code).toBe(1);
      expect(nginx.files()).toEqual(before);
      return;
    }
    expect(code, `${stdout}${stderr}`).toBe(0);
    expect(nginx.test()).toBeNull();
    expect(await servedFor(name, ports.https, host)).toContain(fresh);
    const plain = await plainAnswer(name, ports.http, host).catch(() => null);
    if (plain) expect([301, 302, 308], JSON.stringify(plain)).toContain(plain.status);
    const after = nginx.files();
    const redirected = planRedirect(serversOf(reading, 'host.example'), [name], ports.http).blocks.map(({ server }) => server);
    const touched = [...(choice.kind === 'block' ? [choice.server] : []), ...redirected];
    for (const [path, text] of Object.entries(before)) {
      const blocks = touched.filter(({ file }) => file === reading.files.get(realpathSync(join(nginx.root, path)))).map(({ block }) => block);
      if (blocks.length === 0) {
        // A snippet that is the block's own may name the certificate; nothing else in it changes.
        if (choice.kind === 'block') expect(withoutCertificate(after[path])).toBe(withoutCertificate(text));
        continue;
      }
      // These blocks may change; what stands before the first and behind the last of them may not.
      expect(after[path]?.startsWith(text.slice(0, Math.min(...blocks.map(({ start }) => start))))).toBe(true);
      expect(after[path]?.endsWith(text.slice(Math.max(...blocks.map(({ end }) => end))))).toBe(true);
    }
    const again = await install(nginx.root, name);
    expect(again.code, again.stderr).toBe(0);
    expect(nginx.files()).toEqual(after);
  } finally {
    await nginx.stop();
  }
});
