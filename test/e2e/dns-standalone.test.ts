import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askDns } from '../../src/system/dns-exchange.js';
import { TYPE_CODES } from '../../src/system/dns-values.js';
import { startBind, nextAddress, type Bind } from './bind.js';
import { makePlace, runProgram, unattended, type Place } from './certwright.js';
import { freePorts, startPebble, type Pebble } from './pebble.js';

let bind: Bind;
let pebble: Pebble;
let place: Place;
let port: number;

beforeAll(async () => {
  [port = 0] = await freePorts(1);
  // A resolver that finds everything below acme.test at our server: what a delegation does, with a port of its own.
  bind = await startBind({ front: nextAddress(), recursion: true, zones: [{ name: 'example.test', records: ['@ NS ns1', 'ns1 A 127.0.0.1', '_acme-challenge CNAME example.test.acme.test.'] }], forward: [{ zone: 'acme.test', port }, { zone: '_acme-challenge.direct.test', port }] });
  pebble = await startPebble({ dnsServer: `127.0.0.1:${bind.port}`, env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0', PEBBLE_AUTHZREUSE: '0' } });
  place = makePlace({ REQUESTS_CA_BUNDLE: pebble.caPath });
});
afterAll(async () => {
  await Promise.all([pebble.stop(), bind.stop()]);
  place.remove();
});

const proof = (): readonly string[] => ['--dns-standalone', '--dns-standalone-address', '127.0.0.1', '--dns-standalone-ipv6-address', '::1', '--dns-standalone-port', String(port)];

test('S187: proved by its own DNS server behind an alias and behind a delegation; renewed from the file; the port is free again', async () => {
  const obtained = await place.certwright(['certonly', ...unattended(pebble.directoryUrl), ...proof(), '-d', 'example.test,*.example.test,direct.test']);
  expect(obtained.code, obtained.stderr).toBe(0);
  expect(readFileSync(join(place.folder, 'config', 'renewal', 'example.test.conf'), 'utf8')).toMatch(new RegExp(`dns_standalone_address = 127\\.0\\.0\\.1\\ndns_standalone_ipv6_address = ::1\\ndns_standalone_port = ${port}\\n`));
  const renewed = await place.certwright(['renew', '--force-renewal', '--no-random-sleep-on-renew']);
  expect(renewed.code, renewed.stderr).toBe(0);
  await expect(askDns({ address: '127.0.0.1', port }, 'example.test', TYPE_CODES.TXT, { timeoutMs: 500 })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('T21: while it runs it answers CAA, SOA, NS and A without an error, by UDP and TCP, IPv4 and IPv6', async () => {
  const asked: string[] = [];
  const run = place.certwright(['certonly', ...unattended(pebble.directoryUrl), ...proof(), '--dns-standalone-propagation-seconds', '2', '-d', 'example.test', '--cert-name', 't21', '--force-renewal']);
  const until = Date.now() + 15_000;
  const txt = (): Promise<string> => runProgram('dig', ['+short', '+time=1', '+tries=1', '-p', String(port), '@127.0.0.1', '_acme-challenge.example.test', 'TXT']).then(({ stdout }) => stdout.trim());
  while (!/^"[\w-]{43}"$/.test(await txt()) && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50));
  for (const server of ['127.0.0.1', '::1']) {
    for (const transport of ['+notcp', '+tcp']) {
      const { stdout } = await runProgram('dig', [transport, '+time=2', '+tries=1', '-p', String(port), `@${server}`, 'example.test.acme.test', 'CAA', 'acme.test', 'NS', 'acme.test', 'SOA', 'acme.test', 'A', 'x.acme.test', 'TXT']);
      asked.push(...[...stdout.matchAll(/status: (\w+)/g)].map(([, status = '']) => status));
      expect(stdout).toMatch(/flags: qr aa/);
    }
  }
  expect(asked).toEqual(Array.from({ length: 20 }, () => 'NOERROR'));
  const { code, stderr } = await run;
  expect(code, stderr).toBe(0);
  expect(stderr).toContain('Waiting 2 seconds');
});

test('S187: a port that is taken is told before anything is ordered', async () => {
  const before = pebble.requests().length;
  const { code, stderr } = await place.certwright(['certonly', ...unattended(pebble.directoryUrl), '--dns-standalone', '--dns-standalone-address', '127.0.0.1', '--dns-standalone-ipv6-address', '', '--dns-standalone-port', String(bind.port), '-d', 'example.test', '--cert-name', 'taken']);
  expect(code).toBe(1);
  expect(stderr).toContain('Error starting DNS server:');
  expect(stderr).toContain('--dns-standalone-address');
  expect(pebble.requests().slice(before).filter((request) => request.includes('order'))).toEqual([]);
});
