import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.js';
import { Client, binding, dns, ecKey, jws, kind, publicJwk, rsaKey } from './client.js';

const MAC = Buffer.alloc(32, 7).toString('base64url');
let sandbox: Sandbox;
let bound: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ httpPort: 1, tlsPort: 1 });
  bound = await startSandbox({ httpPort: 1, tlsPort: 1, policy: { requireEab: true, eabKeys: [{ kid: 'kid-1', key: MAC }, { kid: 'kid-2', key: MAC, alg: 'HS512' }] } });
});
afterAll(() => Promise.all([sandbox.stop(), bound.stop()]));

describe('accounts', () => {
  it('are made once for a key, then found', async () => {
    const client = new Client(sandbox);
    const made = await client.register({ contact: ['mailto:a@example.com'] });
    expect(made.status).toBe(201);
    expect(made.json).toMatchObject({ status: 'valid', contact: ['mailto:a@example.com'] });
    expect(made.headers.link).toContain('rel="terms-of-service"');
    const found = await client.register({ contact: ['mailto:b@example.com'] });
    expect(found.status).toBe(200);
    expect(found.headers.location).toBe(made.headers.location);
    expect(found.json.contact).toEqual(['mailto:a@example.com']);
    const asked = await client.post('/acme/new-acct', { onlyReturnExisting: true }, { jwk: true });
    expect(asked.headers.location).toBe(made.headers.location);
  });

  it('are not made when only asked for', async () => {
    expect(kind(await new Client(sandbox).register({ onlyReturnExisting: true }))).toBe('accountDoesNotExist');
  });

  it('need the terms', async () => {
    const answer = await new Client(sandbox).register({ termsOfServiceAgreed: false });
    expect(answer.status).toBe(403);
    expect(kind(answer)).toBe('userActionRequired');
    expect(answer.headers.link).toContain('/terms>;rel="terms-of-service"');
  });

  it.each([
    [['tel:+4912345'], 'unsupportedContact'],
    [['mailto:a@example.com?subject=x'], 'invalidContact'],
    [['mailto:a@example.com,b@example.com'], 'invalidContact'],
    [['mailto:nobody'], 'invalidContact'],
    [['mailto:%zz@example.com'], 'invalidContact'],
    ['mailto:a@example.com', 'malformed'],
    [[1], 'malformed'],
  ])('refuse the contact %j', async (contact, problem) => {
    expect(kind(await new Client(sandbox).register({ contact }))).toBe(problem);
  });

  it('can be signed with RSA, P-256, P-384 and P-521', async () => {
    for (const key of [rsaKey(), ecKey(), ecKey('P-384'), ecKey('P-521')]) expect((await new Client(sandbox, key).register()).status).toBe(201);
  });

  it('change their contacts, and belong to themselves only', async () => {
    const [one, other] = [await Client.registered(sandbox), await Client.registered(sandbox)];
    expect((await one.post(String(one.kid), { contact: ['mailto:new@example.com'] })).json.contact).toEqual(['mailto:new@example.com']);
    expect((await one.post(String(one.kid))).json.contact).toEqual(['mailto:new@example.com']);
    expect(kind(await other.post(String(one.kid)))).toBe('unauthorized');
    expect(kind(await one.post(String(one.kid), { status: 'revoked' }))).toBe('malformed');
  });

  it('are deactivated for good', async () => {
    const client = await Client.registered(sandbox);
    expect((await client.post(String(client.kid), { status: 'deactivated' })).json.status).toBe('deactivated');
    const later = await client.order(dns('example.com'));
    expect([later.status, kind(later)]).toEqual([401, 'unauthorized']);
    expect(kind(await client.register())).toBe('unauthorized');
  });

  it('list their orders', async () => {
    const client = await Client.registered(sandbox);
    const order = await client.order(dns('example.com'));
    const { json } = await client.post(`${client.kid}/orders`);
    expect(json.orders).toEqual([order.headers.location]);
  });
});

const change = (client: Client, next: ReturnType<typeof ecKey>, twist: { url?: string; account?: string; oldKey?: object; nonce?: string } = {}) => {
  const url = client.url('/acme/key-change');
  const payload = { account: twist.account ?? client.kid, oldKey: twist.oldKey ?? publicJwk(client.key) };
  return client.post('/acme/key-change', jws(next, { jwk: publicJwk(next), url: twist.url ?? url, ...(twist.nonce === undefined ? {} : { nonce: twist.nonce }) }, JSON.stringify(payload)));
};

describe('key change', () => {
  it('moves the account to the new key', async () => {
    const client = await Client.registered(sandbox);
    const [old, next] = [client.key, rsaKey()];
    expect((await change(client, next)).status).toBe(200);
    expect((await client.order(dns('example.com'))).status).toBe(400);
    client.key = next;
    expect((await client.order(dns('example.com'))).status).toBe(201);
    expect((await new Client(sandbox, old).register({ onlyReturnExisting: true })).status).toBe(400);
  });

  it('is refused when the key is taken, and says whose it is', async () => {
    const [one, other] = [await Client.registered(sandbox), await Client.registered(sandbox)];
    const answer = await change(one, other.key);
    expect([answer.status, answer.headers.location]).toEqual([409, other.kid]);
  });

  it.each([{ url: 'https://example.com/' }, { account: 'https://example.com/1' }, { oldKey: publicJwk(ecKey()) }, { nonce: 'abc' }])('refuses a wrong inner request: %j', async (twist) => {
    const client = await Client.registered(sandbox);
    expect((await change(client, ecKey(), twist)).status).toBe(400);
    expect((await client.order(dns('example.com'))).status).toBe(201);
  });
});

const url = () => `${new URL(bound.directoryUrl).origin}/acme/new-acct`;

describe('external account binding', () => {
  it('is asked for in the directory and by newAccount', async () => {
    const client = new Client(bound);
    expect((await client.fetch('GET', '/directory')).json.meta).toMatchObject({ externalAccountRequired: true });
    const answer = await client.register();
    expect([answer.status, kind(answer)]).toEqual([403, 'externalAccountRequired']);
  });

  it.each(['HS256', 'HS384', 'HS512'])('is accepted with %s', async (alg) => {
    const client = new Client(bound);
    const answer = await client.register({ externalAccountBinding: binding(client.key, url(), 'kid-1', MAC, alg) });
    expect(answer.status).toBe(201);
    expect(answer.json.externalAccountBinding).toBeDefined();
  });

  it('is refused when anything in it is wrong', async () => {
    const client = new Client(bound);
    const good = binding(client.key, url(), 'kid-1', MAC);
    const tries: [unknown, string][] = [
      [binding(client.key, url(), 'kid-9', MAC), 'unauthorized'],
      [binding(client.key, url(), 'kid-1', Buffer.alloc(32, 8).toString('base64url')), 'unauthorized'],
      [binding(client.key, url(), 'kid-2', MAC, 'HS256'), 'unauthorized'],
      [binding(client.key, 'https://example.com/', 'kid-1', MAC), 'malformed'],
      [binding(ecKey(), url(), 'kid-1', MAC), 'malformed'],
      [{ ...good, protected: Buffer.from(JSON.stringify({ alg: 'toString', kid: 'kid-1', url: url() })).toString('base64url') }, 'badSignatureAlgorithm'],
      [{ ...good, signature: 'AAAA' }, 'unauthorized'],
      ['binding', 'malformed'],
      [{ protected: 1 }, 'malformed'],
    ];
    for (const [externalAccountBinding, problem] of tries) expect(kind(await client.register({ externalAccountBinding }))).toBe(problem);
    expect((await client.register({ externalAccountBinding: good })).status).toBe(201);
  });
});
