import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CertwrightError } from '../../../src/core/errors.js';
import { rfc2136Description } from '../../../src/plugins/dns/rfc2136/descriptor.js';
import type { DnsProvider } from '../../../src/plugins/dns/provider.js';
import { openProvider } from '../../../src/plugins/dns/session.js';
import { askDns } from '../../../src/system/dns-exchange.js';
import { TYPE_CODES } from '../../../src/system/dns-values.js';
import { checkAnswer, sign, type TsigKey } from '../../../src/plugins/dns/rfc2136/tsig.js';
import { startBind, type Bind, type BindKey } from '../../e2e/bind.js';
import { freePorts } from '../../e2e/pebble.js';

const algorithms = ['hmac-md5', 'hmac-sha1', 'hmac-sha224', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'];
const keys: BindKey[] = algorithms.map((algorithm) => ({ name: `key-${algorithm}`, algorithm, secret: randomBytes(48).toString('base64') }));
const sha256 = keys[3] as BindKey;
let bind: Bind;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'certwright-rfc2136-'));
  const policy = keys.map(({ name }) => `grant ${name} zonesub TXT;`);
  bind = await startBind({
    keys,
    zones: [
      { name: 'example.test', records: ['@ NS ns1', 'ns1 A 127.0.0.1', 'sub NS ns1', '_acme-challenge.shared 3600 TXT "somebody-else"'], policy },
      { name: 'sub.example.test', records: ['@ NS ns1.example.test.'], policy },
      { name: 'closed.test', records: ['@ NS ns1.example.test.'], policy: [`grant ${sha256.name} name _acme-challenge.closed.test. TXT;`] },
      { name: 'fixed.test', records: ['@ NS ns1.example.test.'] },
    ],
  });
}, 30_000);
afterAll(async () => {
  await bind.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The provider by a credentials file, as the program opens it. */
function provider(values: Record<string, string>): Promise<DnsProvider> {
  const file = join(folder, `${randomBytes(4).toString('hex')}.ini`);
  writeFileSync(file, Object.entries({ server: '127.0.0.1', port: String(bind.port), ...values }).map(([key, value]) => `dns_rfc2136_${key} = ${value}\n`).join(''), { mode: 0o600 });
  return openProvider(rfc2136Description, { options: { dns_rfc2136_credentials: file }, environment: {}, signal: AbortSignal.timeout(20_000), log: () => undefined });
}

const withKey = ({ name, algorithm, secret }: BindKey): Record<string, string> => ({ name, algorithm: algorithm.toUpperCase(), secret });

async function failure(work: Promise<unknown>): Promise<{ message: string; hint: string }> {
  const error: unknown = await work.then(() => undefined, (thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CertwrightError);
  const { message, hint = '' } = error as CertwrightError;
  return { message, hint };
}

test.each(keys)('S48: bind takes updates signed with $algorithm, by UDP and by TCP, and its answers are checked', async (key) => {
  for (const protocol of ['udp', 'tcp']) {
    const record = `_acme-challenge.${protocol}-${key.algorithm}.example.test`;
    const dns = await provider({ ...withKey(key), protocol, sign_query: 'true' });
    expect(await dns.zoneOf(record)).toMatchObject({ name: 'example.test' });
    await dns.add(record, 'first', 120);
    await dns.add(record, 'second', 120);
    await dns.add(record, 'second', 120);
    expect([...(await bind.txt(record))].sort()).toEqual(['first', 'second']);
    await dns.remove(record, 'first');
    expect(await bind.txt(record)).toEqual(['second']);
    await dns.remove(record, 'second');
    await dns.remove(record, 'second');
    expect(await bind.txt(record)).toEqual([]);
  }
});

test.each(['true', 'false'])('a value beside those of others leaves their time to live as it is; alone it has its own (sign_query = %s)', async (sign_query) => {
  const dns = await provider({ ...withKey(sha256), sign_query });
  const there = async (record: string): Promise<string[]> => (await askDns({ address: '127.0.0.1', port: bind.port }, record, TYPE_CODES.TXT, { timeoutMs: 5000 })).answers.map(({ value, ttl }) => `${value} ${ttl}`).sort();
  const shared = '_acme-challenge.shared.example.test';
  await dns.add(shared, 'ours', 60);
  expect(await there(shared)).toEqual(['ours 3600', 'somebody-else 3600']);
  await dns.remove(shared, 'ours');
  expect(await there(shared)).toEqual(['somebody-else 3600']);
  const alone = '_acme-challenge.alone.example.test';
  await dns.add(alone, 'ours', 60);
  await dns.add(alone, 'wildcard', 60);
  expect(await there(alone)).toEqual(['ours 60', 'wildcard 60']);
  for (const value of ['ours', 'wildcard']) await dns.remove(alone, value);
});

test('C38: the zone is the longest that the server is the authority of; md5 is meant where no algorithm stands', async () => {
  const { name, secret } = keys[0] as BindKey;
  const dns = await provider({ name, secret });
  expect(await dns.zoneOf('_acme-challenge.a.sub.example.test')).toMatchObject({ name: 'sub.example.test' });
  expect(await dns.zoneOf('_acme-challenge.sub.example.test')).toMatchObject({ name: 'sub.example.test' });
  expect(await dns.zoneOf('_acme-challenge.example.test')).toMatchObject({ name: 'example.test' });
  await dns.add('_acme-challenge.a.sub.example.test', 'deep', 60);
  expect(await bind.txt('_acme-challenge.a.sub.example.test')).toEqual(['deep']);
  const { message, hint } = await failure(dns.zoneOf('_acme-challenge.elsewhere.example'));
  expect(message).toContain("Unable to determine base domain for _acme-challenge.elsewhere.example using names: ['_acme-challenge.elsewhere.example', 'elsewhere.example']");
  expect(hint).toContain('REFUSED');
});

test('S48: what the server refuses is told with what to change, and no secret', async () => {
  const good = await provider(withKey(sha256));
  await good.add('_acme-challenge.closed.test', 'allowed', 60);
  const refused = await failure(good.add('www.closed.test', 'v', 60));
  expect(refused.message).toContain('Received response from server: REFUSED');
  expect(refused.hint).toContain('update-policy of the zone closed.test');
  expect((await failure(good.add('_acme-challenge.fixed.test', 'v', 60))).message).toContain('REFUSED');

  const wrongSecret = await failure((await provider({ ...withKey(sha256), secret: randomBytes(32).toString('base64') })).add('_acme-challenge.example.test', 'v', 60));
  expect(wrongSecret.message).toContain('NOTAUTH (BADSIG)');
  expect(wrongSecret.hint).toContain('dns_rfc2136_secret');
  const wrongName = await failure((await provider({ ...withKey(sha256), name: 'nobody' })).add('_acme-challenge.example.test', 'v', 60));
  expect(wrongName.message).toContain('NOTAUTH (BADKEY)');
  const wrongAlgorithm = await failure((await provider({ ...withKey(sha256), algorithm: 'HMAC-SHA512' })).add('_acme-challenge.example.test', 'v', 60));
  expect(wrongAlgorithm.hint).toContain('dns_rfc2136_algorithm');
  for (const { message, hint } of [refused, wrongSecret, wrongName, wrongAlgorithm]) expect(message + hint).not.toContain(sha256.secret);
});

test('S48: credentials that cannot be meant are named in certbot’s words', async () => {
  expect((await failure(provider({ ...withKey(sha256), server: 'ns1.example.test' }))).message).toBe('The configured target DNS server (ns1.example.test) is not a valid IPv4 or IPv6 address. A hostname is not allowed.');
  expect((await failure(provider({ ...withKey(sha256), algorithm: 'HMAC-SHA3' }))).message).toBe('Unknown algorithm: HMAC-SHA3.');
  expect((await failure(provider({ name: 'k' }))).message).toContain('Property "dns_rfc2136_secret" not found (should be TSIG key secret).');
});

test('S48: an answer that is not signed by the key is not believed', async () => {
  const liar = createSocket('udp4');
  await new Promise<void>((resolve) => liar.bind(0, '127.0.0.1', resolve));
  liar.on('message', (packet, from) => {
    // NOERROR, unsigned: an update that was never made.
    const answer = Buffer.from(packet.subarray(0, 12));
    answer[2] = (answer[2] ?? 0) | 0x84;
    if (((packet[2] ?? 0) & 0x78) === 0) return liar.send(soaAnswer(packet), from.port, from.address);
    answer.writeUInt32BE(0, 4);
    answer.writeUInt32BE(0, 8);
    liar.send(answer, from.port, from.address);
  });
  try {
    const dns = await provider({ ...withKey(sha256), port: String(liar.address().port) });
    expect((await failure(dns.add('_acme-challenge.example.test', 'v', 60))).message).toContain('is not signed');
  } finally {
    liar.close();
  }
});

test('S48: a refusal that somebody on the way turns into success is not believed', async () => {
  const between = createSocket('udp4');
  await new Promise<void>((resolve) => between.bind(0, '127.0.0.1', resolve));
  between.on('message', (packet, from) => {
    const onward = createSocket('udp4');
    onward.on('message', (answer) => {
      onward.close();
      const changed = Buffer.from(answer);
      if (((packet[2] ?? 0) & 0x78) !== 0) changed[3] = (changed[3] ?? 0) & 0xf0;
      between.send(changed, from.port, from.address);
    });
    onward.send(packet, bind.port, '127.0.0.1');
  });
  try {
    const dns = await provider({ ...withKey(sha256), port: String(between.address().port) });
    expect((await failure(dns.add('_acme-challenge.fixed.test', 'v', 60))).message).toContain('is signed wrongly');
    // The same way leads to good answers when nobody changes them.
    await dns.add('_acme-challenge.between.example.test', 'v', 60);
    expect(await bind.txt('_acme-challenge.between.example.test')).toEqual(['v']);
  } finally {
    between.close();
  }
});

/** "Yes, I am the authority of whatever was asked." */
function soaAnswer(packet: Buffer): Buffer {
  let end = 12;
  while ((packet[end] ?? 0) !== 0) end += (packet[end] ?? 0) + 1;
  const question = packet.subarray(12, end + 5);
  const answer = Buffer.concat([packet.subarray(0, 12), question, Buffer.from([0xc0, 12, 0, 6, 0, 1, 0, 0, 0, 1, 0, 22, 0, 0, ...Array.from({ length: 20 }, () => 0)])]);
  answer[2] = 0x84;
  answer[3] = 0;
  answer.writeUInt16BE(1, 6);
  answer.writeUInt16BE(0, 10);
  return answer;
}

test('S48: a signature is good for this message, this request, this key and this time only', () => {
  const key: TsigKey = { name: 'k.example', secret: Buffer.from('secret'), algorithm: 'HMAC-SHA256' };
  const message = Buffer.concat([Buffer.from([1, 2, 0x28, 0, 0, 0, 0, 0, 0, 0, 0, 0])]);
  const now = Date.UTC(2030, 0, 1);
  const request = sign(message, key, now);
  // What a server signs begins with the MAC of the request: a request's own signature is none of an answer.
  expect(checkAnswer(request.packet, request, key, now)).toEqual({ state: 'wrong' });
  expect(checkAnswer(message, request, key, now)).toEqual({ state: 'missing' });
});

test('C38: a server that nobody answers for is named', async () => {
  const [port = 0] = await freePorts(1);
  const { message, hint } = await failure((await provider({ ...withKey(sha256), port: String(port) })).zoneOf('_acme-challenge.example.test'));
  expect(message).toContain(`The DNS server 127.0.0.1:${port} cannot be reached`);
  expect(hint).toContain('dns_rfc2136_port');
});
