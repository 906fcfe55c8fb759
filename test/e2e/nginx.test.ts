import { X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { isInForce } from '../../src/plugins/nginx/in-force.js';
import { nginxSettings } from '../../src/plugins/nginx/options.js';
import { readNginxConfiguration, reloadAndWait } from '../../src/plugins/nginx/server.js';
import { hasTaken, untilGone, workersOf } from '../../src/plugins/nginx/workers.js';
import { childrenOf } from '../../src/plugins/server-configuration/children.js';
import { servedCertificate } from '../../src/system/tls-probe.js';
import { makeNginx, type RunningNginx } from './nginx.js';
import { fine } from './sandbox-of-test.js';
import { caAndPlaceForWebServer, namesAdded, old, pairInstalledAndUndone, pebble, place, plainAnswer, ports, runAt, servedFor } from './web-server.js';

let nginx: RunningNginx;
caAndPlaceForWebServer();
afterEach(() => nginx.stop());

const start = async (site: string): Promise<void> => {
  nginx = makeNginx({ title: 'site', files: { 'site.conf': site } }, ports, old);
  expect(nginx.test()).toBeNull();
  await nginx.start();
};
const run = (verb: string, ...more: string[]) => runAt(verb, '--nginx-server-root', nginx.root, ...more);

it('run --nginx: proved by nginx, installed, redirected, served; a second install changes no byte; rollback puts every byte back', async () => {
  await start('server {\n    listen {H};\n    server_name example.com www.example.com;\n    return 301 http://elsewhere.example.com$request_uri;\n}\nserver {\n    listen {H};\n    server_name other.example.com;\n}\n');
  const before = nginx.files();
  await fine(run('run', '--nginx', '-d', 'example.com,www.example.com'));
  expect(await servedFor('example.com', ports.https)).toContain('DNS:example.com, DNS:www.example.com');
  expect(await plainAnswer('www.example.com', ports.http, '127.0.0.1', '/x')).toEqual({ status: 301, location: 'https://www.example.com/x' });
  expect((await plainAnswer('other.example.com', ports.http)).location).toBe('');
  const after = nginx.files();
  expect(after['site.conf']).toContain('# managed by Certbot');
  expect(after['nginx.conf']).toBe(before['nginx.conf']);
  expect(await fine(run('install', '-i', 'nginx', '--cert-name', 'example.com'))).toContain('Nothing had to be changed.');
  expect(nginx.files()).toEqual(after);
  const renewal = readFileSync(join(place.folder, 'config/renewal/example.com.conf'), 'utf8');
  expect(renewal).toContain('authenticator = nginx\n');
  expect(renewal).toContain('installer = nginx\n');
  // A block that came since answers for it first: the renewal says so, and is one (N10).
  writeFileSync(join(nginx.root, 'site.conf'), `${after['site.conf'] ?? ''}server { listen 127.0.0.1:${ports.https} ssl; server_name _; ssl_certificate ${old.cert}; ssl_certificate_key ${old.key}; }\n`);
  const renewed = await place.certwright(['renew', '-n', '--no-random-sleep-on-renew', '--force-renewal']);
  expect(renewed.code, renewed.stderr).toBe(0);
  expect(renewed.stderr.match(/Another certificate than the new one is served for .*/g)).toEqual([expect.stringMatching(`^Another certificate than the new one is served for example.com: 127.0.0.1:${ports.https} answers with one for old.example.com, .* at ${nginx.root}/site.conf:`)]);
  writeFileSync(join(nginx.root, 'site.conf'), after['site.conf'] ?? '');
  expect(nginx.files()).toEqual(after);
  // Two checkpoints: the redirect alone, then the rest (F68).
  await fine(run('rollback', '-i', 'nginx'));
  expect((await plainAnswer('www.example.com', ports.http)).location).toBe('http://elsewhere.example.com/');
  expect(await servedFor('example.com', ports.https)).toContain('DNS:example.com');
  await fine(run('rollback', '-i', 'nginx', '--checkpoints', '1'));
  expect(nginx.files()).toEqual(before);
  expect(await servedFor('example.com', ports.https)).toBeNull();
});

it('a reload that failed at a renewal is made up for by the next renew, which renews nothing', async () => {
  await start('server {\n    listen {H};\n    server_name example.com;\n}\n');
  const flag = join(nginx.root, 'no-reload');
  const ctl = join(nginx.root, 'nginx');
  // Only once the second certificate is there: the challenge needs reloads too.
  writeFileSync(ctl, `#!/bin/sh\nif [ -e ${flag} ] && [ -e ${place.folder}/config/archive/example.com/cert2.pem ]; then case "$*" in *reload*) echo not today >&2; exit 1;; esac; fi\nexec /usr/sbin/nginx "$@"\n`, { mode: 0o755 });
  await fine(run('run', '--nginx', '--nginx-ctl', ctl, '-d', 'example.com'));
  const serial = async (): Promise<string> => new X509Certificate(await servedCertificate('example.com', { host: '127.0.0.1', port: ports.https }, { timeoutMs: 5000, signal: AbortSignal.timeout(10_000) })).serialNumber;
  const first = await serial();
  writeFileSync(flag, '');
  const renewed = await place.certwright(['renew', '-n', '--no-random-sleep-on-renew', '--force-renewal']);
  expect([renewed.code, await serial()]).toEqual([1, first]);
  expect(renewed.stderr).toMatch(/still serves the old certificate[^]*not today/);
  rmSync(flag);
  expect(await fine(place.certwright(['renew', '-n', '--no-random-sleep-on-renew']))).toMatch(/and now are:\n {2}example.com: nginx/);
  expect(await serial()).toBe(new X509Certificate(readFileSync(place.live('example.com', 'cert.pem'))).serialNumber);
});

it('a configuration that nginx rejects is told in its words before anything is ordered', async () => {
  await start('server {\n    listen {H};\n    server_name example.com;\n}\n');
  writeFileSync(join(nginx.root, 'site.conf'), 'server {\n    nonsense on;\n}\n');
  const requests = pebble.requests().length;
  const { code, stderr } = await run('run', '--nginx', '-d', 'example.com');
  expect(code).toBe(1);
  expect(stderr).toContain('The nginx plugin is not working');
  expect(stderr).toContain('unknown directive "nonsense"');
  expect(stderr).toContain('site.conf:2');
  expect(pebble.requests().length).toBe(requests);
});

it('a certificate that nginx does not take at the end is kept, and it is said that it is; --plan has shown every line before', async () => {
  await start('server {\n    listen {H};\n    server_name example.com;\n    # gr\u00c3\u00bcn\n}\n');
  const before = nginx.files();
  const plan = await fine(run('run', '--nginx', '-d', 'example.com', '--plan'));
  expect(plan).toContain(`+++ ${join(nginx.root, 'site.conf')}\n@@ -1,5 `);
  expect(plan).toContain(`\n+    listen ${ports.https} ssl; # managed by Certbot\n`);
  expect(plan).toContain('\n     # grün\n');
  expect(nginx.files()).toEqual(before);
  const ctl = join(place.folder, 'nginx');
  writeFileSync(ctl, `#!/bin/sh\ncase "$*" in *-t*) if grep -q ssl_certificate ${nginx.root}/site.conf; then echo 'nginx: [emerg] not today' >&2; exit 1; fi;; esac\nexec /usr/sbin/nginx "$@"\n`, { mode: 0o755 });
  const { code, stdout, stderr } = await run('run', '--nginx', '--nginx-ctl', ctl, '-d', 'example.com');
  expect(code, stderr).toBe(1);
  expect(stdout).toContain('Successfully received certificate.');
  expect(stdout).not.toContain('Point your server');
  expect(stderr).toContain('The certificate example.com is saved, but it could not be installed.');
  expect(stderr).toContain('[emerg] not today');
  expect(stderr).toContain('certwright install -i nginx --cert-name example.com');
  expect(nginx.files()).toEqual(before);
});

it('U23: run --nginx --dual serves both certificates of a pair, each to the client that can use it; again changes no byte; rollback restores all', async () => {
  await start('server {\n    listen {H};\n    server_name example.com;\n}\n');
  await pairInstalledAndUndone('nginx', run, nginx);
});

it('names that come to an installed certificate are configured by run, and not by certonly', async () => {
  const site = (name: string): string => `server {\n    listen {H};\n    server_name ${name};\n}\n`;
  await start(['example.com', 'www.example.com', 'api.example.com'].map(site).join(''));
  await namesAdded(run, 'nginx', nginx);
});

it('a reload waits for the workers too that another reload is just starting', async () => {
  await start('server {\n    listen {H};\n    server_name example.com;\n    return 200 ok;\n}\n');
  const main = readFileSync(join(nginx.root, 'nginx.pid'), 'utf8').trim();
  const working = () =>
    childrenOf(main).filter((pid) => {
      try {
        return !readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('is shutting down');
      } catch {
        return false;
      }
    });
  const { tree } = readNginxConfiguration(nginx.root);
  const program = { ctl: '/usr/sbin/nginx', serverRoot: nginx.root, environment: process.env, signal: new AbortController().signal };
  const first = working();
  // Somebody else's, whose workers are not there yet.
  process.kill(Number(main), 'SIGHUP');
  await reloadAndWait({ settings: nginxSettings({ nginx_server_root: nginx.root }), program, pidPath: '', http: { http2: null, http3: false } }, tree);
  const now = working();
  expect(now.filter((pid) => first.includes(pid))).toEqual([]);
  // nginx ends the workers of an earlier reload 100 ms after it has started new ones: nobody leaves any more.
  await sleep(400);
  expect(working()).toEqual(now);
});

it('the configuration that the running nginx works with need not be tested; a change of a file, a link or a folder is seen', async () => {
  await start('include more/*.conf;\nserver {\n    listen {H};\n    server_name example.com;\n    return 200 ok;\n}\n');
  mkdirSync(join(nginx.root, 'more'));
  const main = Number(readFileSync(join(nginx.root, 'nginx.pid'), 'utf8'));
  const inForce = (): boolean => {
    const { tree } = readNginxConfiguration(nginx.root);
    return isInForce(tree, workersOf(tree, ''));
  };
  const reload = async (): Promise<void> => {
    await sleep(100);
    const before = workersOf(readNginxConfiguration(nginx.root).tree, '') ?? [];
    process.kill(main, 'SIGHUP');
    if (await hasTaken(main, before)) await untilGone(before, 0);
  };
  expect(inForce()).toBe(false);
  await reload();
  expect(inForce()).toBe(true);
  writeFileSync(join(nginx.root, 'site.conf'), readFileSync(join(nginx.root, 'site.conf')));
  expect(inForce()).toBe(false);
  await reload();
  expect(inForce()).toBe(true);
  // An old file that is only linked now.
  const earlier = join(place.folder, 'old.conf');
  writeFileSync(earlier, '# nothing\n');
  await reload();
  symlinkSync(earlier, join(nginx.root, 'more', 'old.conf'));
  expect(inForce()).toBe(false);
  await reload();
  expect(inForce()).toBe(true);
  rmSync(join(nginx.root, 'more', 'old.conf'));
  expect(inForce()).toBe(false);
  // What nginx does not take leaves it with what it had.
  writeFileSync(join(nginx.root, 'more', 'bad.conf'), 'no such directive;\n');
  await reload();
  expect(inForce()).toBe(false);
});

it('what only the running nginx finds is an error too: an address in use; its words are told, and all is as it was', async () => {
  await start('server {\n    listen {H};\n    server_name example.com;\n    return 200 ok;\n}\n');
  await fine(run('certonly', '--nginx', '-d', 'example.com', '--cert-name', 'in-use'));
  const before = nginx.files();
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(ports.https, () => resolve()));
  const { code, stderr } = await run('install', '-i', 'nginx', '--cert-name', 'in-use');
  expect(code, stderr).toBe(1);
  expect(stderr).toMatch(/The server does not accept the new configuration, so it was put back:\n\s*nginx accepts it in its test, but the running one does not take it:\n\s*bind\(\) to 0\.0\.0\.0:\d+ failed \(98: Address already in use\)/);
  expect(nginx.files()).toEqual(before);
  await new Promise((resolve) => other.close(resolve));
  await fine(run('install', '-i', 'nginx', '--cert-name', 'in-use'));
});
