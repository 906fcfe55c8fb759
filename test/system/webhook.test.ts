import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { postJson } from '../../src/system/webhook.js';

it('a receiver that says nothing is not waited for longer than the limit, however the bytes trickle', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    const timer = setInterval(() => socket.write('H'), 50);
    socket.on('close', () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as { port: number }).port}/secret`);
  const failed = postJson(url, {}, { timeoutMs: 300, signal: new AbortController().signal, userAgent: 'test' });
  await expect(failed).rejects.toThrow(/^(?!.*secret)/);
  await new Promise((resolve) => server.close(resolve));
  await expect(postJson(url, {}, { timeoutMs: 300, signal: new AbortController().signal, userAgent: 'test' })).rejects.toThrow('ECONNREFUSED');
});
