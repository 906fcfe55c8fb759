import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDnsServer, type DnsServer } from '../../src/system/dns-server.js';
import { TYPE_CODES } from '../../src/system/dns-values.js';
import { fakeCertificate, startFake, type Fake } from '../plugins/dns/fakes/fake.js';
import { table } from '../plugins/dns/fakes/table.js';
import { nextAddress } from './bind.js';
import { binary, makePlace, top, unattended, type Place } from './certwright.js';
import { forgetProofs } from './forget-proofs.js';
import { startPebble, type Pebble } from './pebble.js';

/**
 * The whole program with every provider that is reached by an API: its requests go to the stand-in, by the names of the real hosts; and
 * the CA finds in the DNS what stands there at the provider. Three ways to prove who asks, and to write: whole sets, single
 * records, a session; CERTWRIGHT_DNS_ALL=1 for all providers.
 */
const USUAL: readonly string[] = ['route53', 'ovh', 'ispconfig'];
const rows = table.filter(({ description }) => process.env['CERTWRIGHT_DNS_ALL'] === '1' || USUAL.includes(description.name));
const names = rows.map(({ description }) => description.name);
const domain = (name: string): string => `${name}.test`;
const record = (name: string): string => `_acme-challenge.${domain(name)}`;
const front = nextAddress();
const fakes = new Map<string, Fake>();
let dns: DnsServer;
let pebble: Pebble;
let place: Place;
let env: Record<string, string>;

beforeAll(async () => {
  await Promise.all(rows.map(async ({ description: { name }, behaviour }) => fakes.set(name, await startFake(behaviour, ['another.example', domain(name)], { pageSize: 100 }))));
  const answers = (name: string, type: number): readonly string[] => {
    if (type === TYPE_CODES.TXT) return [...fakes.values()].flatMap((fake) => fake.txt(name.toLowerCase()));
    if (type === TYPE_CODES.NS && names.map(domain).includes(name.toLowerCase())) return ['ns.provider.example'];
    return type === TYPE_CODES.A && name === 'ns.provider.example' ? [front] : [];
  };
  dns = await startDnsServer({ answer: (name, type) => ({ rcode: 0, answers: answers(name, type).map((value) => ({ name, type, ttl: 0, value })), authorities: [] }) }, front, 53);
  pebble = await startPebble({ dnsServer: `${front}:53`, env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0', PEBBLE_AUTHZREUSE: '0' } });
  place = makePlace();
  const roots = join(place.folder, 'roots.pem');
  writeFileSync(roots, readFileSync(pebble.caPath, 'utf8') + fakeCertificate().cert);
  const ports = [...fakes.values()].flatMap(({ hosts, origin }) => hosts.map((host) => [host, Number(new URL(origin).port)]));
  env = { REQUESTS_CA_BUNDLE: roots, LED_HOSTS: JSON.stringify(Object.fromEntries(ports)), NODE_OPTIONS: `--import=${pathToFileURL(join(top, 'test/plugins/dns/fakes/led-hosts.mjs')).href}` };
  for (const { description: { name }, credentials, ownServer } of rows) writeFileSync(fileOf(name), `${[...(credentials ?? []), ...(ownServer?.(fake(name).origin) ?? [])].join('\n')}\n`, { mode: 0o600 });
});
afterAll(async () => {
  await Promise.all([...[...fakes.values()].map((each) => each.stop()), pebble.stop(), dns.stop()]);
  place.remove();
});

const fileOf = (name: string): string => join(place.folder, `${name}.credentials`);
const fake = (name: string): Fake => fakes.get(name) as Fake;
const journal = (name: string): readonly string[] => readdirSync(join(place.folder, 'config', '.certwright', 'dns-records', `dns-${name}`));
const versions = (name: string): number => readdirSync(join(place.folder, 'config', 'archive', domain(name))).filter((file) => file.startsWith('cert')).length;
const renewal = ['renew', '--force-renewal', '--no-random-sleep-on-renew', '--max-parallel', String(names.length)];
const everything = (): string => ['logs', join('config', 'renewal')].flatMap((folder) => readdirSync(join(place.folder, folder)).map((file) => readFileSync(join(place.folder, folder, file), 'utf8'))).join('\n');

/** What else stands in the zones of a provider, which is none of our business. */
const others = (name: string): readonly string[] => fake(name).zones.flatMap(({ records }) => records).filter(({ type }) => type !== 'TXT').map((each) => `${each.name} ${each.type} ${each.value}`);

test.each(names)('S33: dns-%s obtains for apex and wildcard, seen at the nameserver by us and by the CA; nothing is left', async (name) => {
  const before = others(name);
  fake(name).put(record(name), 'somebody-else');
  const { code, stderr } = await place.certwright(['certonly', ...unattended(pebble.directoryUrl), `--dns-${name}`, `--dns-${name}-credentials`, fileOf(name), '--dns-resolver', front, '-d', `${domain(name)},*.${domain(name)}`], { env });
  expect(code, stderr).toBe(0);
  expect(stderr).toContain(`${record(name)}: seen at ns.provider.example`);
  expect(fake(name).txt(record(name))).toEqual(['somebody-else']);
  expect(others(name)).toEqual(before);
  expect(fake(name).faults).toEqual([]);
  expect(journal(name)).toEqual([]);
  expect(versions(name)).toBe(1);
});

test('S33: a renewal of all of them that is killed leaves its records; the next one removes them at every provider, and renews', { timeout: 300_000 }, async () => {
  const wait = names.flatMap((name) => [`--dns-${name}-propagation-seconds`, '600']);
  await forgetProofs(pebble, place);
  const child = spawn(process.execPath, [binary, ...renewal, ...wait, ...place.directories], { env: { ...process.env, HOME: place.folder, ...env }, stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('close', resolve));
  await expect.poll(() => names.filter((name) => fake(name).txt(record(name)).length !== 3), { timeout: 120_000, interval: 100 }).toEqual([]);
  child.kill('SIGKILL');
  await ended;
  for (const name of names) expect(journal(name), name).toHaveLength(2);
  // One of them does not let us the first time.
  fake('ispconfig').instead(({ target }) => target.includes('dns_txt_delete'), 403, 403);
  const refused = await place.certwright(['renew', '--no-random-sleep-on-renew'], { env, timeout: 120_000 });
  expect(refused.stderr).toContain('The next run tries again.');
  expect(refused.stderr.match(/an earlier run was stopped while this DNS record stood; it was removed/g)).toHaveLength(2 * names.length - 2);
  for (const name of names) expect(fake(name).txt(record(name)), name).toHaveLength(name === 'ispconfig' ? 3 : 1);
  const next = await place.certwright(renewal, { env, timeout: 120_000 });
  expect(next.code, next.stderr).toBe(0);
  for (const name of names) {
    expect(fake(name).txt(record(name)), name).toEqual(['somebody-else']);
    expect(journal(name), name).toEqual([]);
    expect(fake(name).faults, name).toEqual([]);
    expect(versions(name), name).toBe(2);
  }
  const texts = everything();
  for (const { secrets } of rows) for (const secret of secrets) expect(texts).not.toContain(secret);
});
