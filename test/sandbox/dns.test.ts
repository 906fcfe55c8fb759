import { createSocket } from 'node:dgram';
import { Resolver as NodeResolver } from 'node:dns/promises';
import { connect } from 'node:net';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerPacket } from '../../src/system/dns-server.js';
import { DnsFormatError, encodeName } from '../../src/system/dns-names.js';
import { decodeMessage, encodeMessage } from '../../src/system/dns-wire.js';
import { DnsZone } from '../../src/sandbox/dns-zone.js';
import { Resolver } from '../../src/sandbox/resolver.js';
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.js';

let sandbox: Sandbox;
let resolver: NodeResolver;

beforeAll(async () => {
  sandbox = await startSandbox({ httpPort: 1, tlsPort: 1 });
  resolver = new NodeResolver({ timeout: 2000, tries: 2 });
  resolver.setServers([`${sandbox.dns.address}:${sandbox.dns.port}`]);
});
afterAll(() => sandbox.stop());

const manage = (path: string, body: unknown): Promise<Response> => fetch(sandbox.managementUrl + path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });

describe('records, asked by another resolver', () => {
  it('are 127.0.0.1 for every name without its own', async () => {
    expect(await resolver.resolve4('anything.example.com')).toEqual(['127.0.0.1']);
    await expect(resolver.resolve6('anything.example.com')).rejects.toMatchObject({ code: 'ENODATA' });
    await expect(resolver.resolveTxt('anything.example.com')).rejects.toMatchObject({ code: 'ENODATA' });
    expect(await resolver.resolveNs('example.com')).toEqual(['ns1.example.com']);
    expect((await resolver.resolveSoa('example.com')).nsname).toBe('ns1.example.com');
  });

  it('are set and taken away in process', async () => {
    sandbox.setRecord('Own.Example.com.', 'AAAA', '2001:db8::1');
    expect(await resolver.resolve6('own.example.com')).toEqual(['2001:db8::1']);
    await expect(resolver.resolve4('own.example.com')).rejects.toMatchObject({ code: 'ENODATA' });
    sandbox.removeRecord('own.example.com', 'AAAA');
    expect(await resolver.resolve4('own.example.com')).toEqual(['127.0.0.1']);
    expect(() => sandbox.setRecord('own.example.com', 'A', '300.1.1.1')).toThrow('cannot hold A "300.1.1.1"');
    expect(() => sandbox.setRecord(`${'a'.repeat(64)}.com`, 'A', '127.0.0.1')).toThrow('cannot hold');
    expect(() => sandbox.setRecord('x.com', 'NOPE', '')).toThrow('unknown record type');
  });

  it('hold long TXT values and many of them, by TCP when they are too much for a packet', async () => {
    for (let index = 0; index < 30; index += 1) sandbox.setRecord('many.example.com', 'TXT', `${index}:${'x'.repeat(290)}`);
    const values = (await resolver.resolveTxt('many.example.com')).map((parts) => parts.join(''));
    expect(values).toHaveLength(30);
    expect(values[7]).toBe(`7:${'x'.repeat(290)}`);
    const own = new Resolver({ address: sandbox.dns.address, port: sandbox.dns.port });
    expect(await own.values('many.example.com', 'TXT')).toEqual(values);
  });

  it('answer wildcards and aliases', async () => {
    sandbox.setRecord('*.wild.example.com', 'TXT', 'star');
    expect(await resolver.resolveTxt('a.b.wild.example.com')).toEqual([['star']]);
    sandbox.setRecord('alias.example.com', 'CNAME', 'target.example.org');
    sandbox.setRecord('target.example.org', 'A', '127.0.0.7');
    expect(await resolver.resolve4('alias.example.com')).toEqual(['127.0.0.7']);
    sandbox.setRecord('circle.example.com', 'CNAME', 'circle.example.com');
    await expect(resolver.resolve4('circle.example.com')).rejects.toMatchObject({ code: 'ESERVFAIL' });
  });
});

describe('the management address', () => {
  it('sets records with the bodies of pebble-challtestsrv', async () => {
    expect((await manage('/set-txt', { host: '_acme-challenge.m.example.com.', value: 'one' })).status).toBe(200);
    await manage('/set-txt', { host: '_acme-challenge.m.example.com.', value: 'two' });
    expect((await resolver.resolveTxt('_acme-challenge.m.example.com')).flat()).toEqual(['one', 'two']);
    await manage('/clear-txt', { host: '_acme-challenge.m.example.com.' });
    await expect(resolver.resolveTxt('_acme-challenge.m.example.com')).rejects.toMatchObject({ code: 'ENODATA' });
    await manage('/add-a', { host: 'm.example.com', addresses: ['127.0.0.2', '127.0.0.3'] });
    expect(await resolver.resolve4('m.example.com')).toEqual(['127.0.0.2', '127.0.0.3']);
    await manage('/clear-a', { host: 'm.example.com' });
    await manage('/add-aaaa', { host: 'm.example.com', addresses: ['::1'] });
    expect(await resolver.resolve6('m.example.com')).toEqual(['::1']);
    await manage('/clear-aaaa', { host: 'm.example.com' });
    await manage('/set-cname', { host: 'c.example.com', target: 'm.example.com.' });
    expect(await resolver.resolveCname('c.example.com')).toEqual(['m.example.com']);
    await manage('/clear-cname', { host: 'c.example.com' });
    await manage('/add-caa', { host: 'm.example.com', policies: [{ tag: 'issue', value: 'ca.example' }] });
    expect(await resolver.resolveCaa('m.example.com')).toMatchObject([{ critical: 0, issue: 'ca.example' }]);
    await manage('/clear-caa', { host: 'm.example.com' });
    await manage('/set-servfail', { host: 'm.example.com' });
    await expect(resolver.resolve4('m.example.com')).rejects.toMatchObject({ code: 'ESERVFAIL' });
    await manage('/clear-servfail', { host: 'm.example.com' });
    await manage('/set-default-ipv4', { ip: '127.0.0.5' });
    expect(await resolver.resolve4('m.example.com')).toEqual(['127.0.0.5']);
    await manage('/set-default-ipv4', { ip: '127.0.0.1' });
  });

  it('takes what lego sends to an httpreq endpoint', async () => {
    await manage('/present', { fqdn: '_acme-challenge.l.example.com.', value: 'v1' });
    await manage('/present', { fqdn: '_acme-challenge.l.example.com.', value: 'v2' });
    await manage('/cleanup', { fqdn: '_acme-challenge.l.example.com.', value: 'v1' });
    expect(await resolver.resolveTxt('_acme-challenge.l.example.com')).toEqual([['v2']]);
  });

  it.each([
    ['/set-txt', '{'],
    ['/set-txt', {}],
    ['/set-txt', { host: 7, value: 'x' }],
    ['/set-txt', { host: 'a..b', value: 'x' }],
    ['/add-a', { host: 'x.example.com', addresses: ['not an address'] }],
    ['/add-caa', { host: 'x.example.com', policies: [null] }],
    ['/set-default-ipv4', { ip: 'x' }],
    ['/set-txt', 'x'.repeat(100_000)],
  ])('refuses %s with %j', async (path, body) => {
    const answer = await manage(path, body);
    expect([400, 413]).toContain(answer.status);
    expect(((await answer.json()) as { type: string }).type).toBe('urn:ietf:params:acme:error:malformed');
  });

  it('stops reading a body that does not end', async () => {
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(10_000)) });
    const outcome = await fetch(`${sandbox.managementUrl}/set-txt`, { method: 'POST', body: endless, duplex: 'half' } as RequestInit).then(
      ({ status }) => status,
      () => 413,
    );
    expect(outcome).toBe(413);
  });

  it('knows no other paths', async () => {
    expect((await manage('/shutdown', {})).status).toBe(404);
    expect((await fetch(`${sandbox.managementUrl}/set-txt`)).status).toBe(404);
    expect((await fetch(`${sandbox.managementUrl}/ocsp/%ZZ`)).status).toBe(200);
  });
});

describe('packets', () => {
  it('come back from bytes as they were', () => {
    const label = fc.stringMatching(/^[a-z0-9_]([a-z0-9-]{0,20}[a-z0-9])?$/);
    const name = fc.array(label, { minLength: 1, maxLength: 6 }).map((labels) => labels.join('.'));
    const record = fc.oneof(
      fc.record({ name, type: fc.constant(1), ttl: fc.nat(), value: fc.ipV4() }),
      fc.record({ name, type: fc.constant(16), ttl: fc.nat(), value: fc.string({ maxLength: 600, unit: 'grapheme' }) }),
      fc.record({ name, type: fc.constant(5), ttl: fc.nat(), value: name }),
      fc.record({ name, type: fc.constant(257), ttl: fc.nat(), value: fc.stringMatching(/^0 issue "[a-z.;= ]{0,40}"$/) }),
    );
    fc.assert(
      fc.property(fc.nat(65_535), name, fc.array(record, { maxLength: 5 }), (id, question, answers) => {
        const message = { id, response: true, opcode: 0, authoritative: true, truncated: false, recursionDesired: false, recursionAvailable: false, rcode: 0, questions: [{ name: question, type: 1, class: 1 }], answers, authorities: [], additionals: [] };
        expect(decodeMessage(encodeMessage(message))).toEqual(message);
      }),
      { numRuns: 200 },
    );
  });

  it('of any bytes are answered or ignored, never fatal', () => {
    const zone = new DnsZone();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (bytes, asQuery) => {
        const packet = Buffer.from(bytes);
        if (asQuery && packet.length >= 12) Buffer.from([0, 1, 0, 0, 0, 0, 0, 0]).copy(packet, 4);
        if (packet.length > 2) packet[2] = (packet[2] ?? 0) & 0x7f;
        const answer = answerPacket(packet, zone, 512);
        if (packet.length < 12) expect(answer).toBeUndefined();
        else expect(answer?.subarray(0, 2)).toEqual(packet.subarray(0, 2));
        try {
          decodeMessage(packet);
        } catch (error) {
          expect(error).toBeInstanceOf(DnsFormatError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('with circles of pointers end', () => {
    const packet = Buffer.concat([Buffer.from([0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]), Buffer.from([0xc0, 12, 0, 1, 0, 1])]);
    expect(() => decodeMessage(packet)).toThrow(DnsFormatError);
    expect(answerPacket(packet, new DnsZone())?.[3]).toBe(1);
    expect(() => encodeName('a..b')).toThrow(DnsFormatError);
  });

  it('over UDP and TCP that make no sense do no harm', async () => {
    const udp = createSocket('udp4');
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(3), Buffer.alloc(600, 255)]) await new Promise((resolve) => udp.send(bytes, sandbox.dns.port, sandbox.dns.address, resolve));
    udp.close();
    const tcp = connect(sandbox.dns.port, sandbox.dns.address, () => tcp.end(Buffer.from([0, 3, 1, 2, 3])));
    tcp.resume();
    await new Promise((resolve) => tcp.on('error', () => {}).on('close', resolve));
    expect(await resolver.resolve4('still.example.com')).toEqual(['127.0.0.1']);
  });
});
