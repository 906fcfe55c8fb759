import { X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fine, httpPort, place, sandbox, sandboxOfEachTest } from './sandbox-of-test.js';

sandboxOfEachTest({});

const trust = () => ({ env: { REQUESTS_CA_BUNDLE: join(place.folder, 'root.pem') } });
const run = (...args: string[]) => place.certwright(args, trust());
const obtain = (names: string, ...more: string[]) => run('certonly', '-n', '--agree-tos', '-m', 'admin@example.com', '--server', sandbox.directoryUrl, '--standalone', '--http-01-port', String(httpPort), '-d', names, ...more);
const sans = (name: string) => (new X509Certificate(readFileSync(place.live(name, 'cert.pem'))).subjectAltName ?? '').split(', ').map((entry) => entry.replace(/^.*:/, '')).sort();
const renewal = (name: string) => readFileSync(join(place.folder, 'config/renewal', `${name}.conf`), 'utf8');

it('U05: certonly --cert-name X --add-domain Y -n just works with what was saved, and certbot renews it as it is then', async () => {
  await fine(obtain('example.com,old.example.com', '--deploy-hook', 'true', '--key-type', 'rsa'));
  const before = renewal('example.com');
  const planned = await fine(run('certonly', '-n', '--cert-name', 'example.com', '--add-domain', 'new.example.com,127.0.0.1', '--remove-domain', 'old.example.com', '--plan'));
  expect(planned).toMatch(/Added +\+ new\.example\.com {2}\+ 127\.0\.0\.1/);
  expect(planned).toMatch(/Taken out +- old\.example\.com/);
  expect(planned).toContain('certwright certonly --cert-name example.com');
  expect(planned).toContain('--add-domain new.example.com,127.0.0.1 --remove-domain old.example.com');
  await fine(run('certonly', '-n', '--cert-name', 'example.com', '--add-domain', 'new.example.com', '--add-domain', '127.0.0.1', '--remove-domain', 'old.example.com'));
  expect(sans('example.com')).toEqual(['127.0.0.1', 'example.com', 'new.example.com']);
  expect(renewal('example.com')).toBe(before);
  await fine(run('certonly', '-n', '--cert-name', 'example.com', '--remove-domain', '127.0.0.1'));
  await fine(place.certbot(['renew', '--force-renewal', '-n', '--no-random-sleep-on-renew'], trust()));
  expect(sans('example.com')).toEqual(['example.com', 'new.example.com']);
});

it('S60: every name replaced by another one, by -d and by --add-domain with --remove-domain', async () => {
  await fine(obtain('one.example.com'));
  await fine(obtain('two.example.com', '--cert-name', 'one.example.com'));
  expect(sans('one.example.com')).toEqual(['two.example.com']);
  await fine(run('certonly', '-n', '--cert-name', 'one.example.com', '--add-domain', 'three.example.com', '--remove-domain', 'two.example.com'));
  expect(sans('one.example.com')).toEqual(['three.example.com']);
});

it('what cannot be is named, and nothing is changed', async () => {
  await fine(obtain('example.com'));
  const before = renewal('example.com');
  for (const [flags, words, code] of [
    [['--add-domain', 'example.com'], 'has example.com already', 1],
    [['--remove-domain', 'www.example.com'], 'does not have www.example.com', 1],
    [['--remove-domain', 'example.com'], 'Without example.com no name would be left', 1],
    [['--remove-domain', 'example.com', '-d', 'other.example.com'], '--remove-domain cannot be used with -d', 2],
  ] as const) {
    const ended = await run('certonly', '-n', '--cert-name', 'example.com', ...flags);
    expect(ended.stderr).toContain(words);
    expect(ended.code).toBe(code);
  }
  expect(renewal('example.com')).toBe(before);
  expect(sans('example.com')).toEqual(['example.com']);
});

it('a new name takes the -w given, the others keep their folders; without it the flag is named', async () => {
  const config = join(place.folder, 'config/renewal/example.com.conf');
  await fine(obtain('example.com,www.example.com'));
  const [a, b, c] = ['a', 'b', 'c'].map((name) => join(place.folder, name)) as [string, string, string];
  for (const folder of [a, b, c]) mkdirSync(folder);
  writeFileSync(config, `${renewal('example.com').replace('authenticator = standalone', `authenticator = webroot\nwebroot_path = ${a}, ${b}`)}[[webroot_map]]\nexample.com = ${a}\nwww.example.com = ${b}\n`);
  const asked = await run('certonly', '-n', '--cert-name', 'example.com', '--add-domain', 'new.example.com', '--plan');
  expect(asked.stderr).toContain('Input the webroot for new.example.com');
  const planned = await fine(run('certonly', '-n', '--cert-name', 'example.com', '-w', c, '--add-domain', 'new.example.com', '--plan', '--json'));
  const event = planned.trim().split('\n').map((line) => JSON.parse(line) as { type: string; plan: { webrootMap: unknown }; command: string[] }).find(({ type }) => type === 'plan');
  expect(event?.plan.webrootMap).toEqual({ 'example.com': a, 'www.example.com': b, 'new.example.com': c });
  expect(event?.command.join(' ')).toContain(`-w ${c} --add-domain new.example.com`);
});
