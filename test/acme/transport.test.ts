import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Transport, type TransportOptions } from '../../src/acme/transport.js';

let folder = '';
const open: { close(): unknown }[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'certwright-transport-'));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem'), '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2'], { stdio: 'pipe', timeout: 20_000 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

const listen = async (server: Server | ReturnType<typeof createTcpServer>): Promise<number> => {
  open.push({
    close() {
      if ('closeAllConnections' in server) server.closeAllConnections();
      server.close();
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};
const transport = (options: Partial<TransportOptions> = {}): Transport => new Transport({ userAgent: 'certwright-test/1', verifySsl: true, env: {}, ...options });
const get = (url: string, signal = new AbortController().signal): Parameters<Transport['send']>[0] => ({ method: 'GET', url, signal, repeatable: true });
const secure = (): Promise<number> => listen(createHttpsServer({ key: readFileSync(join(folder, 'key.pem')), cert: readFileSync(join(folder, 'cert.pem')) }, (_, response) => void response.end('hello')));

describe('addresses', () => {
  it.each(['http://ca.example/dir', 'ftp://127.0.0.1/', 'file:///etc/passwd', 'nonsense'])('refuses %s', async (url) => {
    await expect(transport().send(get(url))).rejects.toMatchObject({ code: 'network', message: expect.stringContaining('is not an https address') });
  });

  it('says that nobody listens, by host and port', async () => {
    const server = createTcpServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    await expect(transport().send(get(`https://127.0.0.1:${port}/dir`))).rejects.toMatchObject({ code: 'network', message: `127.0.0.1:${port} refuses the connection.`, hint: expect.stringContaining('--server') });
  });
});

describe('trust', () => {
  it('names the untrusted server and the way out', async () => {
    const port = await secure();
    await expect(transport().send(get(`https://localhost:${port}/`))).rejects.toMatchObject({ message: expect.stringContaining(`localhost:${port} is not trusted`), hint: expect.stringContaining('SSL_CERT_FILE') });
  });

  it.each(['REQUESTS_CA_BUNDLE', 'SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'])('takes roots from %s', async (variable) => {
    const port = await secure();
    expect(await transport({ env: { [variable]: join(folder, 'cert.pem') } }).send(get(`https://localhost:${port}/`))).toMatchObject({ status: 200, data: 'hello' });
  });

  it('takes a folder for REQUESTS_CA_BUNDLE, and tells of a file that is missing', async () => {
    const port = await secure();
    expect(await transport({ env: { REQUESTS_CA_BUNDLE: folder } }).send(get(`https://localhost:${port}/`))).toMatchObject({ status: 200 });
    await expect(transport({ env: { SSL_CERT_FILE: '/nonexistent.pem' } }).send(get(`https://localhost:${port}/`))).rejects.toMatchObject({ message: expect.stringContaining('/nonexistent.pem'), hint: expect.stringContaining('SSL_CERT_FILE') });
  });

  it('refuses a certificate for another name, unless checks are off', async () => {
    const port = await secure();
    const env = { REQUESTS_CA_BUNDLE: join(folder, 'cert.pem') };
    await expect(transport({ env }).send(get(`https://127.0.0.1:${port}/`))).rejects.toMatchObject({ message: expect.stringContaining('is for another name') });
    expect(await transport({ verifySsl: false }).send(get(`https://127.0.0.1:${port}/`))).toMatchObject({ status: 200 });
  });

  it('says when no TLS is spoken there', async () => {
    const port = await listen(createHttpServer((_, response) => void response.end('plain')));
    await expect(transport().send(get(`https://127.0.0.1:${port}/`))).rejects.toMatchObject({ code: 'network', message: expect.stringContaining('No TLS connection') });
  });
});

describe('bounds', () => {
  const limits = { connect: 300, idle: 10_000, total: 300 };

  it.each([
    ['never answers', (write: (text: string) => void) => void write],
    ['drips', (write: (text: string) => void) => {
      write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n');
      const timer = setInterval(() => write('x'), 20);
      setTimeout(() => clearInterval(timer), 2000).unref();
    }],
  ])('ends a request to a server that %s', async (_, behave) => {
    const port = await listen(createTcpServer((socket) => {
      socket.on('error', () => undefined);
      behave((text) => void (socket.destroyed || socket.write(text)));
    }));
    await expect(transport({ limits }).send(get(`http://127.0.0.1:${port}/`))).rejects.toMatchObject({ code: 'network', message: expect.stringContaining('does not answer in time') });
  });

  it('ends a TLS handshake that never comes', async () => {
    const port = await listen(createTcpServer((socket) => void socket.on('error', () => undefined)));
    await expect(transport({ limits: { ...limits, total: 60_000 } }).send(get(`https://127.0.0.1:${port}/`))).rejects.toMatchObject({ message: expect.stringContaining('does not answer in time') });
  });

  it('does not read an endless body', async () => {
    const port = await listen(createHttpServer((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    }));
    await expect(transport().send(get(`http://127.0.0.1:${port}/`))).rejects.toMatchObject({ code: 'network', message: expect.stringContaining('more than 2 megabytes') });
  });

  it('keeps one connection for requests in a row and sixteen at most at once', async () => {
    let connections = 0;
    let most = 0;
    let busy = 0;
    const server = createHttpServer((_, response) => {
      busy += 1;
      most = Math.max(most, busy);
      setTimeout(() => {
        busy -= 1;
        response.end();
      }, 20);
    }).on('connection', () => {
      connections += 1;
    });
    const url = `http://127.0.0.1:${await listen(server)}/`;
    const one = transport();
    for (const method of ['GET', 'HEAD', 'POST', 'HEAD', 'GET'] as const) await one.send({ ...get(url), method });
    expect(connections).toBe(1);
    await Promise.all(Array.from({ length: 50 }, () => one.send(get(url))));
    expect(most).toBe(16);
    expect(connections).toBe(16);
  });
});

describe('a server that comes back', () => {
  it('is asked again for what may be repeated, after it had answered before', async () => {
    let asked = 0;
    const server = createHttpServer((request, response) => {
      asked += 1;
      if (asked === 2 || asked === 3) request.socket.destroy();
      else response.end(`answer ${asked}`);
    });
    const url = `http://127.0.0.1:${await listen(server)}/`;
    const one = transport();
    await one.send(get(url));
    expect(await one.send(get(url))).toMatchObject({ data: 'answer 4' });
  });

  it('gets what may not be repeated once more when a kept connection ends without a word, not more often', async () => {
    let posted = 0;
    const server = createHttpServer((request, response) => {
      if (request.method !== 'POST') {
        setTimeout(() => response.end(), 20);
        return;
      }
      posted += 1;
      request.socket.destroy();
    });
    const url = `http://127.0.0.1:${await listen(server)}/`;
    const one = transport();
    await Promise.all(Array.from({ length: 5 }, () => one.send(get(url))));
    await expect(one.send({ ...get(url), method: 'POST', body: '{}', repeatable: false })).rejects.toMatchObject({ code: 'network', message: expect.stringContaining('closed the connection') });
    expect(posted).toBe(2);
  });
});
