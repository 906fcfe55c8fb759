import { spawn, type ChildProcess } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { mayBind, portHolder, portInUse } from '../../src/system/ports.js';

const servers: Server[] = [];
const children: ChildProcess[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Listens on a port that no other process has on whatever address: by the host alone, the kernel may give one that a test beside has on another. */
async function listening(host: string): Promise<number> {
  const everywhere = createServer();
  await new Promise<void>((resolve) => everywhere.listen(0, '::', () => resolve()));
  const { port } = everywhere.address() as AddressInfo;
  await new Promise((resolve) => everywhere.close(resolve));
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, host, () => resolve()));
  return port;
}

it.each(['127.0.0.1', '::1'])('names the process that listens on %s', async (host) => {
  // A descriptor that closes again while /proc is read must not hide those after it.
  const early = openSync('/dev/null', 'r');
  const port = await listening(host);
  closeSync(early);
  expect(portHolder(port)?.pid).toBe(process.pid);
  expect(portInUse(port)).toBe(true);
});

it('a port that nobody listens on has no holder', async () => {
  const port = await listening('127.0.0.1');
  await new Promise((resolve) => servers.pop()?.close(resolve));
  expect(portHolder(port)).toBeNull();
  expect(portInUse(port)).toBe(false);
});

it('the name that a process gave itself cannot move a cursor', async () => {
  const script = "process.title = 'a\\u001b[31mb'; const s = require('node:net').createServer().listen(0, '127.0.0.1', () => console.log(s.address().port));";
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  const port = await new Promise<number>((resolve) => child.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk.toString()))));
  expect(portHolder(port)).toEqual({ pid: child.pid, command: 'ab' });
});

it('low ports: by the capability of this process and the system’s limit, not by the user’s number', () => {
  const seeing = (start: string, capabilities: string) => (path: string) => (path.endsWith('ip_unprivileged_port_start') ? start : `Name:\tnode\nCapEff:\t${capabilities}\n`);
  expect(mayBind(80, seeing('1024\n', '0000000000000000'))).toBe(false);
  expect(mayBind(8080, seeing('1024\n', '0000000000000000'))).toBe(true);
  // cap_net_bind_service alone.
  expect(mayBind(80, seeing('1024\n', '0000000000000400'))).toBe(true);
  // Containers often allow every port.
  expect(mayBind(80, seeing('0\n', '0000000000000000'))).toBe(true);
  // Root in a container without the capability; bits above 32 count for nothing here.
  expect(mayBind(80, seeing('1024\n', '000001ffffffbbff'))).toBe(false);
});
