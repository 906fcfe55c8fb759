import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { probe } from '../../src/system/http-probe.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener, host = '127.0.0.1'): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, host, () => resolve()));
  return (server.address() as AddressInfo).port;
}
const nowhere = (): Promise<readonly string[]> => Promise.reject(new Error('not to be asked'));

it.each(['127.0.0.1', '::1'])('asks %s for the name, whatever DNS says', async (address) => {
  const port = await serve((request, response) => response.end(`${request.headers.host} ${request.url}`), address);
  expect(await probe(`http://example.com:${port}/a?b`, address, { timeoutMs: 2000, resolve: nowhere })).toEqual({ status: 200, body: `example.com:${port} /a?b` });
});

it('follows three redirects as a CA does, also to another name at that name’s own address', async () => {
  const asked: string[] = [];
  const port = await serve((request, response) => {
    const step = Number(request.url?.slice(1));
    if (step < 3) response.writeHead(301, { location: step === 1 ? `http://www.example.com:${port}/2` : `/${step + 1}` }).end();
    else response.end(`${request.headers.host}`);
  });
  const resolve = (name: string): Promise<readonly string[]> => Promise.resolve(void asked.push(name)).then(() => ['127.0.0.1']);
  expect(await probe(`http://example.com:${port}/0`, '127.0.0.1', { timeoutMs: 2000, resolve })).toEqual({ status: 200, body: `www.example.com:${port}` });
  expect(asked).toEqual(['www.example.com']);
  const round = await serve((_request, response) => response.writeHead(302, { location: '/' }).end());
  expect((await probe(`http://example.com:${round}/`, '127.0.0.1', { timeoutMs: 2000, resolve })).status).toBe(302);
});

it.each([
  ['http://127.0.0.1:1/', 'an address instead of a name'],
  ['http://other.example:1/', 'a port'],
  ['ftp://other.example/', 'ftp://other.example/'],
  ['http://[', 'cannot be read'],
])('does not follow a redirect to %s', async (location, said) => {
  const port = await serve((_request, response) => response.writeHead(302, { location }).end());
  await expect(probe(`http://example.com:${port}/`, '127.0.0.1', { timeoutMs: 2000, resolve: nowhere })).rejects.toThrow(said);
});

it('is bounded in time and size', async () => {
  const silent = await serve(() => undefined);
  await expect(probe(`http://example.com:${silent}/`, '127.0.0.1', { timeoutMs: 200, resolve: nowhere })).rejects.toThrow('no answer within 0.2 s');
  const endless = await serve((_request, response) => {
    const more = (): void => {
      while (response.write('x'.repeat(4096)));
      response.once('drain', more);
    };
    more();
  });
  expect((await probe(`http://example.com:${endless}/`, '127.0.0.1', { timeoutMs: 2000, resolve: nowhere })).body.length).toBe(8192);
});
