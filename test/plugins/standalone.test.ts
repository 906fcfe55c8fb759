import { createHash, type X509Certificate } from 'node:crypto';
import { get, request } from 'node:http';
import { connect as open, createServer } from 'node:net';
import { connect } from 'node:tls';
import { afterEach, expect, it } from 'vitest';
import type { Authenticator, ChallengeTask } from '../../src/plugins/contract.js';
import { builtInPlugins } from '../../src/plugins/registry.js';
import { createStandalone } from '../../src/plugins/standalone/authenticator.js';
import { freePorts } from '../e2e/pebble.js';
import { context, task } from './context.js';

const running: Authenticator[] = [];
const standalone = (): Authenticator => {
  const one = createStandalone();
  running.push(one);
  return one;
};
afterEach(async () => {
  for (const one of running.splice(0)) await one.cleanUp([], context());
});

const fetchText = (port: number, path: string, host = '127.0.0.1', method = 'GET'): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    request({ port, host, path, method, agent: false, timeout: 2000 }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString())).on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .on('error', reject)
      .end();
  });

it('serves its tokens and nothing else, on IPv4 and IPv6, and tells what was fetched', async () => {
  const [http01Port = 0] = await freePorts(1);
  const at = context({ http01Port });
  const one = standalone();
  await one.prepare(at);
  const asked = task('example.com');
  await one.present([asked], at);
  const path = `/.well-known/acme-challenge/${asked.token}`;
  expect(await fetchText(http01Port, path)).toEqual({ status: 200, body: 'ka-example.com' });
  expect(await fetchText(http01Port, path, '::1')).toEqual({ status: 200, body: 'ka-example.com' });
  expect((await fetchText(http01Port, `${path}?x`, '127.0.0.1', 'HEAD')).status).toBe(200);
  for (const other of ['/', `${path}x`, '/.well-known/acme-challenge/', '/etc/passwd']) expect((await fetchText(http01Port, other)).status).toBe(404);
  expect((await fetchText(http01Port, path, '127.0.0.1', 'POST')).status).toBe(404);
  expect(at.seen.served).toContain(asked);
});

it('a port that is taken: says by whom, and gives its other half back', async () => {
  const [http01Port = 0] = await freePorts(1);
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(http01Port, '0.0.0.0', () => resolve()));
  await expect(standalone().prepare(context({ http01Port }))).rejects.toThrow(`port ${http01Port} because it is already in use by`);
  await expect(standalone().prepare(context({ http01Port }))).rejects.toThrow(`pid ${process.pid}`);
  await new Promise((resolve) => holder.close(resolve));
  await standalone().prepare(context({ http01Port }));
});

it('somebody on IPv6 alone is no hindrance: one family is enough (S31)', async () => {
  const [http01Port = 0] = await freePorts(1);
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen({ port: http01Port, host: '::', ipv6Only: true }, () => resolve()));
  const at = context({ http01Port });
  const one = standalone();
  await one.prepare(at);
  const asked = task('example.com');
  await one.present([asked], at);
  expect((await fetchText(http01Port, `/.well-known/acme-challenge/${asked.token}`)).body).toBe('ka-example.com');
  await new Promise((resolve) => holder.close(resolve));
});

it('gives the port back at once, also while a client keeps its connection open', async () => {
  const [http01Port = 0] = await freePorts(1);
  const at = context({ http01Port });
  const one = standalone();
  await one.prepare(at);
  await new Promise<void>((resolve) => get({ port: http01Port, host: '127.0.0.1', path: '/' }, (response) => response.resume().on('end', () => resolve())));
  const start = performance.now();
  await one.cleanUp([], at);
  // Node would wait five seconds for the client.
  expect(performance.now() - start).toBeLessThan(4000);
  await one.prepare(at);
});

it.each([
  ['example.com', 'dns', 'example.com'],
  ['127.0.0.1', 'ip', '1.0.0.127.in-addr.arpa'],
  ['::1', 'ip', `1${'.0'.repeat(31)}.ip6.arpa`],
] as const)('tls-alpn-01 for %s (%s): the certificate that RFC 8737 asks for, at the name %s', async (value, type, servername) => {
  const [httpsPort = 0] = await freePorts(1);
  const at = context({ httpsPort, http01Address: '127.0.0.1', preferredChallenges: ['tls-alpn-01'] });
  const one = standalone();
  await one.prepare(at);
  const asked = task(value, { type: 'tls-alpn-01', identifier: { type, value, shown: value } });
  await one.present([asked], at);
  const certificate = await new Promise<X509Certificate>((resolve, reject) => {
    const socket = connect({ port: httpsPort, host: '127.0.0.1', servername, ALPNProtocols: ['acme-tls/1'], rejectUnauthorized: false }, () => {
      expect(socket.alpnProtocol).toBe('acme-tls/1');
      const peer = socket.getPeerX509Certificate();
      socket.destroy();
      if (peer) resolve(peer);
      else reject(new Error('no certificate'));
    });
    socket.on('error', reject);
  });
  expect(certificate.subjectAltName).toBe(type === 'dns' ? `DNS:${value}` : `IP Address:${value === '::1' ? '0:0:0:0:0:0:0:1' : value}`);
  expect(certificate.raw.includes(createHash('sha256').update(asked.keyAuthorization).digest())).toBe(true);
});

it('says how it fits: a free port, a port somebody holds, a wildcard', async () => {
  const plugin = builtInPlugins.find(({ name }) => name === 'standalone');
  const [http01Port = 0] = await freePorts(1);
  const names = [{ type: 'dns' as const, value: 'example.com', shown: 'example.com' }];
  expect(await plugin?.fit({ identifiers: names, http01Port, options: {} })).toMatchObject({ fits: true });
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(http01Port, () => resolve()));
  const fit = await plugin?.fit({ identifiers: names, http01Port, options: {} });
  expect(fit).toMatchObject({ fits: false });
  expect(fit?.reason).toContain(`(pid ${process.pid})`);
  await new Promise((resolve) => holder.close(resolve));
  expect(await plugin?.fit({ identifiers: [{ type: 'dns', value: '*.example.com', shown: '*.example.com' }], http01Port, options: {} })).toMatchObject({ fits: false });
});

it('tls-alpn-01: a client that says nothing cannot hold the port', async () => {
  const [httpsPort = 0] = await freePorts(1);
  const at = context({ httpsPort, http01Address: '127.0.0.1', preferredChallenges: ['tls-alpn-01'] });
  const one = standalone();
  await one.prepare(at);
  const silent = open(httpsPort, '127.0.0.1').on('error', () => undefined);
  await new Promise((resolve) => silent.once('connect', resolve));
  // Node would wait longer than this test may last.
  await one.cleanUp([], at);
  silent.destroy();
});

it('tls-alpn-01: only a client that speaks acme-tls/1 counts as the CA', async () => {
  const [httpsPort = 0] = await freePorts(1);
  const at = context({ httpsPort, http01Address: '127.0.0.1', preferredChallenges: ['tls-alpn-01'] });
  const one = standalone();
  await one.prepare(at);
  const asked = task('example.com', { type: 'tls-alpn-01' });
  await one.present([asked], at);
  const visit = (protocols: string[]): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect({ port: httpsPort, host: '127.0.0.1', servername: 'example.com', ALPNProtocols: protocols, rejectUnauthorized: false });
      socket.on('error', () => undefined).on('close', () => resolve());
      socket.resume();
    });
  await visit([]);
  await visit(['http/1.1']);
  expect(at.seen.served).toEqual([]);
  await visit(['acme-tls/1']);
  expect(at.seen.served).toEqual([asked]);
});

it('tls-alpn-01: two certificates with one name take turns, as one name shows one certificate', async () => {
  const [httpsPort = 0] = await freePorts(1);
  const at = context({ httpsPort, http01Address: '127.0.0.1', preferredChallenges: ['tls-alpn-01'] });
  const one = standalone();
  const [first, second] = ['one', 'two'].map((token) => task('example.com', { type: 'tls-alpn-01', token, keyAuthorization: `ka-${token}` }));
  if (!first || !second) throw new Error('two tasks');
  const shows = (asked: ChallengeTask): Promise<boolean> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port: httpsPort, host: '127.0.0.1', servername: 'example.com', ALPNProtocols: ['acme-tls/1'], rejectUnauthorized: false }, () => {
        resolve(socket.getPeerX509Certificate()?.raw.includes(createHash('sha256').update(asked.keyAuthorization).digest()) === true);
        socket.destroy();
      }).on('error', reject);
    });
  await one.prepare(at);
  await one.present([first], at);
  let presented = false;
  const waiting = one.present([second], at).then(() => (presented = true));
  expect(await shows(first)).toBe(true);
  expect(presented).toBe(false);
  await one.cleanUp([first], at);
  await waiting;
  expect(await shows(second)).toBe(true);
  await one.cleanUp([second], at);
});

it('two certificates that share one answer: it stays until both are done', async () => {
  const [http01Port = 0] = await freePorts(1);
  const [a, b] = [context({ http01Port }), context({ http01Port })];
  const one = standalone();
  const asked = task('example.com');
  const same = { ...asked };
  await one.present([asked], a);
  await one.present([same], b);
  await one.cleanUp([asked], a);
  expect(await fetchText(http01Port, `/.well-known/acme-challenge/${asked.token}`)).toEqual({ status: 200, body: 'ka-example.com' });
  expect(b.seen.served).toEqual([same]);
  await one.cleanUp([same], b);
});
