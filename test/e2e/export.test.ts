import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { binary, runProgram } from './certwright.js';
import { fine, httpPort, place, sandbox, sandboxOfEachTest } from './sandbox-of-test.js';

sandboxOfEachTest();
beforeEach(() => writeFileSync(join(place.folder, 'password'), 'open it\nnot this\n', { mode: 0o600 }));

const env = () => ({ HOME: place.folder, REQUESTS_CA_BUNDLE: join(place.folder, 'root.pem') });
const run = (...args: string[]) => runProgram(process.execPath, [binary, ...args, ...place.directories], { env: env(), cwd: place.folder });
const obtain = (...more: string[]) => run('certonly', '-n', '--agree-tos', '-m', 'admin@example.com', '--server', sandbox.directoryUrl, '--standalone', '--http-01-port', String(httpPort), '-d', 'one.example.com', ...more);
const at = (file: string) => join(place.folder, file);
const mode = (file: string) => (statSync(at(file)).mode & 0o777).toString(8);
const live = (kind: string) => readFileSync(place.live('one.example.com', `${kind}.pem`), 'utf8');
const openssl = (...args: string[]) => runProgram('openssl', args, { cwd: place.folder, timeout: 20_000 });
const spki = (pem: string | Buffer) => createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' }).toString('hex');
const renewal = () => readFileSync(at('config/renewal/one.example.com.conf'), 'utf8');

/** The certificate of a PKCS#12 file, as OpenSSL reads it. */
async function inside(file: string): Promise<X509Certificate> {
  return new X509Certificate(await fine(openssl('pkcs12', '-in', file, '-passin', 'file:password', '-nokeys', '-clcerts')));
}

it('S118: PKCS#12, one PEM file and DER, private from the first byte; what stands there keeps mode and link; flags that are missing are named', async () => {
  await fine(obtain());
  expect(await fine(run('export', '-n', '--format', 'pkcs12', '--password-file', 'password'))).toContain(`  ${at('one.example.com.p12')}\n`);
  expect(mode('one.example.com.p12')).toBe('600');
  const opened = await fine(openssl('pkcs12', '-in', 'one.example.com.p12', '-passin', 'file:password', '-nodes'));
  expect(opened).toContain('friendlyName: one.example.com');
  expect(opened.match(/BEGIN CERTIFICATE/g)).toHaveLength(live('fullchain').match(/BEGIN CERTIFICATE/g)?.length ?? 0);
  expect((await inside('one.example.com.p12')).toString()).toBe(new X509Certificate(live('cert')).toString());

  mkdirSync(at('haproxy'));
  writeFileSync(at('haproxy/real.pem'), 'old');
  chmodSync(at('haproxy/real.pem'), 0o640);
  symlinkSync('real.pem', at('haproxy/site.pem'));
  await fine(run('export', '-n', '--cert-name', 'one.example.com', '--format', 'pem', '--out', 'haproxy/site.pem', '--reload-command', 'cp $EXPORTED_PATH copy.pem'));
  expect(readFileSync(at('haproxy/real.pem'), 'utf8')).toBe(live('privkey') + live('fullchain'));
  expect([mode('haproxy/real.pem'), statSync(at('copy.pem')).size]).toEqual(['640', live('privkey').length + live('fullchain').length]);

  await fine(run('export', '-n', '--format', 'der', '--out', 'one.der'));
  expect(new X509Certificate(readFileSync(at('one.der'))).toString()).toBe(new X509Certificate(live('cert')).toString());
  expect(createPrivateKey({ key: readFileSync(at('one.key.der')), format: 'der', type: 'pkcs8' }).export({ type: 'pkcs8', format: 'der' }).toString('hex')).toBe(spki(live('privkey')));
  expect([mode('one.der'), mode('one.key.der')]).toEqual(['644', '600']);

  expect(renewal()).not.toContain('[certwright]');
  const refused = async (...args: string[]) => ((await run('export', '-n', ...args)).stderr);
  expect(await refused('--format', 'pkcs12')).toContain('Answer it with --password-file or --password.');
  expect(await refused()).toContain('Answer it with --format.');
  expect(await refused('--format', 'pkcs12', '--password', 'hunter2')).toMatch(/argument --password: a password must not stand on a command line(?![^]*hunter2)/);
  expect(await refused('--format', 'pem', '--out', place.live('one.example.com', 'privkey.pem'))).toContain('which must stay as they are');
  expect(await refused('--format', 'pem', '--out', 'nowhere/x.pem')).toContain(`The folder ${at('nowhere')} does not exist.`);
  expect(await fine(run('export', '-n', '--plan', '--format', 'pkcs12', '--password-file', '/dev/null', '--out', 'x.p12'))).toMatch(/Password      none\n[^]*The same      certwright export .*--format pkcs12 --out x\.p12 --password-file \/dev\/null\n/);
  expect(existsSync(at('x.p12'))).toBe(false);
});

it('N21, U24: kept exports are written again by certonly and renew before deploy hooks; one that fails is told, fails nothing, and is tried at the next run', async () => {
  await fine(obtain());
  mkdirSync(at('out'));
  await fine(run('export', '-n', '--format', 'pkcs12', '--out', 'out/one.pfx', '--password', 'file:password', '--keep', '--friendly-name', 'My site, "new"', '--legacy', '--reload-command', `echo reloaded >> ${at('order')}`));
  await fine(run('export', '-n', '--format', 'pem', '--out', 'pem.pem', '--keep'));
  expect(await fine(run('export', '--list'))).toMatch(/one\.example\.com: PKCS#12, up to date[^]*password from file:[^]*one\.example\.com: PEM with the key, up to date/);
  expect(renewal()).not.toContain('open it');

  await fine(obtain('--force-renewal', '--deploy-hook', `openssl x509 -noout -serial -in ${at('pem.pem')} >> ${at('order')}`));
  const present = new X509Certificate(live('cert'));
  expect((await inside('out/one.pfx')).serialNumber).toBe(present.serialNumber);
  expect(readFileSync(at('order'), 'utf8')).toBe(`reloaded\nreloaded\nserial=${present.serialNumber}\n`);

  // A folder that has gone: told, not a failed renewal, and mended by the next run of the timer.
  await runProgram('mv', [at('out'), at('gone')]);
  const failing = await run('renew', '-n', '--no-random-sleep-on-renew', '--force-renewal');
  expect(failing.code, failing.stderr).toBe(0);
  expect(failing.stderr).toContain(`could not be exported to ${at('out/one.pfx')}: The folder ${at('out')} does not exist.`);
  expect(await fine(run('export', '--list', '--json'))).toMatch(/"path":"[^"]*one.pfx"[^}]*"current":false}.*"path":"[^"]*pem.pem","current":true}/);
  await runProgram('mv', [at('gone'), at('out')]);
  expect(await fine(run('renew', '-n', '--no-random-sleep-on-renew'))).toContain('Exported one.example.com as PKCS#12');
  expect((await inside('out/one.pfx')).serialNumber).toBe(new X509Certificate(live('cert')).serialNumber);
  expect(await fine(run('renew', '-n', '--no-random-sleep-on-renew'))).not.toContain('Exported');
});

it('certbot renews beside us and keeps the section as it is; the next run of ours exports what it renewed; forgotten is forgotten', async () => {
  await fine(obtain());
  await fine(run('export', '-n', '--format', 'pkcs12', '--out', "it's, here.p12", '--password-file', 'password', '--keep', '--reload-command', `echo "a, b" # 'c'`));
  const section = () => /\[certwright\]\n[^]*?(?=\n\[[^[]|$)/.exec(renewal())?.[0].trim();
  const before = section();
  expect(before).toContain('[[export-1]]');
  await fine(place.certbot(['renew', '-n', '--no-random-sleep-on-renew', '--force-renewal', '--no-verify-ssl'], { env: env() }));
  expect(section()).toBe(before);
  expect((await inside("it's, here.p12")).serialNumber).not.toBe(new X509Certificate(live('cert')).serialNumber);
  await fine(run('renew', '-n', '--no-random-sleep-on-renew'));
  expect((await inside("it's, here.p12")).serialNumber).toBe(new X509Certificate(live('cert')).serialNumber);
  expect((await run('export', '--forget', '-n')).stderr).toContain('Give --cert-name, or --out');
  expect(await fine(run('export', '--forget', '--cert-name', 'one.example.com'))).toContain('do not write');
  expect(renewal()).not.toContain('[certwright]');
  expect(existsSync(at("it's, here.p12"))).toBe(true);
  expect(await fine(run('export', '--list'))).toContain('No exports are stored');
});
