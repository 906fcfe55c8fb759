import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.js';
import { Client, b64, dns, ecKey, jws, kind, publicJwk, rsaKey } from './client.js';

let sandbox: Sandbox;
let client: Client;

beforeAll(async () => {
  sandbox = await startSandbox({ httpPort: 1, tlsPort: 1 });
  client = await Client.registered(sandbox);
});
afterAll(() => sandbox.stop());

describe('directory and nonces', () => {
  it('is the same by both names, over a certificate for localhost too', async () => {
    const directory = await client.fetch('GET', '/directory');
    expect(directory.json).toEqual((await client.fetch('GET', '/dir')).json);
    expect(Object.keys(directory.json)).toEqual(['newNonce', 'newAccount', 'newOrder', 'revokeCert', 'keyChange', 'renewalInfo', 'meta']);
    const byName = await client.fetch('GET', sandbox.directoryUrl.replace('127.0.0.1', 'localhost'));
    expect(byName.json.newOrder).toBe(client.url('/acme/new-order').replace('127.0.0.1', 'localhost'));
  });

  it('gives a nonce by HEAD (200) and GET (204), not to be kept by caches', async () => {
    for (const [method, status] of [['HEAD', 200], ['GET', 204]] as const) {
      const answer = await client.fetch(method, '/acme/new-nonce');
      expect(answer.status).toBe(status);
      expect(answer.headers['replay-nonce']).toMatch(/^[A-Za-z0-9_-]{22}$/);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.headers.link).toContain('/directory>;rel="index"');
    }
  });

  it('accepts a nonce once, and gives a new one with the refusal', async () => {
    const nonce = await client.nonce();
    expect((await client.post(String(client.kid), undefined, { header: { nonce } })).status).toBe(200);
    const again = await client.post(String(client.kid), undefined, { header: { nonce } });
    expect([again.status, kind(again)]).toEqual([400, 'badNonce']);
    expect(again.headers['replay-nonce']).toBeDefined();
    expect(kind(await client.post(String(client.kid), undefined, { header: { nonce: undefined } }))).toBe('badNonce');
    expect(kind(await client.post(String(client.kid), undefined, { header: { nonce: 'not base64url!' } }))).toBe('malformed');
    expect(kind(await client.post(String(client.kid), undefined, { header: { nonce: b64(randomBytes(16)) } }))).toBe('badNonce');
  });

  it('does not use a nonce up for a request with a wrong signature', async () => {
    const nonce = await client.nonce();
    expect(kind(await client.post(String(client.kid), undefined, { header: { nonce }, signature: b64(Buffer.alloc(64)) }))).toBe('malformed');
    expect((await client.post(String(client.kid), undefined, { header: { nonce } })).status).toBe(200);
  });
});

describe('signatures', () => {
  it('refuses algorithms that are not for this, and names those that are', async () => {
    for (const alg of ['none', 'HS256', 'ES256K', 'PS256', undefined, 7]) {
      const answer = await client.post(String(client.kid), undefined, { header: { alg } });
      expect(kind(answer)).toBe('badSignatureAlgorithm');
      expect(answer.json.algorithms).toEqual(['RS256', 'ES256', 'ES384', 'ES512']);
    }
    expect((await client.post(String(client.kid), undefined, { header: { alg: 'ES384' } })).json.algorithms).toEqual(['ES256']);
  });

  it('needs exactly one of jwk and kid, the right one', async () => {
    const jwk = publicJwk(client.key);
    expect(kind(await client.post(String(client.kid), undefined, { header: { jwk } }))).toBe('malformed');
    expect(kind(await client.post(String(client.kid), undefined, { header: { kid: undefined } }))).toBe('malformed');
    expect(kind(await client.post('/acme/new-order', { identifiers: dns('example.com') }, { jwk: true }))).toBe('malformed');
    expect(kind(await client.post('/acme/new-acct', { termsOfServiceAgreed: true }))).toBe('malformed');
    expect(kind(await client.post(String(client.kid), undefined, { header: { kid: client.url('/acme/acct/ffff') } }))).toBe('accountDoesNotExist');
    expect(kind(await client.post(String(client.kid), undefined, { header: { kid: 'https://example.com/acme/acct/1' } }))).toBe('accountDoesNotExist');
    expect(kind(await client.post(String(client.kid), undefined, { header: { kid: 7 } }))).toBe('malformed');
  });

  it('needs the URL that was asked', async () => {
    const answer = await client.post(String(client.kid), undefined, { header: { url: client.url('/acme/new-order') } });
    expect([answer.status, kind(answer)]).toEqual([401, 'unauthorized']);
    expect(kind(await client.post(String(client.kid), undefined, { header: { url: undefined } }))).toBe('malformed');
    expect((await client.post(`${client.kid}?x=1`)).status).toBe(200);
  });

  it('does not believe another key, crit or b64', async () => {
    expect(kind(await client.post(String(client.kid), undefined, { signBy: ecKey() }))).toBe('malformed');
    expect(kind(await client.post(String(client.kid), undefined, { header: { crit: ['exp'] } }))).toBe('malformed');
    expect(kind(await client.post(String(client.kid), undefined, { header: { b64: false } }))).toBe('malformed');
  });

  it('refuses weak, foreign and private keys', async () => {
    const weak = new Client(sandbox, rsaKey(1024));
    expect(kind(await weak.register())).toBe('badPublicKey');
    const ed = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
    expect(kind(await new Client(sandbox).post('/acme/new-acct', {}, { header: { jwk: ed } }))).toBe('badPublicKey');
    const key = ecKey();
    expect(kind(await new Client(sandbox, key).post('/acme/new-acct', {}, { header: { jwk: key.export({ format: 'jwk' }) } }))).toBe('badPublicKey');
    for (const jwk of ['text', null, [], {}, { kty: 'EC' }, { kty: 'RSA', n: 'AQ', e: '' }, { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }]) expect((await new Client(sandbox).post('/acme/new-acct', {}, { header: { jwk } })).status).toBe(400);
  });
});

describe('bad requests', () => {
  it.each([
    ['', 'malformed'],
    ['{', 'malformed'],
    ['[]', 'malformed'],
    ['null', 'malformed'],
    ['{"protected":1,"payload":2,"signature":3}', 'malformed'],
    ['{"protected":"e30","payload":"","signature":"","header":{}}', 'malformed'],
    ['{"payload":"","signatures":[]}', 'malformed'],
    ['{"protected":"a===","payload":"","signature":""}', 'malformed'],
    ['{"protected":"e30","payload":"","signature":""}', 'badSignatureAlgorithm'],
    ['{"protected":"bnVsbA","payload":"","signature":""}', 'malformed'],
    [`{"__proto__":{"protected":"e30"}}`, 'malformed'],
  ])('the body %j', async (body, problem) => {
    const answer = await client.post('/acme/new-order', {}, { body });
    expect([answer.status, kind(answer), answer.headers['content-type']]).toEqual([400, problem, 'application/problem+json']);
    expect(answer.headers['replay-nonce']).toBeDefined();
  });

  it('survives a thousand random bodies and payloads', async () => {
    const pieces = ['{', '}', '"', 'protected', 'payload', ':', ',', 'null', '[', ']', '1e999', '\\u0000', 'identifiers', 'csr', '\u{1f600}', 'e30'];
    const junk = (): string => Array.from({ length: Math.floor(Math.random() * 12) }, () => pieces[Math.floor(Math.random() * pieces.length)]).join('');
    for (let round = 0; round < 20; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 25 }, async (_, index) => {
          const path = ['/acme/new-order', '/acme/revoke-cert', '/acme/key-change', String(client.kid)][index % 4] ?? '';
          const signed = jws(client.key, { kid: client.kid, url: client.url(path), nonce: await client.nonce() }, junk());
          return Promise.all([client.fetch('POST', path, { headers: { 'Content-Type': 'application/jose+json' }, body: junk() }), client.fetch('POST', path, { headers: { 'Content-Type': 'application/jose+json' }, body: JSON.stringify(signed) })]);
        }),
      );
      for (const answer of answers.flat()) expect(answer.status < 500 && (answer.status < 300 || kind(answer) !== '')).toBe(true);
    }
  });

  it('payloads of the wrong shape', async () => {
    for (const identifiers of [undefined, null, {}, [], ['example.com'], [{ type: 'dns' }], [{ type: 'dns', value: 7 }], [null]]) expect(kind(await client.post('/acme/new-order', { identifiers }))).toBe('malformed');
    expect(kind(await client.post('/acme/new-order', { identifiers: [{ type: 'email', value: 'a@example.com' }] }))).toBe('unsupportedIdentifier');
    expect(kind(await client.post('/acme/new-order', { identifiers: dns('example.com'), profile: 'constructor' }))).toBe('invalidProfile');
    expect(kind(await client.post('/acme/new-order', { identifiers: dns('example.com'), notAfter: 'soon' }))).toBe('malformed');
    expect(kind(await client.post('/acme/new-order', { identifiers: dns('example.com'), replaces: 'x' }))).toBe('malformed');
  });

  it('names each name that cannot be had', async () => {
    const answer = await client.order(dns('good.example.com', 'bad_name.example.com', 'a..example.com', '*.*.example.com', 'localhost', '10.0.0.1'));
    expect(kind(answer)).toBe('rejectedIdentifier');
    expect(answer.json.subproblems?.map((each) => each.identifier?.value)).toEqual(['bad_name.example.com', 'a..example.com', '*.*.example.com', 'localhost', '10.0.0.1']);
  });

  it('a wrong type, method, path or size', async () => {
    expect((await client.post(String(client.kid), undefined, { contentType: 'application/json' })).status).toBe(415);
    const read = await client.fetch('GET', '/acme/new-order');
    expect([read.status, read.headers.allow, kind(read)]).toEqual([405, 'POST', 'malformed']);
    expect((await client.fetch('PUT', '/directory')).headers.allow).toBe('GET, HEAD');
    expect((await client.fetch('DELETE', '/acme/new-nonce')).status).toBe(405);
    for (const path of ['/', '/acme/', '/acme/order/../../etc/passwd', '/acme/order/x', '/%00', '/acme/cert/abcdef']) expect([404, 405]).toContain((await client.fetch('GET', path)).status);
    expect((await client.post('/acme/order/abcdef')).status).toBe(404);
    expect((await client.fetch('GET', `/${'a'.repeat(4000)}`)).status).toBe(414);
    const large = await client.post('/acme/new-order', {}, { body: 'x'.repeat(300_000) });
    expect([large.status, kind(large)]).toEqual([413, 'malformed']);
    expect((await client.post(String(client.kid))).status).toBe(200);
  });

  it('does not show the resources of one account to another', async () => {
    const other = await Client.registered(sandbox);
    const order = await client.order(dns('mine.example.com'));
    const [authorization = ''] = order.json.authorizations ?? [];
    const { json } = await client.post(authorization);
    for (const url of [order.headers.location, authorization, json.challenges?.[0]?.url, order.json.finalize]) expect(kind(await other.post(String(url), url === order.json.finalize ? { csr: '' } : undefined))).toBe('unauthorized');
  });
});

const port = () => Number(new URL(sandbox.directoryUrl).port);

const gone = (socket: ReturnType<typeof connect>): Promise<void> =>
  new Promise((resolve) => {
    socket.on('error', () => {});
    socket.on('close', () => resolve());
  });

describe('the wire', () => {
  it('survives what is not TLS, not HTTP and cut short', async () => {
    const plain = connect(port(), '127.0.0.1', () => plain.end('GET / HTTP/1.1\r\n\r\n'));
    await gone(plain);
    for (const text of ['\0\0\0\0', 'GET\r\n\r\n', 'CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n', 'POST /acme/new-order HTTP/1.1\r\nHost: x\r\nContent-Type: application/jose+json\r\nContent-Length: 100\r\n\r\n{']) {
      const socket = connectTls({ port: port(), host: '127.0.0.1', ca: sandbox.rootPem }, () => socket.end(text));
      socket.resume();
      await gone(socket);
    }
    const half = connectTls({ port: port(), host: '127.0.0.1', ca: sandbox.rootPem }, () => half.write('POST /acme/new-order HTTP/1.1\r\nHost: x\r\nContent-Type: application/jose+json\r\nContent-Length: 100\r\n\r\n{', () => half.destroy()));
    await gone(half);
    expect((await client.fetch('GET', '/directory')).status).toBe(200);
  });

  it('keeps connections open between requests, and stops at once all the same', async () => {
    const own = await startSandbox({ httpPort: 1, tlsPort: 1 });
    const other = await Client.registered(own);
    await other.order(dns('example.com'));
    const idle = connect(Number(new URL(own.directoryUrl).port), '127.0.0.1');
    const ended = gone(idle);
    await new Promise((resolve) => idle.once('connect', resolve));
    await own.stop();
    await ended;
    await expect(other.fetch('GET', '/directory')).rejects.toThrow();
    await own.stop();
  });

  it('says which port is taken', async () => {
    await expect(startSandbox({ httpPort: 1, tlsPort: 1, port: port() })).rejects.toThrow(`The sandbox cannot have port ${port()} of 127.0.0.1 for the ACME server: another program uses it.`);
    await expect(startSandbox({ httpPort: 1, tlsPort: 1, dnsPort: sandbox.dns.port })).rejects.toThrow('for DNS: another program uses it');
  });

  it('counts its requests', async () => {
    const before = sandbox.requests.length;
    await client.fetch('GET', '/directory');
    await client.fetch('GET', '/nowhere');
    expect(sandbox.requests.slice(before)).toEqual([{ method: 'GET', path: '/directory', status: 200 }, { method: 'GET', path: '/nowhere', status: 404 }]);
  });
});
