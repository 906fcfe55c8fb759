import { X509Certificate, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { nextAddress, startBind, type Bind, type BindKey } from './bind.js';
import { makePlace, unattended, type Place } from './certwright.js';
import { forgetProofs } from './forget-proofs.js';
import { makeNginx, type RunningNginx } from './nginx.js';
import { freePorts, startPebble, type Pebble } from './pebble.js';
import { quickCertbot } from './quick-certbot.js';
import { fine } from './sandbox-of-test.js';
import { oldCertificate } from './web-server.js';

const key: BindKey = { name: 'certwright.example', algorithm: 'hmac-sha512', secret: randomBytes(64).toString('base64') };
const address = nextAddress();
let bind: Bind;
let pebble: Pebble;
let place: Place;
let nginx: RunningNginx;
let credentials: string;
let folder: string;

/** One nginx: it serves a folder for a.example.test, and answers itself for b.example.test; for whom it proves the other one's files are not there. */
beforeAll(async () => {
  bind = await startBind({
    front: address,
    recursion: true,
    keys: [key],
    zones: [{ name: 'example.test', records: ['@ NS ns1', `ns1 A ${address}`, 'a A 127.0.0.1', 'b A 127.0.0.1', 'd A 127.0.0.1'], policy: [`grant ${key.name} zonesub TXT;`] }],
  });
  pebble = await startPebble({ dnsServer: `${address}:53`, env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0', PEBBLE_AUTHZREUSE: '0' } });
  place = makePlace({ REQUESTS_CA_BUNDLE: pebble.caPath });
  chmodSync(place.folder, 0o755);
  folder = join(place.folder, 'srv');
  mkdirSync(folder);
  credentials = join(place.folder, 'rfc2136.ini');
  writeFileSync(credentials, `dns_rfc2136_server = 127.0.0.1\ndns_rfc2136_port = ${bind.port}\ndns_rfc2136_name = ${key.name}.\ndns_rfc2136_secret = ${key.secret}\ndns_rfc2136_algorithm = HMAC-SHA512\n`, { mode: 0o600 });
  const [https = 0] = await freePorts(1);
  const site = `server {\n    listen {H};\n    server_name a.example.test d.example.test;\n    root ${folder};\n}\nserver {\n    listen {H};\n    server_name b.example.test;\n    return 404;\n}\n`;
  nginx = makeNginx({ title: 'site', files: { 'site.conf': site } }, { http: pebble.httpPort, https }, oldCertificate(place.folder));
  await nginx.start();
});
afterAll(async () => {
  await Promise.all([pebble.stop(), bind.stop(), nginx.stop()]);
  place.remove();
});

const sans = () => (new X509Certificate(readFileSync(place.live('several', 'cert.pem'))).subjectAltName ?? '').split(', ').map((entry) => entry.replace(/^DNS:/, '')).sort();
const renewal = () => readFileSync(join(place.folder, 'config', 'renewal', 'several.conf'), 'utf8');
const versions = () => readdirSync(join(place.folder, 'config', 'archive', 'several')).filter((file) => file.startsWith('cert')).length;
const nothingLeft = async (): Promise<void> => {
  expect(existsSync(join(folder, '.well-known'))).toBe(false);
  expect(await bind.txt('_acme-challenge.c.example.test')).toEqual([]);
};

const words = (): readonly string[] => [
  'certonly', ...unattended(pebble.directoryUrl), '--http-01-port', String(pebble.httpPort), '--nginx-server-root', nginx.root, '--dns-rfc2136-credentials', credentials, '--dns-resolver', address, '--cert-name', 'several',
  '-a', 'webroot', '-w', folder, '-d', 'a.example.test', '-a', 'nginx', '-d', 'b.example.test', '-a', 'dns-rfc2136', '-d', '*.c.example.test',
];

it('U03 N15: three names proved by three authenticators in one order; renewed by the same, read by certbot', async () => {
  const untouched = nginx.files();
  const planned = await fine(place.certwright([...words(), '--plan']));
  expect(planned).toMatch(/Proof +a\.example\.test: a file in a web folder, http-01\n +b\.example\.test: nginx answers for a moment, http-01\n +\*\.c\.example\.test: dns-rfc2136, dns-01/);
  expect(planned).toContain(`-a webroot -w ${folder} -d a.example.test -a nginx -d b.example.test -a dns-rfc2136 -d '*.c.example.test'`);

  const obtained = await place.certwright(words());
  expect(obtained.code, obtained.stderr).toBe(0);
  expect(obtained.stderr).toContain('_acme-challenge.c.example.test: seen at ns1.example.test');
  expect(sans()).toEqual(['*.c.example.test', 'a.example.test', 'b.example.test']);
  expect(nginx.files()).toEqual(untouched);
  await nothingLeft();
  const saved = renewal();
  const [certbots = '', ours = ''] = saved.split('[certwright]');
  expect(certbots).toContain('authenticator = webroot\n');
  expect(certbots).toContain(`[[webroot_map]]\na.example.test = ${folder}\n`);
  expect(certbots).not.toContain('rfc2136');
  expect(ours).toContain('[[authenticators]]\nb.example.test = nginx\n*.c.example.test = dns-rfc2136\n');
  expect(ours).toContain(`dns_rfc2136_credentials = ${credentials}\n`);
  expect(saved).not.toContain(key.secret);

  const renew = ['renew', '--force-renewal', '--no-random-sleep-on-renew', '--cert-name', 'several'];
  await fine(place.certwright(renew));
  expect(versions()).toBe(2);
  expect(sans()).toEqual(['*.c.example.test', 'a.example.test', 'b.example.test']);
  expect(renewal()).toBe(saved);
  expect(nginx.files()).toEqual(untouched);
  await nothingLeft();

  // certbot reads the file without a remark; what it cannot is prove names that are not its authenticator's.
  const listed = await fine(place.certbot(['certificates']));
  expect(listed).toContain('Certificate Name: several');
  expect(listed).not.toContain('invalid');
  const dry = await place.certbot(['renew', '--dry-run', '--no-random-sleep-on-renew', '--cert-name', 'several'], { env: quickCertbot(place.folder) });
  expect(dry.stderr).toContain('Failed to renew certificate several');
  expect(`${dry.stdout}${dry.stderr}`).not.toMatch(/parsing|parsefail|invalid|Traceback/i);
  expect(renewal()).toBe(saved);
  await fine(place.certwright(renew));
  expect(versions()).toBe(3);
});

it('U05: names come and go, the others keep their authenticator; the last one left is the only one', async () => {
  await fine(place.certwright(words()));
  await fine(place.certwright(['certonly', '-n', '--cert-name', 'several', '--add-domain', 'd.example.test', '--remove-domain', 'b.example.test']));
  expect(sans()).toEqual(['*.c.example.test', 'a.example.test', 'd.example.test']);
  expect(renewal()).toContain(`[[webroot_map]]\na.example.test = ${folder}\nd.example.test = ${folder}\n`);
  expect(renewal()).toContain('[[authenticators]]\n*.c.example.test = dns-rfc2136\n');
  expect(renewal()).not.toContain('nginx');
  await fine(place.certwright(['certonly', '-n', '--cert-name', 'several', '-a', 'dns-rfc2136', '--add-domain', 'c.example.test', '--remove-domain', 'a.example.test,d.example.test']));
  expect(sans()).toEqual(['*.c.example.test', 'c.example.test']);
  expect(renewal()).toContain(`authenticator = dns-rfc2136\n`);
  expect(renewal()).not.toContain('[[');
  await nothingLeft();
  // Now it is certbot's too.
  const certbot = await place.certbot(['renew', '--force-renewal', '--no-random-sleep-on-renew', '--cert-name', 'several', '--dns-rfc2136-propagation-seconds', '1'], { env: quickCertbot(place.folder) });
  expect(certbot.code, certbot.stderr).toBe(0);
});

it('U03: when one of them fails, and after kill -9, server and DNS are as they were; a name that fails is tried again by the same one', async () => {
  const untouched = nginx.files();
  const cleaned = async (): Promise<void> => {
    expect(nginx.files()).toEqual(untouched);
    await nothingLeft();
  };
  const name = ['--cert-name', 'subset'];
  const these = [...words().slice(0, -16), ...name];
  const shared = ['-a', 'webroot', '-w', folder, '-d', 'a.example.test', '-a', 'nginx', '-d', 'b.example.test', '-a', 'dns-rfc2136', '-d', '*.c.example.test'];
  const wrong = join(place.folder, 'wrong.ini');
  writeFileSync(wrong, readFileSync(credentials, 'utf8').replace(key.secret, randomBytes(64).toString('base64')), { mode: 0o600 });
  await forgetProofs(pebble, place);
  const failed = await place.certwright([...these, ...shared, '--dns-rfc2136-credentials', wrong]);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(/NOTAUTH|BADSIG/);
  await cleaned();

  await forgetProofs(pebble, place);
  const killed = await place.certwright([...these, ...shared, '-a', 'manual', '--manual-auth-hook', 'kill -9 $PPID', '-d', 'd.example.test']);
  expect(killed.signal, killed.stderr).toBe('SIGKILL');
  // It died with all answers in place.
  expect(nginx.files()).not.toEqual(untouched);
  expect(await bind.txt('_acme-challenge.c.example.test')).toHaveLength(1);
  const after = await place.certwright([...these, ...shared.map((word) => ({ 'a.example.test': 'late.example.test', '*.c.example.test': 'c.example.test' })[word] ?? word), '--allow-subset-of-names']);
  expect(after.code, after.stderr).toBe(0);
  expect(after.stdout).toContain('Not in it: late.example.test');
  // The file of the dead run stays, as with webroot alone: it is no secret and answers nothing any more.
  rmSync(join(folder, '.well-known'), { recursive: true, force: true });
  await cleaned();
  const saved = readFileSync(join(place.folder, 'config', 'renewal', 'subset.conf'), 'utf8');
  expect(saved).toContain(`authenticator = webroot\n`);
  expect(saved).toContain(`[[webroot_map]]\nlate.example.test = ${folder}\n`);
  expect(saved).toContain('[[authenticators]]\nb.example.test = nginx\nc.example.test = dns-rfc2136\n');
});
