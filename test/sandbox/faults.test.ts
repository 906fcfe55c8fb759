import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../../src/core/errors.js';
import { FaultDice, parseFaults } from '../../src/sandbox/faults.js';
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.js';
import { Client, dns, kind } from './client.js';

const rolls = (seed: number): string => {
  const dice = new FaultDice(parseFaults(`badNonce=25%,seed=${seed}`));
  return Array.from({ length: 2000 }, () => (dice.strikes('badNonce', '/') ? 'x' : '.')).join('');
};

describe('the list of faults', () => {
  it('is read with rates, additions and durations', () => {
    expect(parseFaults('badNonce=20%, 429=0.5:retry-after=3:times=2,5XX:on=new-order,latency=50ms-1s,slowBody=0.2s,seed=7')).toEqual({
      badNonce: { rate: 0.2 },
      rateLimited: { rate: 0.5, retryAfter: 3, times: 2 },
      serverError: { rate: 1, on: 'new-order' },
      latency: { min: 50, max: 1000 },
      slowBody: 200,
      seed: 7,
    });
    expect(parseFaults('')).toEqual({});
  });

  it.each(['nonsense', 'badNonce=200%', 'badNonce=x', '429:often', '429:times=-1', 'latency', 'latency=50', 'latency=2s-1s', 'seed=x', 'drop,drop', 'latency=1s:times=1', 'slowBody=10h', 'drop:on='])('refuses %j', (text) => {
    expect(() => parseFaults(text)).toThrow(UsageError);
  });

  it('strikes as often as it says, and the same way for the same seed', () => {
    expect(rolls(1)).toBe(rolls(1));
    expect(rolls(1)).not.toBe(rolls(2));
    const share = rolls(1).replaceAll('.', '').length / 2000;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.3);
  });
});

describe('faults at work', () => {
  let sandbox: Sandbox;
  let client: Client;

  beforeEach(async () => {
    sandbox = await startSandbox({ httpPort: 1, tlsPort: 1 });
    client = await Client.registered(sandbox);
  });
  afterEach(() => sandbox.stop());

  it('badNonce refuses good nonces and gives a new one', async () => {
    sandbox.setFaults('badNonce:times=1');
    expect((await client.fetch('GET', '/directory')).status).toBe(200);
    const refused = await client.order(dns('example.com'));
    expect([refused.status, kind(refused)]).toEqual([400, 'badNonce']);
    expect(refused.headers['replay-nonce']).toBeDefined();
    expect((await client.order(dns('example.com'))).status).toBe(201);
  });

  it('429 tells when to come back', async () => {
    sandbox.setFaults('429:retry-after=3:on=new-order');
    const limited = await client.order(dns('example.com'));
    expect([limited.status, kind(limited), limited.headers['retry-after']]).toEqual([429, 'rateLimited', '3']);
    expect((await client.post(String(client.kid))).status).toBe(200);
  });

  it('5xx shows all three faces of a broken server', async () => {
    sandbox.setFaults('5xx:retry-after=1,seed=3');
    const seen = new Set<number>();
    for (let round = 0; round < 30; round += 1) {
      const { status, headers } = await client.fetch('GET', '/directory');
      expect([headers['retry-after'], headers['content-type']]).toEqual(['1', status === 502 ? 'text/html' : 'application/problem+json']);
      seen.add(status);
    }
    expect([...seen].sort()).toEqual([500, 502, 503]);
  });

  it('drop cuts the connection, sometimes after the work was done', async () => {
    const account = String(client.kid);
    let [lost, done] = [0, 0];
    for (let round = 0; round < 12; round += 1) {
      const before = (await client.post(`${account}/orders`)).json.orders?.length ?? 0;
      const nonce = await client.nonce();
      sandbox.setFaults(`drop,seed=${round}`);
      await expect(client.post('/acme/new-order', { identifiers: dns('example.com') }, { header: { nonce } })).rejects.toThrow();
      sandbox.setFaults('');
      const after = (await client.post(`${account}/orders`)).json.orders?.length ?? 0;
      if (after > before) done += 1;
      else lost += 1;
    }
    expect(lost).toBeGreaterThan(0);
    expect(done).toBeGreaterThan(0);
    expect(sandbox.requests.filter(({ status }) => status === 0)).toHaveLength(12);
  });

  it('malformed cuts the JSON', async () => {
    sandbox.setFaults('malformed:on=directory');
    const { text, status } = await client.fetch('GET', '/directory');
    expect(status).toBe(200);
    expect(() => JSON.parse(text)).toThrow();
    expect(text).toContain('"newNonce"');
  });

  it('latency and slow bodies take their time', async () => {
    const timed = async (): Promise<number> => {
      const begun = performance.now();
      expect((await client.fetch('GET', '/directory')).json.newOrder).toBeDefined();
      return performance.now() - begun;
    };
    sandbox.setFaults('latency=150ms');
    expect(await timed()).toBeGreaterThanOrEqual(140);
    sandbox.setFaults('slowBody=150ms');
    expect(await timed()).toBeGreaterThanOrEqual(140);
    sandbox.setFaults('latency=600s');
    const stuck = client.fetch('GET', '/directory');
    const failed = expect(stuck).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await sandbox.stop();
    await failed;
  });

  it('expireAuthz and orderInvalid spoil an order on the way', async () => {
    const prove = async () => {
      const order = await client.order(dns('spoilt.example.com'));
      const settled = await client.prove(order, 'dns-01', (_, token) => sandbox.setRecord('_acme-challenge.spoilt.example.com', 'TXT', client.dnsValue(token)));
      return { order, status: settled[0]?.json.status };
    };
    sandbox.setFaults('expireAuthz:times=1,orderInvalid:times=1');
    const expired = await prove();
    expect(expired.status).toBe('expired');
    expect((await client.post(String(expired.order.headers.location))).json.status).toBe('invalid');
    const { order, status } = await prove();
    expect(status).toBe('valid');
    const spoilt = await client.finalize(order, dns('spoilt.example.com'));
    expect([spoilt.json.status, kind(spoilt.json.error)]).toEqual(['invalid', 'serverInternal']);
    const fine = await prove();
    expect((await client.finalize(fine.order, dns('spoilt.example.com'))).json.status).toBe('valid');
  });

  it('that cannot be understood start nothing', async () => {
    await expect(startSandbox({ httpPort: 1, tlsPort: 1, faults: 'everything' })).rejects.toThrow('unknown fault "everything"');
  });
});
