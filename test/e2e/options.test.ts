import { X509Certificate, createPrivateKey } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makePlace, runProgram, unattended, type Ended, type Place } from './certwright.js';
import { startPebble, type Pebble } from './pebble.js';

let pebble: Pebble;
let place: Place;
beforeAll(async () => {
  pebble = await startPebble({ env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0', PEBBLE_AUTHZREUSE: '0', PEBBLE_ALTERNATE_ROOTS: '2' } });
});
afterAll(() => pebble.stop());
beforeEach(() => {
  place = makePlace({ REQUESTS_CA_BUNDLE: pebble.caPath });
});
afterEach(() => place.remove());

const certonly = (...args: string[]) => place.certwright(['certonly', ...unattended(pebble.directoryUrl), '--standalone', '--http-01-port', String(pebble.httpPort), ...args]);
const certificate = (name: string) => new X509Certificate(readFileSync(place.live(name, 'cert.pem')));
const key = (name: string) => createPrivateKey(readFileSync(place.live(name, 'privkey.pem')));
const sans = (name: string) => (certificate(name).subjectAltName ?? '').split(', ').map((entry) => entry.slice(4)).sort();
const renewal = (name: string) => readFileSync(join(place.folder, 'config/renewal', `${name}.conf`), 'utf8');
const versions = (name: string) => readdirSync(join(place.folder, 'config/archive', name)).filter((file) => file.startsWith('cert')).length;

async function fine(run: Promise<Ended>): Promise<Ended> {
  const ended = await run;
  expect(ended.code, ended.stderr).toBe(0);
  return ended;
}

describe('keys (S36, C08, C09)', () => {
  it.each([['secp256r1', 'prime256v1'], ['secp384r1', 'secp384r1'], ['secp521r1', 'secp521r1']])('--elliptic-curve %s', async (curve, node) => {
    await fine(certonly('-d', 'example.com', '--elliptic-curve', curve));
    expect(key('example.com').asymmetricKeyDetails?.namedCurve).toBe(node);
    expect(renewal('example.com')).toContain(`elliptic_curve = ${curve}`);
    expect(renewal('example.com')).toContain('key_type = ecdsa');
  });
  it('--key-type rsa with a size; a later run without flags says that it would change the type', async () => {
    await fine(certonly('-d', 'example.com', '--key-type', 'rsa', '--rsa-key-size', '3072'));
    expect(key('example.com').asymmetricKeyDetails?.modulusLength).toBe(3072);
    await fine(certonly('-d', 'example.com', '--force-renewal'));
    expect(key('example.com').asymmetricKeyType).toBe('rsa');
    const changed = await certonly('-d', 'example.com', '--force-renewal', '--key-type', 'ecdsa');
    expect(changed.code).toBe(1);
    expect(changed.stderr).toContain('--cert-name');
    await fine(certonly('--cert-name', 'example.com', '--force-renewal', '--key-type', 'ecdsa'));
    expect(key('example.com').asymmetricKeyType).toBe('ec');
  });
  it('--reuse-key keeps the key, also by what was saved; --new-key changes it once', async () => {
    await fine(certonly('-d', 'example.com', '--reuse-key'));
    const first = readFileSync(place.live('example.com', 'privkey.pem'), 'utf8');
    await fine(certonly('-d', 'example.com', '--force-renewal'));
    expect(readFileSync(place.live('example.com', 'privkey.pem'), 'utf8')).toBe(first);
    await fine(certonly('-d', 'example.com', '--force-renewal', '--new-key'));
    expect(readFileSync(place.live('example.com', 'privkey.pem'), 'utf8')).not.toBe(first);
    expect(versions('example.com')).toBe(3);
  });
  it('--must-staple asks for the extension', async () => {
    await fine(certonly('-d', 'example.com', '--must-staple'));
    expect(renewal('example.com')).toContain('must_staple = True');
  });
});

describe('what is there already (S52–S60)', () => {
  it('the same names are kept; --force-renewal, --duplicate, --expand, --cert-name and new names do what they say', async () => {
    await fine(certonly('-d', 'example.com'));
    expect((await fine(certonly('-d', 'example.com', '--keep-until-expiring'))).stdout).toContain('Certificate not yet due for renewal');
    expect(versions('example.com')).toBe(1);
    await fine(certonly('-d', 'example.com', '--force-renewal'));
    expect(versions('example.com')).toBe(2);
    await fine(certonly('-d', 'example.com', '--duplicate'));
    expect(sans('example.com-0001')).toEqual(['example.com']);
    const more = await certonly('-d', 'example.com,www.example.com', '--cert-name', 'other');
    expect(more.code, more.stderr).toBe(0);
    const bigger = await certonly('-d', 'example.com,api.example.com');
    expect(bigger.code).toBe(1);
    expect(bigger.stderr).toContain('--expand');
    await fine(certonly('-d', 'example.com,api.example.com', '--expand', '--cert-name', 'example.com'));
    expect(sans('example.com')).toEqual(['api.example.com', 'example.com']);
    await fine(certonly('-d', 'new.example.com', '--cert-name', 'example.com', '--renew-with-new-domains'));
    expect(sans('example.com')).toEqual(['new.example.com']);
  });
  it('--dry-run goes all the way and saves nothing', async () => {
    const { stdout } = await fine(certonly('-d', 'example.com', '--dry-run'));
    expect(stdout).toContain('The dry run was successful.');
    expect(existsSync(join(place.folder, 'config/live'))).toBe(false);
    expect(readdirSync(join(place.folder, 'config/renewal'))).toEqual([]);
  });
  it('--plan shows the plan and the command, and does nothing', async () => {
    const { stdout } = await fine(certonly('-d', 'example.com', '--plan'));
    expect(stdout).toContain('certwright certonly');
    expect(existsSync(join(place.folder, 'config/accounts'))).toBe(false);
  });
});

it('--csr: a request of one’s own, PEM or DER; loose files, no lineage (S37)', async () => {
  const [csr, own] = [join(place.folder, 'own.csr'), join(place.folder, 'own.key')];
  for (const form of ['PEM', 'DER']) {
    const made = await runProgram('openssl', ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', own, '-out', csr, '-outform', form, '-subj', '/', '-addext', 'subjectAltName=DNS:csr.example.com']);
    expect(made.code, made.stderr).toBe(0);
    const files = ['cert', 'chain', 'fullchain'].map((kind) => join(place.folder, `${form}-${kind}.pem`));
    await fine(certonly('--csr', csr, '--cert-path', files[0] ?? '', '--chain-path', files[1] ?? '', '--fullchain-path', files[2] ?? ''));
    expect(new X509Certificate(readFileSync(files[0] ?? '')).checkPrivateKey(createPrivateKey(readFileSync(own)))).toBe(true);
    expect(readFileSync(files[2] ?? '', 'utf8')).toBe(readFileSync(files[0] ?? '', 'utf8') + readFileSync(files[1] ?? '', 'utf8'));
  }
  expect(existsSync(join(place.folder, 'config/live'))).toBe(false);
});

it('--allow-subset-of-names goes on without the name that failed, and says so; without it nothing is saved (C32)', async () => {
  const set = await runProgram('curl', ['-sf', '-d', '{"host":"bad.example.com.","addresses":["127.0.0.99"]}', `${pebble.challtestUrl}/add-a`]);
  expect(set.code).toBe(0);
  // Nothing listens on the address of the bad name.
  const names = ['-d', 'good.example.com,bad.example.com', '--http-01-address', '127.0.0.1'];
  const all = await certonly(...names);
  expect(all.code).toBe(1);
  expect(all.stderr).toMatch(/Domain: bad\.example\.com\n {2}Type: {3}connection/);
  expect(existsSync(join(place.folder, 'config/live'))).toBe(false);
  const { stderr } = await fine(certonly(...names, '--allow-subset-of-names'));
  expect(stderr).toContain('Going on without bad.example.com');
  expect(sans('good.example.com')).toEqual(['good.example.com']);
});

it('--preferred-chain takes the chain whose top is wanted', async () => {
  await fine(certonly('-d', 'example.com'));
  const top = (name: string) => /CN=(.*)/.exec(new X509Certificate((readFileSync(place.live(name, 'chain.pem'), 'utf8').match(/-----BEGIN[^]*?-----END CERTIFICATE-----/g) ?? []).at(-1) ?? '').issuer)?.[1] ?? '';
  const first = top('example.com');
  const seen = new Set([first]);
  // The CA names the others only in its answers: ask its management for the roots.
  for (const index of [1, 2]) {
    const root = await runProgram('curl', ['-sfk', `${pebble.managementUrl}/roots/${index}`]);
    expect(root.code).toBe(0);
    const name = /CN=(.*)/.exec(new X509Certificate(root.stdout).subject)?.[1] ?? '';
    await fine(certonly('-d', `chain${index}.example.com`, '--preferred-chain', name));
    expect(top(`chain${index}.example.com`)).toBe(name);
    expect(renewal(`chain${index}.example.com`)).toContain(`preferred_chain = ${name}`);
    seen.add(name);
  }
  expect(seen.size).toBe(3);
});

it('pre, deploy and post hooks run once each with their variables; a failing one is told and stops nothing (S84–S92)', async () => {
  const log = join(place.folder, 'hooks.log');
  mkdirSync(join(place.folder, 'config/renewal-hooks/deploy'), { recursive: true });
  writeFileSync(join(place.folder, 'config/renewal-hooks/deploy/01-first'), `#!/bin/sh\necho "directory $RENEWED_LINEAGE" >> ${log}\n`, { mode: 0o755 });
  const { stderr } = await fine(certonly('-d', 'example.com,www.example.com', '--pre-hook', `echo pre >> ${log}; exit 3`, '--deploy-hook', `echo "deploy $RENEWED_DOMAINS $RENEWED_LINEAGE" >> ${log}`, '--post-hook', `echo post >> ${log}`));
  expect(readFileSync(log, 'utf8').trim().split('\n')).toEqual(['pre', `directory ${place.live('example.com', '').replace(/\/$/, '')}`, `deploy example.com www.example.com ${place.live('example.com', '').replace(/\/$/, '')}`, 'post']);
  expect(stderr).toContain("Hook 'pre-hook' reported error code 3");
  expect(renewal('example.com')).toContain('renew_hook = ');
});

it('a port that is taken: the process that holds it is named, and nothing was ordered (N28)', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(pebble.httpPort, () => resolve()));
  try {
    const before = pebble.requests().length;
    const { code, stderr } = await certonly('-d', 'example.com');
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`Could not bind TCP port ${pebble.httpPort} because it is already in use by .*\\(pid ${process.pid}\\)`));
    expect(pebble.requests().length).toBe(before);
  } finally {
    server.close();
  }
});

it('renew: with what was saved, only what is due, every other goes on when one fails', async () => {
  await fine(certonly('-d', 'one.example.com', '--deploy-hook', 'true'));
  await fine(certonly('-d', 'two.example.com'));
  expect((await fine(place.certwright(['renew', '-n', '--no-random-sleep-on-renew']))).stdout).toContain('No renewals were attempted.');
  const forced = await fine(place.certwright(['renew', '-n', '--no-random-sleep-on-renew', '--force-renewal']));
  expect(forced.stdout).toContain('all renewals succeeded');
  expect([versions('one.example.com'), versions('two.example.com')]).toEqual([2, 2]);
  writeFileSync(join(place.folder, 'config/renewal/broken.conf'), 'nonsense\n');
  const config = join(place.folder, 'config/renewal/one.example.com.conf');
  writeFileSync(config, readFileSync(config, 'utf8').replace(/^server = .*$/m, 'server = https://127.0.0.1:9/dir'));
  const mixed = await place.certwright(['renew', '-n', '--no-random-sleep-on-renew', '--force-renewal']);
  expect(mixed.code).toBe(1);
  expect(mixed.stdout).toContain('one.example.com (failure)');
  expect(mixed.stdout).toContain('two.example.com/fullchain.pem (success)');
  expect(mixed.stdout).toContain('broken.conf (parsefail)');
  expect([versions('one.example.com'), versions('two.example.com')]).toEqual([2, 3]);
  expect((await fine(place.certwright(['renew', '-n', '--no-random-sleep-on-renew', '--dry-run', '--cert-name', 'two.example.com']))).stdout).toContain('all simulated renewals succeeded');
  expect(versions('two.example.com')).toBe(3);
});
