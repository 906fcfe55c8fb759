import { afterEach, describe, expect, test } from 'vitest';
import { CertwrightError } from '../../../src/core/errors.js';
import { ispconfigDescription } from '../../../src/plugins/dns/ispconfig/descriptor.js';
import { startFake, type Ask, type Fake } from './fakes/fake.js';
import { ispconfigFake } from './fakes/ispconfig.js';
import { openAt, type Opened, type Opening } from './fakes/open.js';
import { table } from './fakes/table.js';

const running = new Set<Fake>();
afterEach(async () => {
  const faults = [...running].flatMap((fake) => fake.faults);
  await Promise.all([...running].map((fake) => fake.stop()));
  running.clear();
  expect(faults).toEqual([]);
});

/** Several zones, so that there are pages of them, and one below another. */
const ZONES = ['first.test', 'second.test', 'example.test', 'third.test', 'sub.example.test', 'fourth.test'];
const NAME = '_acme-challenge.example.test';
/** ISPConfig has no other method than POST: there the function says what it is; Google's tokens are asked for by POST. */
const changes = ({ method, target }: Ask): boolean => method !== 'GET' && target !== '/token' && !/\?(?:login|logout|\w+_get\w*)=?$/.test(target);

async function failure(work: Promise<unknown>): Promise<{ message: string; hint: string }> {
  const error: unknown = await work.then(() => undefined, (thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CertwrightError);
  const { message, hint = '' } = error as CertwrightError;
  return { message, hint };
}

describe.each(table)('S33: $description.name', (row) => {
  const { description, behaviour, credentials, wrong, secrets } = row;
  async function stand(opening: Partial<Opening> = {}): Promise<Opened & { fake: Fake }> {
    const fake = await startFake(behaviour, ZONES);
    running.add(fake);
    return { fake, ...(await open(fake, opening)) };
  }
  function open(fake: Fake, { credentials: other, ...opening }: Partial<Opening> = {}): Promise<Opened> {
    const lines = other ?? credentials;
    return openAt(fake, description, { ...opening, credentials: lines && [...lines, ...(row.ownServer?.(fake.origin) ?? [])] });
  }
  const silent = (...texts: readonly string[]): void => {
    for (const secret of secrets) for (const text of texts) expect(text).not.toContain(secret);
  };

  test('apex and wildcard at one name; a value that is there is not added again; only ours is removed, once', async () => {
    const { fake, provider, logs } = await stand();
    fake.put(NAME, 'somebody-else');
    await provider.add(NAME, 'apex', description.ttl);
    await provider.add(NAME, 'wildcard', description.ttl);
    await provider.settle?.();
    expect(fake.txt(NAME)).toEqual(['apex', 'somebody-else', 'wildcard']);
    const before = fake.count(changes);
    await provider.add(NAME, 'apex', description.ttl);
    expect(fake.txt(NAME)).toEqual(['apex', 'somebody-else', 'wildcard']);
    expect(fake.count(changes)).toBe(before);
    await provider.remove(NAME, 'apex');
    expect(fake.txt(NAME)).toEqual(['somebody-else', 'wildcard']);
    await provider.remove(NAME, 'apex');
    await provider.remove(NAME, 'wildcard');
    expect(fake.txt(NAME)).toEqual(['somebody-else']);
    await provider.remove('_acme-challenge.never.example.test', 'x');
    // Nothing else was touched.
    expect(fake.zones.flatMap(({ records }) => records).map(({ name, type }) => `${name} ${type}`).sort()).toEqual([...ZONES.map((name) => `${name} A`), `${NAME} TXT`].sort());
    expect(fake.zones.flatMap(({ records }) => records).find(({ value }) => value === 'somebody-else')?.ttl).toBe(600);
    await provider.close?.();
    // Google's tokens and zones are two services.
    expect([fake.count(() => true) > 5, fake.connections() <= 2]).toEqual([true, true]);
    silent(...logs);
  });

  test('alone at its name, and at the zone’s own name', async () => {
    const { fake, provider } = await stand();
    for (const name of [NAME, 'example.test', '_acme-challenge.a.b.example.test']) {
      await provider.add(name, 'alone', description.ttl);
      expect(fake.txt(name)).toEqual(['alone']);
      await provider.remove(name, 'alone');
      expect(fake.txt(name)).toEqual([]);
    }
    await provider.close?.();
  });

  test('the longest zone holds the record, wherever it stands in the listing', async () => {
    const { provider } = await stand();
    expect(await provider.zoneOf('_acme-challenge.a.sub.example.test')).toMatchObject({ name: 'sub.example.test' });
    expect(await provider.zoneOf('_acme-challenge.sub.example.test')).toMatchObject({ name: 'sub.example.test' });
    expect(await provider.zoneOf('_acme-challenge.notsub.example.test')).toMatchObject({ name: 'example.test' });
    expect(await provider.zoneOf('_acme-challenge.fourth.test')).toMatchObject({ name: 'fourth.test' });
    await provider.close?.();
  });

  test('a record on a later page is found and removed', async () => {
    const { fake, provider } = await stand();
    for (const value of ['1', '2', '3', '4', 'ours', '5', '6']) fake.put(NAME, value);
    for (const other of ['a', 'b', 'c']) fake.put(`_acme-challenge.${other}.example.test`, other);
    fake.put(NAME, 'last');
    await provider.remove(NAME, 'ours');
    await provider.remove(NAME, 'last');
    expect(fake.txt(NAME)).toEqual(['1', '2', '3', '4', '5', '6']);
    expect(fake.txt('_acme-challenge.b.example.test')).toEqual(['b']);
    // The same value at another name is another record.
    await provider.remove(NAME, 'b');
    expect(fake.txt('_acme-challenge.b.example.test')).toEqual(['b']);
    await provider.close?.();
  });

  test('no such zone', async () => {
    const { provider } = await stand();
    const { message, hint } = await failure(provider.zoneOf('_acme-challenge.www.elsewhere.example'));
    expect(message).toContain("Unable to determine base domain for _acme-challenge.www.elsewhere.example using names: ['_acme-challenge.www.elsewhere.example', 'www.elsewhere.example', 'elsewhere.example']");
    expect(hint).toContain(description.access);
  });

  test.runIf(wrong !== null)('wrong credentials are refused, and told with what to make', async () => {
    const { provider, logs } = await stand({ credentials: wrong });
    const { message, hint } = await failure(provider.zoneOf(NAME));
    expect(message).toContain(String(row.refusedWith));
    expect(hint).toContain(description.access);
    silent(message, hint, ...logs);
  });

  test.runIf(wrong !== null)('credentials that are missing are named before anything is asked', async () => {
    const { credentials: without, named } = row.lacking ?? { credentials: ['other = x'], named: `dns_${description.name}_` };
    const { message } = await failure(stand({ credentials: without }));
    expect(message).toContain(named);
  });

  test('a change that is not allowed, and a provider that is broken or wants to be asked less', async () => {
    const { fake, provider, logs, waits } = await stand();
    await provider.zoneOf(NAME);
    fake.instead(changes, 403);
    const forbidden = await failure(provider.add(NAME, 'v', description.ttl));
    expect(forbidden.message).toMatch(/status 403|not allowed|permission/i);
    expect(forbidden.hint).toContain(description.access);
    fake.instead(changes, { ...fake.refusal(429), status: 429, headers: { 'retry-after': '7' } }, { status: 503, text: 'down' });
    await provider.add(NAME, 'v', description.ttl);
    expect(fake.txt(NAME)).toEqual(['v']);
    expect(Math.max(...waits)).toBe(7000);
    fake.instead(changes, ...Array.from({ length: 4 }, () => ({ status: 502, text: '<html>bad gateway</html>' })));
    const broken = await failure(provider.remove(NAME, 'v'));
    expect(broken.message).toContain('502');
    expect(broken.message).not.toContain('<html>');
    silent(forbidden.message, forbidden.hint, broken.message, broken.hint, ...logs);
    await provider.remove(NAME, 'v');
    expect(fake.txt(NAME)).toEqual([]);
    await provider.close?.();
  });

  test('no answer in the middle of cleaning up: an error, and the next run removes it', async () => {
    const { fake, provider } = await stand();
    await provider.add(NAME, 'v', description.ttl);
    fake.instead(changes, 'hang');
    const again = await open(fake, { impatient: true });
    const { message } = await failure(again.provider.remove(NAME, 'v'));
    expect(message).toContain('no answer within');
    expect(fake.txt(NAME)).toEqual(['v']);
    const next = await open(fake);
    await next.provider.remove(NAME, 'v');
    expect(fake.txt(NAME)).toEqual([]);
    await next.provider.close?.();
  });

  test('an answer that is not the API’s is said to be one', async () => {
    const { fake, provider } = await stand();
    fake.instead(() => true, ...Array.from({ length: 12 }, () => ({ status: 200, text: '<html>captive portal</html>' })));
    const { message, hint } = await failure(provider.zoneOf(NAME));
    expect(message).toContain('not understood');
    expect(hint).toContain('captive portal');
  });
});

describe('what one provider alone has', () => {
  async function stand(name: string, zones: readonly string[] = ZONES): Promise<Opened & { fake: Fake }> {
    const row = table.find(({ description }) => description.name === name);
    if (!row) throw new Error(`no row for ${name}`);
    const fake = await startFake(row.behaviour, zones);
    running.add(fake);
    return { fake, ...(await openAt(fake, row.description, { credentials: row.credentials && [...row.credentials, ...(row.ownServer?.(fake.origin) ?? [])] })) };
  }

  test('S41: DNS Made Easy tells its limit of requests by status 400; another 400 is not tried again', async () => {
    const { fake, provider } = await stand('dnsmadeeasy');
    fake.instead(changes, { status: 400, json: { error: ['Rate limit exceeded'] } });
    await provider.add(NAME, 'v', 60);
    expect(fake.txt(NAME)).toEqual(['v']);
    expect(fake.count(changes)).toBe(2);
    fake.instead(changes, { status: 400, json: { error: ['Record is wrong'] } });
    expect((await failure(provider.add(NAME, 'w', 60))).message).toContain('Record is wrong');
    expect(fake.count(changes)).toBe(3);
  });

  test('S188: a zone of ISPConfig that only begins like the name is another one; its session is ended', async () => {
    const { fake, provider } = await stand('ispconfig', ['sub.example.test.other', 'example.test']);
    expect(await provider.zoneOf('_acme-challenge.sub.example.test')).toMatchObject({ name: 'example.test' });
    const logouts = (): number => fake.count(({ target }) => /\?logout=?$/.test(target));
    expect(logouts()).toBe(0);
    await provider.close?.();
    expect(logouts()).toBe(1);
  });

  test('S49: Sakura Cloud: what another client sets between two tries of a change stays; a try that was carried out without an answer is not made twice', async () => {
    const { fake, provider } = await stand('sakuracloud');
    const meanwhile = (value: string) => (ask: Ask): boolean => changes(ask) && (fake.put('www.example.test', value), true);
    fake.instead(meanwhile('first'), 503);
    await provider.add(NAME, 'v', 60);
    expect(fake.txt(NAME)).toEqual(['v']);
    fake.instead(meanwhile('second'), 503);
    await provider.remove(NAME, 'v');
    expect(fake.txt(NAME)).toEqual([]);
    expect(fake.txt('www.example.test')).toEqual(['first', 'second']);
    fake.instead((ask) => changes(ask) && (fake.put(NAME, 'w'), true), { status: 502, text: 'lost' });
    await provider.add(NAME, 'w', 60);
    expect(fake.txt(NAME)).toEqual(['w']);
  });

  test('S188: the password for ISPConfig goes unencrypted to another machine only with a warning', async () => {
    const fake = await startFake(ispconfigFake, ZONES);
    running.add(fake);
    const anywhere = { ...fake, hosts: ['localhost', '[::1]', 'panel.example.com', '127.0.0.1.example.com', '192.0.2.1'] };
    const warnings = async (endpoint: string): Promise<readonly string[]> => (await openAt(anywhere, ispconfigDescription, { credentials: ['dns_ispconfig_username = remote', 'dns_ispconfig_password = ispconfig-password-0123', `dns_ispconfig_endpoint = ${endpoint}`] })).logs;
    for (const endpoint of ['http://127.0.0.1:8080/remote/json.php', 'http://localhost/', 'http://[::1]/', 'https://panel.example.com/']) expect(await warnings(endpoint)).toEqual([]);
    for (const endpoint of ['http://panel.example.com/', 'http://127.0.0.1.example.com/', 'http://192.0.2.1/']) expect((await warnings(endpoint)).join()).toMatch(/unencrypted/);
  });
});
