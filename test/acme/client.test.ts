import { createHash, createHmac, createPublicKey } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAcmeClient, type AcmeClient, type Exchange } from '../../src/acme/client.js';
import { generatePrivateKey } from '../../src/crypto/keys.js';
import { problem, startFakeCa, type FakeCa, type Received, type Reply } from './fake-ca.js';

let key = '';
beforeAll(async () => {
  key = await generatePrivateKey({ type: 'ecdsa', curve: 'secp256r1' });
});
let ca: FakeCa | undefined;
afterEach(async () => {
  await ca?.close();
  ca = undefined;
});

async function connected(reply: (request: Received, origin: string) => Reply | Promise<Reply>, options: { accountUrl?: string | null; exchanges?: Exchange[]; meta?: unknown; controller?: AbortController } = {}): Promise<{ client: AcmeClient; origin: string; received: Received[] }> {
  ca = await startFakeCa(reply, options.meta);
  const { origin, received } = ca;
  const client = createAcmeClient({
    directoryUrl: `${origin}/dir`,
    accountKey: key,
    accountUrl: options.accountUrl === undefined ? `${origin}/account/1` : options.accountUrl,
    userAgent: 'certwright-test/1',
    verifySsl: true,
    signal: (options.controller ?? new AbortController()).signal,
    env: {},
    onExchange: (exchange) => options.exchanges?.push(exchange),
  });
  return { client, origin, received };
}

const orderAt = (origin: string, status = 'pending', more: Record<string, unknown> = {}): Reply => ({
  status: 201,
  headers: { location: `${origin}/order/1` },
  json: { status, identifiers: [{ type: 'dns', value: 'a.example' }], authorizations: [`${origin}/authz/1`], finalize: `${origin}/finalize/1`, ...more },
});
const wanted = { identifiers: [{ type: 'dns', value: 'a.example' }] };
const posts = (received: readonly Received[], path: string): Received[] => received.filter((each) => each.method === 'POST' && each.path === path);

describe('nonces', () => {
  it('goes on after twenty refused nonces, each time with the nonce of the refusal', async () => {
    let refusals = 0;
    const { client, received } = await connected(({ path }, origin) => {
      if (path !== '/new-order') return {};
      refusals += 1;
      return refusals <= 20 ? problem('badNonce', 'no') : orderAt(origin);
    });
    expect(await client.newOrder(wanted)).toMatchObject({ status: 'pending' });
    const tried = posts(received, '/new-order').map(({ header }) => header['nonce']);
    expect(tried).toHaveLength(21);
    expect(new Set(tried).size).toBe(21);
    expect(received.filter(({ path }) => path === '/nonce')).toHaveLength(1);
  });

  it('gives up after more, with words', async () => {
    const { client } = await connected(({ path }) => (path === '/new-order' ? problem('badNonce', 'no') : {}));
    await expect(client.newOrder(wanted)).rejects.toMatchObject({ kind: 'badNonce', hint: expect.stringContaining('nonce') });
  });

  it('is shared, like the directory, by clients of one run', async () => {
    const controller = new AbortController();
    const { client, origin, received } = await connected(({ path }, at) => (path === '/new-order' ? orderAt(at) : {}), { controller });
    await client.newOrder(wanted);
    const second = createAcmeClient({ directoryUrl: `${origin}/dir`, accountKey: key, accountUrl: `${origin}/account/2`, userAgent: 'certwright-test/1', verifySsl: true, signal: controller.signal, env: {} });
    await second.newOrder(wanted);
    expect(ca?.connections()).toBe(1);
    expect(received.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /dir', 'HEAD /nonce', 'POST /new-order', 'POST /new-order']);
    expect(posts(received, '/new-order').map(({ header }) => header['kid'])).toEqual([`${origin}/account/1`, `${origin}/account/2`]);
  });
});

describe('lost connections and faults of the CA', () => {
  it('sends an order again over new connections when they end without a word, some times', async () => {
    const { client, received } = await connected(({ path }) => (path === '/new-order' ? null : {}));
    await client.directory();
    await expect(client.newOrder(wanted)).rejects.toMatchObject({ code: 'network', message: expect.stringContaining('closed the connection') });
    expect(posts(received, '/new-order')).toHaveLength(4);
    expect(received.filter(({ path }) => path === '/nonce')).toHaveLength(1);
  });

  it('asks for validation again', async () => {
    let cut = 0;
    const { client, received } = await connected(({ path }) => {
      if (path !== '/challenge/1') return {};
      cut += 1;
      return cut === 1 ? null : { json: {} };
    });
    await client.respond(`${ca?.origin ?? ''}/challenge/1`);
    expect(posts(received, '/challenge/1').map(({ payload }) => payload)).toEqual([{}, {}]);
  });

  it('reads the order when the answer to finalize is lost', async () => {
    const { client, origin, received } = await connected(({ path }, at) => {
      if (path === '/finalize/1') return null;
      return path === '/order/1' ? { ...orderAt(at, 'valid', { certificate: `${at}/cert/1` }), status: 200 } : {};
    });
    expect(await client.finalize({ url: `${origin}/order/1`, finalize: `${origin}/finalize/1` }, Buffer.from('csr'))).toMatchObject({ status: 'valid', certificate: `${origin}/cert/1` });
    expect(posts(received, '/finalize/1').length).toBeLessThanOrEqual(2);
    expect(posts(received, '/finalize/1')[0]?.payload).toEqual({ csr: Buffer.from('csr').toString('base64url') });
  });

  it('repeats a read after a fault of the server, and tells of the fault when it stays', async () => {
    let asked = 0;
    const { client, origin, received } = await connected(({ path }, at) => {
      asked += path === '/order/1' ? 1 : 0;
      if (path === '/order/2') return { status: 502, text: '<html>', headers: { 'retry-after': '600' } };
      return path === '/order/1' ? (asked === 1 ? { status: 503, text: 'busy' } : { ...orderAt(at, 'ready'), status: 200 }) : {};
    });
    expect(await client.order(`${origin}/order/1`)).toMatchObject({ status: 'ready', url: `${origin}/order/1` });
    expect(posts(received, '/order/1')).toHaveLength(2);
    expect(posts(received, '/order/1')[0]?.payload).toBe('');
    await expect(client.order(`${origin}/order/2`)).rejects.toMatchObject({ code: 'network', message: expect.stringContaining('502'), hint: expect.stringContaining('Try again after') });
    expect(posts(received, '/order/2')).toHaveLength(1);
  });

  it('fails at once with the time to wait when the CA limits', async () => {
    const { client, received } = await connected(({ path }) => (path === '/new-order' ? problem('rateLimited', 'too many\u001b[2J certificates', 429, { 'retry-after': '3600' }) : {}));
    await expect(client.newOrder(wanted)).rejects.toMatchObject({ kind: 'rateLimited', retryAfterMs: 3_600_000, message: 'urn:ietf:params:acme:error:rateLimited :: too many certificates', hint: expect.stringContaining('UTC') });
    expect(posts(received, '/new-order')).toHaveLength(1);
  });

  it('ends with Cancelled when the run is given up', async () => {
    const controller = new AbortController();
    const { client } = await connected(async ({ path }) => {
      if (path === '/new-order') await new Promise((resolve) => setTimeout(resolve, 5000).unref());
      return {};
    }, { controller });
    await client.directory();
    const ordering = client.newOrder(wanted);
    setTimeout(() => controller.abort(), 50);
    await expect(ordering).rejects.toMatchObject({ code: 'cancelled' });
    await expect(client.newOrder(wanted)).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('accounts', () => {
  it('learns the account address by the key when it is first needed', async () => {
    const { client, origin, received } = await connected(({ path }, at) => (path === '/new-account' ? { headers: { location: `${at}/account/7` }, json: { status: 'valid' } } : path === '/new-order' ? orderAt(at) : {}), { accountUrl: null });
    await client.newOrder(wanted);
    expect(posts(received, '/new-account')[0]?.payload).toEqual({ onlyReturnExisting: true });
    expect(posts(received, '/new-order')[0]?.header['kid']).toBe(`${origin}/account/7`);
  });

  it('signs the external binding over the own public key', async () => {
    const { client, origin, received } = await connected(({ path }, at) => (path === '/new-account' ? { status: 201, headers: { location: `${at}/account/7` }, json: { status: 'valid', contact: [] } } : {}), { accountUrl: null });
    const secret = Buffer.from('a secret of the external account');
    await client.newAccount({ contact: ['mailto:a@example.com'], termsOfServiceAgreed: true, eab: { kid: 'kid-1', key: secret.toString('base64url'), alg: 'HS384' } });
    const { payload } = posts(received, '/new-account')[0] ?? {};
    const { externalAccountBinding: binding, ...rest } = payload as { externalAccountBinding: { protected: string; payload: string; signature: string } };
    expect(rest).toEqual({ termsOfServiceAgreed: true, contact: ['mailto:a@example.com'] });
    expect(JSON.parse(Buffer.from(binding.protected, 'base64url').toString())).toEqual({ alg: 'HS384', url: `${origin}/new-account`, kid: 'kid-1' });
    expect(JSON.parse(Buffer.from(binding.payload, 'base64url').toString())).toMatchObject(createPublicKey(key).export({ format: 'jwk' }));
    expect(binding.signature).toBe(createHmac('sha384', secret).update(`${binding.protected}.${binding.payload}`).digest('base64url'));
    await expect(client.newAccount({ contact: [], termsOfServiceAgreed: true, eab: { kid: 'k', key: 'no spaces, please', alg: 'HS256' } })).rejects.toMatchObject({ code: 'refused', message: expect.not.stringContaining('spaces') });
  });

  it('never quotes a damaged account key', () => {
    expect(() => createAcmeClient({ directoryUrl: 'https://ca.example/', accountKey: 'SECRET', accountUrl: null, userAgent: '', verifySsl: true, signal: new AbortController().signal, env: {} })).toThrow(/cannot be read/);
  });
});

describe('answers that make no sense', () => {
  it.each([
    ['a web page for a directory', '/dir', { text: '<html>' }, /directory that makes no sense/],
    ['an order in an unknown state', '/order/1', { json: { status: 'sleeping' } }, /status "sleeping" is unknown/],
    ['an order without addresses', '/order/1', { json: { status: 'pending', authorizations: 'x' } }, /"authorizations" is no list/],
    ['a script as finalize address', '/order/1', { json: { status: 'pending', authorizations: [], identifiers: [], finalize: 'javascript:1' } }, /"finalize" is no web address/],
    ['another file than a certificate', '/cert/1', { text: 'hello' }, /something else than a certificate/],
  ] as const)('refuses %s', async (_, path, answer, words) => {
    const { client, origin } = await connected((request) => (request.path === path ? answer : {}));
    const asking = path === '/dir' ? client.directory() : path === '/cert/1' ? client.certificate(`${origin}${path}`) : client.order(`${origin}${path}`);
    await expect(asking).rejects.toMatchObject({ code: 'network', message: expect.stringMatching(words) });
  });

  it('refuses a token that is a path', async () => {
    const { client, origin } = await connected(({ path }, at) => (path === '/authz/1' ? { json: { status: 'pending', identifier: { type: 'dns', value: 'a.example' }, challenges: [{ type: 'http-01', url: `${at}/c`, status: 'pending', token: '../../etc/cron.d/x' }] } } : {}));
    await expect(client.authorization(`${origin}/authz/1`)).rejects.toMatchObject({ code: 'network', message: expect.stringContaining('token') });
  });

  it('does not follow a redirect, but says where it leads', async () => {
    const { client } = await connected(({ path }) => (path === '/dir' ? { status: 301, headers: { location: 'https://new.example/dir' } } : {}));
    await expect(client.directory()).rejects.toMatchObject({ message: expect.stringContaining('https://new.example/dir'), hint: expect.stringContaining('--server') });
  });
});

describe('what is read', () => {
  it('gives what the directory says about the CA', async () => {
    const { client } = await connected(() => ({}), { meta: { externalAccountRequired: true, termsOfService: 'https://ca.example/terms', profiles: { classic: 'The \u001b[1mold one', odd: 3 } } });
    expect((await client.directory()).meta).toEqual({ externalAccountRequired: true, termsOfService: 'https://ca.example/terms', caaIdentities: [], profiles: { classic: 'The old one' } });
  });

  it('sends profile and replaces with an order', async () => {
    const { client, received } = await connected(({ path }, at) => (path === '/new-order' ? orderAt(at) : {}));
    await client.newOrder({ ...wanted, profile: 'shortlived', replaces: 'a.b' });
    expect(posts(received, '/new-order')[0]?.payload).toEqual({ ...wanted, profile: 'shortlived', replaces: 'a.b' });
  });

  it('reads renewal information without signing', async () => {
    const exchanges: Exchange[] = [];
    const { client, received } = await connected(({ path }) => (path === '/ari/aki.serial' ? { headers: { 'retry-after': '21600' }, json: { suggestedWindow: { start: '2026-12-01T00:00:00Z', end: '2026-12-02T00:00:00Z' } } } : {}), { exchanges });
    expect(await client.renewalInfo('aki.serial')).toEqual({ start: Date.UTC(2026, 11, 1), end: Date.UTC(2026, 11, 2), retryAfterMs: 21_600_000 });
    expect(received.map(({ method }) => method)).toEqual(['GET', 'GET']);
    expect(exchanges).toMatchObject([{ purpose: 'directory', status: 200 }, { purpose: 'renewal information', status: 200, method: 'GET' }]);
  });

  it('computes what challenges must hold', async () => {
    const { client, origin } = await connected(() => ({}));
    const { crv, kty, x, y } = createPublicKey(key).export({ format: 'jwk' });
    const thumbprint = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
    expect(client.keyAuthorization('tok')).toBe(`tok.${thumbprint}`);
    const challenge = { type: '', url: '', status: 'pending', issuerDomainNames: ['ca.example'] } as const;
    const about = { wildcard: true, challenge: { ...challenge, issuerDomainNames: ['ca.example'] } };
    expect(client.dnsValidation('dns-01', 'tok', about)).toBe(createHash('sha256').update(`tok.${thumbprint}`).digest('base64url'));
    expect(client.dnsValidation('dns-persist-01', '', about)).toBe(`ca.example; accounturi=${origin}/account/1; policy=wildcard`);
    expect(() => client.dnsValidation('dns-persist-01', '', { wildcard: false, challenge: { type: '', url: '', status: 'pending' } })).toThrow('does not say by which name');
    expect(client.dnsRecordName('dns-01', 'a.example')).toBe('_acme-challenge.a.example');
    expect(client.dnsRecordName('dns-persist-01', 'a.example')).toBe('_validation-persist.a.example');
    expect(client.dnsRecordName('dns-account-01', 'a.example')).toMatch(/^_[a-z2-7]{16}\._acme-challenge\.a\.example$/);
  });
});
