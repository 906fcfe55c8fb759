import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { watchTasks } from '../../src/plugins/manual/watch.js';
import { startDnsServer, type DnsServer } from '../../src/system/dns-server.js';
import { DnsZone } from '../../src/sandbox/dns-zone.js';
import { freePorts } from '../e2e/pebble.js';
import { task } from './context.js';

let zone: DnsZone;
let dns: DnsServer;
let web: Server | null;
beforeEach(async () => {
  zone = new DnsZone('127.0.0.1');
  dns = await startDnsServer(zone, '127.0.0.1', 0);
  web = null;
});
afterEach(async () => {
  web?.closeAllConnections();
  web?.close();
  await dns.stop();
});

const RECORD = '_acme-challenge.example.com';
const record = (validation: string) => task('example.com', { type: 'dns-01', recordName: RECORD, validation });
const servers = () => ({ httpPort: 80, nameservers: [`127.0.0.1:${dns.port}`] });
const states = (sightings: Awaited<ReturnType<Awaited<ReturnType<typeof watchTasks>>['look']>>) => Object.values(sightings).map((each) => each.map(({ state, found }) => (found === undefined ? state : `${state}: ${found}`)).join());

it('a record: not yet, another value, seen; two values under one name do not disturb each other', async () => {
  const watch = await watchTasks([record('one'), record('two')], servers());
  expect(watch.zones).toEqual({ [RECORD]: 'example.com' });
  expect(states(await watch.look())).toEqual(['not-yet', 'not-yet']);
  zone.add(RECORD, 'TXT', 'one');
  expect(states(await watch.look())).toEqual(['seen', 'not-yet']);
  zone.add(RECORD, 'TXT', 'old\u001b[31m');
  expect(states(await watch.look())).toEqual(['seen', 'wrong: old']);
  zone.add(RECORD, 'TXT', 'two');
  expect(states(await watch.look())).toEqual(['seen', 'seen']);
});

it('a lasting record: whatever of the values is good for the account counts; those of other CAs are not wrong', async () => {
  const name = '_validation-persist.example.com';
  const own = 'ca.example; accounturi=https://ca.example/1';
  const lasting = (wildcard: boolean) => task('example.com', { type: 'dns-persist-01', recordName: name, validation: `${own}; policy=wildcard`, wildcard, persist: { issuers: ['ca.example'], accountUrl: 'https://ca.example/1' } });
  const watch = await watchTasks([lasting(false), lasting(true)], servers());
  zone.add(name, 'TXT', 'other.example; accounturi=https://other.example/1');
  expect(states(await watch.look())).toEqual(['not-yet', 'not-yet']);
  zone.add(name, 'TXT', `CA.example ;accounturi=https://ca.example/1`);
  expect(states(await watch.look())).toEqual(['seen', 'wrong: it has no policy=wildcard, which a name with *. needs']);
  zone.add(name, 'TXT', `${own};policy=WILDCARD; persistUntil=4102444800`);
  expect(states(await watch.look())).toEqual(['seen', 'seen']);
});

it('a record behind an alias (S142)', async () => {
  zone.add(RECORD, 'CNAME', 'validation.example.net');
  const watch = await watchTasks([record('one')], servers());
  zone.add('validation.example.net', 'TXT', 'one');
  expect(states(await watch.look())).toEqual(['seen']);
});

it('a nameserver that does not answer is told, within some seconds', async () => {
  const watch = await watchTasks([record('one')], servers());
  await dns.stop();
  expect(states(await watch.look())[0]).toContain('unreachable');
  dns = await startDnsServer(zone, '127.0.0.1', 0);
});

it('a file: nobody there, not yet, something else, seen; by every address of the name', async () => {
  const [httpPort = 0] = await freePorts(1);
  const asked = task('www.example.com');
  const watch = await watchTasks([asked], { ...servers(), httpPort });
  expect(states(await watch.look())).toEqual(['unreachable: connection refused']);
  let answer: { status: number; body: string } = { status: 404, body: '' };
  web = createServer((request, response) => {
    expect(request.headers.host).toBe(`www.example.com:${httpPort}`);
    expect(request.url).toBe(`/.well-known/acme-challenge/${asked.token}`);
    response.writeHead(answer.status).end(answer.body);
  });
  await new Promise<void>((resolve) => web?.listen(httpPort, '127.0.0.1', () => resolve()));
  expect(states(await watch.look())).toEqual(['not-yet']);
  answer = { status: 200, body: '<html>hello</html>' };
  expect(states(await watch.look())).toEqual(['wrong: <html>hello</html>']);
  answer = { status: 200, body: `${asked.validation}\n` };
  expect(states(await watch.look())).toEqual(['seen']);
});
