import { beforeEach, expect, it, vi } from 'vitest';
import { watchTasks } from '../../src/plugins/manual/watch.js';
import type { Lookup } from '../../src/system/resolver.js';
import { task } from './context.js';

const servers = new Map<string, Partial<Lookup>>();
// The whole DNS in one map: by the address that is asked; '' is the resolver of this machine.
vi.mock('../../src/system/resolver.js', () => ({
  lookupAt: (addresses: readonly string[] = []): Lookup => {
    const own = servers.get(addresses[0] ?? '') ?? {};
    const none = (): Promise<readonly string[]> => Promise.resolve([]);
    return { txt: own.txt ?? none, addresses: own.addresses ?? none, nameservers: own.nameservers ?? none, alias: own.alias ?? (() => Promise.resolve(null)) };
  },
}));
beforeEach(() => servers.clear());

const RECORD = '_acme-challenge.www.example.com';
const asked = task('www.example.com', { type: 'dns-01', recordName: RECORD, validation: 'value' });
const refused = (): Promise<never> => Promise.reject(Object.assign(new Error('query refused'), { code: 'EREFUSED' }));
const system = (nameservers: Record<string, string[]>, addresses: Record<string, string[]>, aliases: Record<string, string> = {}): Partial<Lookup> => ({
  nameservers: (name) => Promise.resolve(nameservers[name] ?? []),
  addresses: (name) => Promise.resolve(addresses[name] ?? []),
  alias: (name) => Promise.resolve(aliases[name] ?? null),
});

it('finds the zone by its nameservers and asks each of them directly', async () => {
  servers.set('', system({ 'example.com': ['ns2.example.com', 'ns1.example.com'], com: ['tld.example'] }, { 'ns1.example.com': ['192.0.2.1'], 'ns2.example.com': ['192.0.2.2'] }));
  servers.set('192.0.2.1', { txt: (name) => Promise.resolve(name === RECORD ? ['value'] : []) });
  servers.set('192.0.2.2', {});
  const watch = await watchTasks([asked], { httpPort: 80 });
  expect(watch.zones).toEqual({ [RECORD]: 'example.com' });
  expect(await watch.look()).toEqual({
    0: [
      { at: 'ns1.example.com', state: 'seen' },
      { at: 'ns2.example.com', state: 'not-yet' },
    ],
  });
});

it('an alias into another zone: its servers are asked for the name they know, no other (S142)', async () => {
  servers.set('', system({ 'auth.example': ['ns.auth.example'], 'example.com': ['ns.example.com'] }, { 'ns.auth.example': ['192.0.2.9'] }, { [RECORD]: 'x1.auth.example' }));
  servers.set('192.0.2.9', { txt: (name) => (name === 'x1.auth.example' ? Promise.resolve(['value']) : refused()), alias: (name) => (name === 'x1.auth.example' ? Promise.resolve(null) : refused()) });
  const watch = await watchTasks([asked], { httpPort: 80 });
  expect(await watch.look()).toEqual({ 0: [{ at: 'ns.auth.example', state: 'seen' }] });
});

it('a nameserver without an address is told so: nobody else is asked in its name', async () => {
  servers.set('', { ...system({ 'example.com': ['ns.example.com'] }, {}), txt: () => Promise.resolve(['value']) });
  const watch = await watchTasks([asked], { httpPort: 80 });
  expect(await watch.look()).toEqual({ 0: [{ at: 'ns.example.com', state: 'unreachable', found: 'this nameserver has no address in DNS' }] });
});

it('one look ends within about five seconds, whatever does not answer', async () => {
  vi.useFakeTimers();
  try {
    servers.set('', system({ 'example.com': ['ns.example.com'] }, { 'ns.example.com': ['192.0.2.1'] }));
    const never = (): Promise<never> => new Promise(() => undefined);
    servers.set('192.0.2.1', { txt: never, alias: never });
    const watch = await watchTasks([asked, task('www.example.com')], { httpPort: 80 });
    servers.set('', { addresses: never });
    let seen: Awaited<ReturnType<typeof watch.look>> | undefined;
    const looking = watch.look().then((result) => (seen = result));
    await vi.advanceTimersByTimeAsync(5000);
    expect(seen?.[0]).toEqual([{ at: 'ns.example.com', state: 'unreachable', found: 'no answer' }]);
    await looking;
  } finally {
    vi.useRealTimers();
  }
});
