import { createSocket } from 'node:dgram';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startDnsServer, type DnsServer } from '../../src/system/dns-server.js';
import { RCODE } from '../../src/system/dns-wire.js';
import { DnsZone } from '../../src/sandbox/dns-zone.js';
import { lookupAt, type Lookup } from '../../src/system/resolver.js';

let zone: DnsZone;
let server: DnsServer;
let lookup: Lookup;
beforeEach(async () => {
  zone = new DnsZone('127.0.0.1', '::1');
  server = await startDnsServer(zone, '127.0.0.1', 0);
  lookup = lookupAt([`127.0.0.1:${server.port}`]);
});
afterEach(() => server.stop());

it('asks the server it was given, at its port', async () => {
  zone.add('_acme-challenge.example.com', 'TXT', 'x'.repeat(300));
  expect(await lookup.txt('_acme-challenge.example.com')).toEqual(['x'.repeat(300)]);
  expect(await lookup.addresses('www.example.com')).toEqual(['127.0.0.1', '::1']);
  expect((await lookup.nameservers('example.com')).length).toBeGreaterThan(0);
  zone.add('alias.example.com', 'CNAME', 'target.example.net');
  expect(await lookup.alias('alias.example.com')).toBe('target.example.net');
});

it('"no such record" is an empty answer', async () => {
  expect(await lookup.txt('none.example.com')).toEqual([]);
  expect(await lookup.alias('none.example.com')).toBeNull();
  expect(await lookup.nameservers('www.example.com')).toEqual([]);
});

it('a server that fails, or is not there, is an error and not an empty answer', async () => {
  zone.fail('broken.example.com', RCODE.SERVFAIL);
  await expect(lookup.txt('broken.example.com')).rejects.toMatchObject({ code: 'ESERVFAIL' });
  await expect(lookup.addresses('broken.example.com')).rejects.toMatchObject({ code: 'ESERVFAIL' });
  const gone = createSocket('udp4');
  await new Promise<void>((resolve) => gone.bind(0, '127.0.0.1', () => resolve()));
  const { port } = gone.address();
  await new Promise<void>((resolve) => gone.close(() => resolve()));
  await expect(lookupAt([`127.0.0.1:${port}`]).txt('example.com')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
