import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { CertwrightError } from '../../../src/core/errors.js';
import { allPages, connectApi, ProviderRefusal, retryAfter, type Api, type ApiSettings } from '../../../src/plugins/dns/request.js';

const SECRET = 'very-secret-token';
const open = new Set<Server>();
afterEach(async () => {
  await Promise.all([...open].map((server) => new Promise((resolve) => server.close(resolve))));
  open.clear();
});

/** A server that answers as the list says, one after the other, and an API that asks it; waits are recorded, not made. */
async function stand(answers: readonly ((request: IncomingMessage, response: ServerResponse, body: string) => void)[], settings: Partial<ApiSettings> = {}): Promise<{ api: Api; requests: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[]; waits: number[]; logs: string[]; base: string; connections: () => number }> {
  const requests: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      requests.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      (answers[requests.length - 1] ?? answers.at(-1))?.(request, response, body);
    });
  });
  let connections = 0;
  server.on('connection', () => void (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.add(server);
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const waits: number[] = [];
  const logs: string[] = [];
  let now = 1_000_000;
  const api = connectApi(
    { base, headers: { authorization: `Bearer ${SECRET}` }, ...settings },
    {
      plugin: 'dns-x', title: 'X', access: 'Make a token with the right DNS:edit.', secrets: () => [SECRET], userAgent: 'test', signal: new AbortController().signal,
      log: (_level, message) => void logs.push(message),
      clock: { now: () => now, sleep: (ms) => Promise.resolve(void waits.push(ms)).then(() => void (now += ms)) },
    },
  );
  return { api, requests, waits, logs, base, connections: () => connections };
}

const json = (status: number, value: unknown, headers: Record<string, string> = {}) => (_request: IncomingMessage, response: ServerResponse): void => void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));

test('a request has path, query, headers and JSON; the answer its status and JSON', async () => {
  const { api, requests } = await stand([json(200, { ok: true })], { sign: ({ method, body }) => ({ 'x-signed': `${method} ${body.length}` }) });
  expect(await api({ method: 'POST', path: '/zones', query: { name: 'a b', none: undefined }, json: { value: 'ü' } })).toMatchObject({ status: 200, json: { ok: true } });
  expect(requests).toMatchObject([{ method: 'POST', url: '/v1/zones?name=a+b', body: '{"value":"ü"}', headers: { authorization: `Bearer ${SECRET}`, 'content-type': 'application/json', 'x-signed': 'POST 13' } }]);
});

test('429 waits as long as it is told, 5xx is tried a few times, 404 is an answer only where it is expected', async () => {
  const limited = await stand([json(429, {}, { 'retry-after': '7' }), json(200, { ok: true })]);
  await limited.api({ path: '/a' });
  expect(limited.waits).toEqual([7000]);
  const down = await stand([json(503, { message: 'down' })], { problem: (body) => (body as { message?: string }).message });
  await expect(down.api({ method: 'POST', path: '/a' })).rejects.toMatchObject({ message: expect.stringContaining('X refused POST') as unknown, status: 503 });
  expect(down.requests).toHaveLength(4);
  const missing = await stand([json(404, { message: 'none' })]);
  expect(await missing.api({ path: '/a', accept: [404] })).toMatchObject({ status: 404 });
  await expect(missing.api({ path: '/a' })).rejects.toBeInstanceOf(ProviderRefusal);
  expect(missing.waits).toEqual([]);
});

test('a limit that asks for more patience than there is ends at once, and says how long', async () => {
  const { api, requests, waits } = await stand([json(429, {}, { 'retry-after': '3600' })]);
  await expect(api({ path: '/a' })).rejects.toMatchObject({ status: 429, hint: 'Wait 3600 s, then run the same command again.' });
  expect([requests.length, waits]).toEqual([1, []]);
});

test('credentials that are refused are told with the right they need; no secret is in errors or logs', async () => {
  const { api, logs } = await stand([json(403, { message: `token ${SECRET} (${encodeURIComponent(SECRET)}, ${Buffer.from(SECRET).toString('base64')}) may not` })], { problem: (body) => (body as { message?: string }).message });
  const error = await api({ path: `/zones/${SECRET}` }).then(() => null, (thrown: unknown) => thrown as CertwrightError);
  expect(error?.message).toContain('status 403: token [secret] ([secret], [secret]) may not');
  expect(error?.hint).toBe('Make a token with the right DNS:edit.');
  expect(`${error?.message} ${logs.join(' ')}`).not.toContain(SECRET);
  expect(logs).toHaveLength(1);
});

test('a connection that breaks is tried again unless the request may have been carried out', async () => {
  const broken = (_request: IncomingMessage, response: ServerResponse): void => void response.socket?.destroy();
  const put = await stand([broken, json(200, {})]);
  await put.api({ method: 'PUT', path: '/a' });
  expect(put.requests).toHaveLength(2);
  const post = await stand([broken, json(200, {})]);
  await expect(post.api({ method: 'POST', path: '/a' })).rejects.toMatchObject({ name: 'NetworkError' });
  expect(post.requests).toHaveLength(1);
});

test('one connection for one request after the other, which keeps no process alive', async () => {
  const { api, connections } = await stand([json(200, {})]);
  const made: { _handle: { hasRef(): boolean } | null }[] = [];
  const note = (message: unknown): void => void made.push((message as { socket: (typeof made)[number] }).socket);
  subscribe('net.client.socket', note);
  await api({ path: '/a' });
  await api({ method: 'POST', path: '/a', json: {} });
  await api({ path: '/a', accept: [404] });
  unsubscribe('net.client.socket', note);
  expect(connections()).toBe(1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(made.map(({ _handle }) => _handle?.hasRef())).toEqual([false]);
});

test('a kept connection that is closed as the next request comes: sent once more over a new one, also a POST; a second time it is told', async () => {
  const broken = (_request: IncomingMessage, response: ServerResponse): void => void response.socket?.destroy();
  const once = await stand([json(200, {}), broken, json(200, { ok: true })]);
  await once.api({ path: '/a' });
  expect(await once.api({ method: 'POST', path: '/b', json: {} })).toMatchObject({ json: { ok: true } });
  expect([once.requests.map(({ method }) => method), once.connections(), once.waits]).toEqual([['GET', 'POST', 'POST'], 2, []]);
  const twice = await stand([json(200, {}), broken]);
  await twice.api({ path: '/a' });
  await expect(twice.api({ method: 'POST', path: '/b', json: {} })).rejects.toMatchObject({ name: 'NetworkError' });
  expect([twice.requests.length, twice.connections()]).toEqual([3, 2]);
  // An answer that began and broke off was carried out.
  const torn = await stand([json(200, {}), (_request, response) => void response.writeHead(200, { 'content-length': '9' }).write('{', () => response.socket?.destroy())]);
  await torn.api({ path: '/a' });
  await expect(torn.api({ method: 'POST', path: '/b', json: {} })).rejects.toMatchObject({ name: 'NetworkError' });
  expect(torn.requests).toHaveLength(2);
});

test('pages are collected by what each says comes next, and never from another server', async () => {
  const { api, base, requests } = await stand([json(200, { items: [1, 2], next: 'page=2' }), json(200, { items: [3] })]);
  const read = ({ json: body }: { json: unknown }): { entries: number[]; next: { path: string } | null } => {
    const { items, next } = body as { items: number[]; next?: string };
    return { entries: items, next: next === undefined ? null : { path: `${base}/a?${next}` } };
  };
  expect(await allPages(api, { path: '/a' }, read)).toEqual([1, 2, 3]);
  expect(requests.map(({ url }) => url)).toEqual(['/v1/a', '/v1/a?page=2']);
  await expect(api({ path: 'https://elsewhere.example/a' })).rejects.toThrow('another server');
});

test('Retry-After is seconds or a date', () => {
  expect(retryAfter('2', 0)).toBe(2000);
  expect(retryAfter('Thu, 01 Jan 1970 00:01:00 GMT', 10_000)).toBe(50_000);
  expect(retryAfter(undefined, 0)).toBeUndefined();
  expect(retryAfter('soon', 0)).toBeUndefined();
});
