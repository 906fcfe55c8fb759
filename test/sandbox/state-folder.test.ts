import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { StoreError } from '../../src/core/errors.js';
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.js';
import { Client, dns, ecKey } from './client.js';

let folder: string;
let running: Sandbox[];

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'certwright-state-')), 'ca');
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((each) => each.stop()));
  rmSync(join(folder, '..'), { recursive: true, force: true });
});

async function start(port = 0): Promise<Sandbox> {
  const sandbox = await startSandbox({ httpPort: 1, tlsPort: 1, port, stateFolder: folder });
  running.push(sandbox);
  return sandbox;
}

const onDisk = () => JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8'));
const portOf = (sandbox: Sandbox): number => Number(new URL(sandbox.directoryUrl).port);

it('goes on with the same roots, accounts, orders and certificates', async () => {
  const one = await start();
  const key = ecKey();
  const client = await Client.registered(one, key);
  const { url, pem } = await client.certify(one, dns('kept.example.com'));
  const open = await client.order(dns('open.example.com'));
  await one.stop();
  client.close();

  const two = await start(portOf(one));
  expect(two.rootPem).toBe(one.rootPem);
  const again = new Client(two, key);
  expect((await again.register({ onlyReturnExisting: true })).headers.location).toBe(client.kid);
  expect((await again.post(url)).text).toBe(pem);
  expect((await again.post(String(open.headers.location))).json.status).toBe('pending');
  expect((await again.order(dns('kept.example.com'))).json.status).toBe('ready');
  const leaf = new X509Certificate((await again.certify(two, dns('kept.example.com'))).pem);
  const intermediate = new X509Certificate(pem.slice(pem.indexOf('-----END CERTIFICATE-----') + 26));
  expect(leaf.verify(intermediate.publicKey)).toBe(true);
});

it('has every answered request on disk, so that a killed process loses nothing', async () => {
  const one = await start();
  // As if the process were killed each time: nothing of `one` runs between an answer and the look at the files.
  const client = await Client.registered(one);
  expect(onDisk().accounts).toHaveLength(1);
  const order = await client.order(dns('first.example.com'));
  expect(onDisk().orders.map((each: { id: string }) => each.id)).toEqual([order.headers.location?.split('/').at(-1)]);
  const { url } = await client.certify(one, dns('kept.example.com'));
  const stored = onDisk();
  expect(stored.certificates.map((each: { id: string }) => each.id)).toEqual([url.split('/').at(-1)]);
});

it('makes work possible again that was cut short', async () => {
  const one = await start();
  const client = await Client.registered(one);
  const order = await client.order(dns('cut.example.com'));
  await one.stop();
  client.close();
  const path = join(folder, 'state.json');
  const stored = JSON.parse(readFileSync(path, 'utf8'));
  stored.authorizations[0].challenges[1].status = 'processing';
  writeFileSync(path, JSON.stringify(stored));

  const two = await start(portOf(one));
  const [settled] = await client.prove(order, 'dns-01', (_, token) => two.setRecord('_acme-challenge.cut.example.com', 'TXT', client.dnsValue(token)));
  expect(settled?.json.status).toBe('valid');
  await two.stop();
  client.close();
  const ready = JSON.parse(readFileSync(path, 'utf8'));
  ready.orders[0].status = 'processing';
  writeFileSync(path, JSON.stringify(ready));

  await start(portOf(one));
  expect((await client.finalize(order, dns('cut.example.com'))).json.status).toBe('valid');
});

it('lets nobody else read the keys', async () => {
  await start();
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toContain('hierarchy.json');
});

it.each([
  ['hierarchy.json', '{'],
  ['hierarchy.json', '{"version":1,"keys":{},"certificates":{}}'],
  ['state.json', '[]'],
  ['state.json', '{"version":2}'],
])('says that %s with %s is not its file', async (name, content) => {
  const sandbox = await start();
  await sandbox.stop();
  writeFileSync(join(folder, name), content);
  await expect(start()).rejects.toThrow(StoreError);
  await expect(start()).rejects.toThrow(join(folder, name));
});
