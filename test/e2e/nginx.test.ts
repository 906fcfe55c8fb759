import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { makePlace, unattended, type Ended, type Place } from './certwright.js';
import { makeNginx, plainAnswer, servedFor, type RunningNginx } from './nginx.js';
import { freePorts, startPebble, type Pebble } from './pebble.js';

let pebble: Pebble;
let place: Place;
let nginx: RunningNginx;
let certificates: string;
let https: number;
beforeAll(async () => {
  [https = 0] = await freePorts(1);
  pebble = await startPebble({ env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0', PEBBLE_AUTHZREUSE: '0' } });
  certificates = mkdtempSync(join(tmpdir(), 'certwright-old-'));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', join(certificates, 'key.pem'), '-out', join(certificates, 'cert.pem'), '-days', '30', '-subj', '/CN=old.example.com'], { stdio: 'ignore' });
});
afterAll(async () => {
  rmSync(certificates, { recursive: true, force: true });
  await pebble.stop();
});
beforeEach(() => {
  place = makePlace({ REQUESTS_CA_BUNDLE: pebble.caPath });
});
afterEach(async () => {
  await nginx.stop();
  place.remove();
});

const old = () => ({ cert: join(certificates, 'cert.pem'), key: join(certificates, 'key.pem') });
const start = async (site: string): Promise<void> => {
  nginx = makeNginx({ title: 'site', files: { 'site.conf': site } }, { http: pebble.httpPort, https }, old());
  expect(nginx.test()).toBeNull();
  await nginx.start();
};
const where = () => ['--nginx-server-root', nginx.root, '--http-01-port', String(pebble.httpPort), '--https-port', String(https)];
const run = (verb: string, ...more: string[]) => place.certwright([verb, ...unattended(pebble.directoryUrl), ...where(), ...more]);
async function fine(ended: Promise<Ended>): Promise<string> {
  const { code, stdout, stderr } = await ended;
  expect(code, `${stdout}${stderr}`).toBe(0);
  return stdout;
}

it('run --nginx: proved by nginx, installed, redirected, served; a second install changes no byte; rollback puts every byte back', { timeout: 60_000 }, async () => {
  await start('server {\n    listen {H};\n    server_name example.com www.example.com;\n    return 301 http://elsewhere.example.com$request_uri;\n}\nserver {\n    listen {H};\n    server_name other.example.com;\n}\n');
  const before = nginx.files();
  await fine(run('run', '--nginx', '-d', 'example.com,www.example.com'));
  expect(await servedFor('example.com', https)).toContain('DNS:example.com, DNS:www.example.com');
  expect(await plainAnswer('www.example.com', pebble.httpPort, '127.0.0.1', '/x')).toEqual({ status: 301, location: 'https://www.example.com/x' });
  expect((await plainAnswer('other.example.com', pebble.httpPort)).location).toBe('');
  const after = nginx.files();
  expect(after['site.conf']).toContain('# managed by Certbot');
  expect(after['nginx.conf']).toBe(before['nginx.conf']);
  expect(await fine(run('install', '-i', 'nginx', '--cert-name', 'example.com'))).toContain('Nothing had to be changed.');
  expect(nginx.files()).toEqual(after);
  const renewal = readFileSync(join(place.folder, 'config/renewal/example.com.conf'), 'utf8');
  expect(renewal).toContain('authenticator = nginx\n');
  expect(renewal).toContain('installer = nginx\n');
  await fine(place.certwright(['renew', '-n', '--no-random-sleep-on-renew', '--force-renewal']));
  expect(nginx.files()).toEqual(after);
  // Two checkpoints: the redirect alone, then the rest (F68).
  await fine(run('rollback', '-i', 'nginx'));
  expect((await plainAnswer('www.example.com', pebble.httpPort)).location).toBe('http://elsewhere.example.com/');
  expect(await servedFor('example.com', https)).toContain('DNS:example.com');
  await fine(run('rollback', '-i', 'nginx', '--checkpoints', '1'));
  expect(nginx.files()).toEqual(before);
  expect(await servedFor('example.com', https)).toBeNull();
});

it('a configuration that nginx rejects is told in its words before anything is ordered', async () => {
  await start('server {\n    listen {H};\n    server_name example.com;\n}\n');
  const { writeFileSync } = await import('node:fs');
  writeFileSync(join(nginx.root, 'site.conf'), 'server {\n    nonsense on;\n}\n');
  const requests = pebble.requests().length;
  const { code, stderr } = await run('run', '--nginx', '-d', 'example.com');
  expect(code).toBe(1);
  expect(stderr).toContain('The nginx plugin is not working');
  expect(stderr).toContain('unknown directive "nonsense"');
  expect(stderr).toContain('site.conf:2');
  expect(pebble.requests().length).toBe(requests);
});
