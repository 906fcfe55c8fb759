import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { binary, runProgram, unattended, type Ended } from './certwright.js';
import { freePorts } from './pebble.js';
import { fine } from './sandbox-of-test.js';
import { caAndPlaceForWebServer, pebble, place, ports, runAt } from './web-server.js';

caAndPlaceForWebServer();

/** A real Varnish where the CA looks, in front of a backend; its own VCL says `own VCL` for one page. */
let varnish: ChildProcess;
let backend: Server;
let instance: string;
let adminPort: number;
const by = (): string[] => ['-a', 'varnish', '--varnish-instance', instance];

beforeEach(async () => {
  backend = createServer((_, response) => response.end('from the backend'));
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  [adminPort = 0] = await freePorts(1);
  instance = join(place.folder, 'varnish');
  mkdirSync(instance);
  const vcl = join(place.folder, 'own.vcl');
  writeFileSync(vcl, `vcl 4.1;\nbackend default { .host = "127.0.0.1"; .port = "${(backend.address() as AddressInfo).port}"; }\nsub vcl_recv { if (req.url == "/own") { return (synth(200, "own VCL")); } }\n`);
  varnish = spawn('/usr/sbin/varnishd', ['-F', '-j', 'none', '-n', instance, '-a', `127.0.0.1:${ports.http}`, '-T', `127.0.0.1:${adminPort}`, '-s', 'malloc,8m', '-f', vcl], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  varnish.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const end = Date.now() + 30_000;
  while ((await page('/own')) === null) {
    if (Date.now() > end || varnish.exitCode !== null) throw new Error(`Varnish did not start: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
});
afterEach(async () => {
  const ended = new Promise((resolve) => varnish.once('exit', resolve));
  varnish.kill('SIGTERM');
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 5000))]);
  varnish.kill('SIGKILL');
  backend.close();
});

/** Body of a page through Varnish, with the reason phrase; null = nobody answers. */
function page(path: string): Promise<string | null> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port: ports.http, path, agent: false, timeout: 3000 }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve(`${response.statusCode} ${response.statusMessage}: ${body}`));
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(null));
    asked.end();
  });
}

const admin = (...words: string[]): string => execFileSync('varnishadm', ['-n', instance, ...words], { encoding: 'utf8', timeout: 30_000 });
/** Every VCL and label that can be used, the active one marked. One that was discarded goes when its last connection has ended. */
const vcls = (): string[] => (JSON.parse(admin('vcl.list', '-j')) as unknown[]).flatMap((each) => {
  const { name, status } = each as { name?: string; status?: string };
  return name === undefined || status === 'discarded' ? [] : [status === 'active' ? `*${name}` : name];
});

it('S183: Varnish answers for two names and again at a renewal; before, during and afterwards its own VCL is in force', async () => {
  const { code, stdout, stderr } = await runAt('certonly', ...by(), '-d', 'example.com,www.example.com');
  expect(code, stdout + stderr).toBe(0);
  expect(execFileSync('openssl', ['x509', '-noout', '-ext', 'subjectAltName', '-in', place.live('example.com', 'cert.pem')], { encoding: 'utf8', timeout: 10_000 })).toMatch(/DNS:example\.com, DNS:www\.example\.com/);
  expect(vcls()).toEqual(['*boot']);
  expect([await page('/own'), await page('/')]).toEqual([expect.stringContaining('200 own VCL'), '200 OK: from the backend']);
  const renewal = readFileSync(join(place.folder, 'config/renewal/example.com.conf'), 'utf8');
  for (const line of ['authenticator = varnish', `varnish_instance = ${instance}`]) expect(renewal).toContain(`${line}\n`);

  const first = readFileSync(place.live('example.com', 'cert.pem'), 'utf8');
  // While the CA waits for the answers, everything else is served as always.
  const during = `while [ ! -e ${place.folder}/done ]; do curl -s -m 5 http://127.0.0.1:${ports.http}/own -o /dev/null http://127.0.0.1:${ports.http}/ -o /dev/null -w '%{http_code}\\n' >> ${place.folder}/statuses; done`;
  const visitor = runProgram('sh', ['-c', during], { timeout: 60_000 });
  try {
    await fine(place.certwright(['renew', '-n', '--force-renewal', '--no-random-sleep-on-renew']));
  } finally {
    writeFileSync(join(place.folder, 'done'), '');
    await visitor;
  }
  expect(readFileSync(place.live('example.com', 'cert.pem'), 'utf8')).not.toBe(first);
  expect(vcls()).toEqual(['*boot']);
  expect([...new Set(readFileSync(join(place.folder, 'statuses'), 'utf8').trim().split('\n'))]).toEqual(['200']);
});

it('S183, U35: killed (-9) while the CA was to look: the next command puts its own VCL back, and leaves one that somebody has loaded since', async () => {
  // The real varnishadm, which kills its caller once when the challenge's VCL is in use.
  const [folder, flag] = [join(place.folder, 'bin'), join(place.folder, 'kill')];
  mkdirSync(folder);
  writeFileSync(join(folder, 'varnishadm'), `#!/bin/sh\n/usr/bin/varnishadm "$@" || exit\ncase "$*" in *vcl.use*) [ ! -e ${flag} ] || { rm ${flag}; kill -9 $PPID; } ;; esac\n`, { mode: 0o755 });
  const run = (...words: string[]): Promise<Ended> =>
    runProgram(process.execPath, [binary, ...words, ...place.directories], { env: { HOME: place.folder, REQUESTS_CA_BUNDLE: pebble.caPath, PATH: `${folder}:${process.env['PATH'] ?? ''}` }, timeout: 60_000 });
  const obtain = (): Promise<Ended> => run('certonly', ...unattended(pebble.directoryUrl), '--http-01-port', String(ports.http), ...by(), '-d', 'example.com');

  writeFileSync(flag, '');
  await obtain();
  expect(existsSync(flag)).toBe(false);
  expect(vcls()).toEqual(expect.arrayContaining(['boot', expect.stringMatching(/^\*certwright_[0-9a-f]+$/), expect.stringMatching(/^certwright_before_/)]));
  expect(await page('/own')).toContain('200 own VCL');
  await fine(run('certificates'));
  expect(vcls()).toEqual(['*boot']);

  writeFileSync(flag, '');
  await obtain();
  admin('vcl.load', 'newer', join(place.folder, 'own.vcl'));
  admin('vcl.use', 'newer');
  await fine(run('certificates'));
  expect(vcls()).toEqual(['boot', '*newer']);
  expect(readdirSync(join(place.folder, 'work')).filter((name) => name.includes('checkpoint'))).toEqual([]);

  await fine(obtain());
  expect(vcls()).toEqual(['boot', '*newer']);
});

it('an instance that is found by its address and secret; a VCL that hands requests on itself is refused before anything is ordered', async () => {
  const byAddress = ['-a', 'varnish', '--varnish-admin-address', `127.0.0.1:${adminPort}`, '--varnish-secret-file', join(instance, '_.secret')];
  const vcl = join(place.folder, 'routes.vcl');
  writeFileSync(vcl, 'vcl 4.1;\nbackend none none;\nsub vcl_recv { return (vcl(site)); }\n');
  admin('vcl.label', 'site', 'boot');
  admin('vcl.load', 'routes', vcl);
  admin('vcl.use', 'routes');
  const { code, stderr } = await runAt('certonly', ...byAddress, '-d', 'example.com');
  expect(code).toBe(1);
  expect(stderr).toContain('(routes) hands requests to others');
  expect(existsSync(join(place.folder, 'config/.certwright/pending'))).toBe(false);
  expect(vcls()).toEqual(['boot', 'site', '*routes']);
  admin('vcl.use', 'boot');
  await fine(runAt('certonly', ...byAddress, '-d', 'example.com'));
  expect(vcls()).toEqual(['*boot', 'site', 'routes']);
});
