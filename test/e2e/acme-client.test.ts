import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { choosePreferredChain } from '../../src/acme/chains.js';
import { createAcmeClient, type AcmeClient, type Exchange, type Order } from '../../src/acme/client.js';
import { readCertificate, splitChain } from '../../src/crypto/certificate.js';
import { createCsr } from '../../src/crypto/csr.js';
import { generatePrivateKey } from '../../src/crypto/keys.js';
import { startPebble as start } from './pebble.js';

interface Pebble {
  directoryUrl: string;
  env: Record<string, string>;
  stop(): Promise<void>;
}

const running: Pebble[] = [];
let accountKey = '';
beforeAll(async () => {
  accountKey = await generatePrivateKey({ type: 'ecdsa', curve: 'secp256r1' });
});
afterEach(() => Promise.all(running.splice(0).map((pebble) => pebble.stop())));

/** Debian's pebble on loopback; every challenge is taken as answered. */
async function startPebble(env: Record<string, string>, config: Record<string, unknown> = {}): Promise<Pebble> {
  const { directoryUrl, caPath, stop } = await start({ env: { PEBBLE_VA_ALWAYS_VALID: '1', PEBBLE_VA_NOSLEEP: '1', PEBBLE_AUTHZREUSE: '0', PEBBLE_WFE_NONCEREJECT: '0', ...env }, config });
  const pebble = { directoryUrl, env: { REQUESTS_CA_BUNDLE: caPath }, stop };
  running.push(pebble);
  return pebble;
}

function connect(pebble: Pebble, options: { exchanges?: Exchange[]; key?: string | null; url?: string | null; signal?: AbortSignal } = {}): AcmeClient {
  return createAcmeClient({
    directoryUrl: pebble.directoryUrl,
    accountKey: options.key === undefined ? accountKey : options.key,
    accountUrl: options.url ?? null,
    userAgent: 'certwright-test/1',
    verifySsl: true,
    signal: options.signal ?? new AbortController().signal,
    env: pebble.env,
    onExchange: (exchange) => options.exchanges?.push(exchange),
  });
}

/** Order, authorizations, challenges, finalize, certificate, as the core does it. */
async function obtain(client: AcmeClient, identifiers: readonly { type: 'dns' | 'ip'; value: string }[]): Promise<{ pem: string; alternates: string[]; order: Order }> {
  const certificateKey = await generatePrivateKey({ type: 'ecdsa', curve: 'secp256r1' });
  const order = await client.newOrder({ identifiers });
  const authorizations = await Promise.all(order.authorizations.map((url) => client.authorization(url)));
  const challenges = authorizations.map(({ challenges: [first] }) => first?.url ?? '');
  await Promise.all(challenges.map((url) => client.respond(url)));
  const deadline = Date.now() + 30_000;
  const ready = await client.pollOrder(order.url, { until: ['ready', 'processing', 'valid', 'invalid'], deadline, wake: Promise.resolve() });
  expect(ready.status).toBe('ready');
  let done = await client.finalize(ready, createCsr(certificateKey, identifiers, { mustStaple: false }));
  if (done.status !== 'valid') done = await client.pollOrder(order.url, { until: ['valid', 'invalid'], deadline });
  expect(done.status).toBe('valid');
  return { ...(await client.certificate(done.certificate ?? '')), order: done };
}

const dnsNames = (count: number): { type: 'dns'; value: string }[] => Array.from({ length: count }, (_, n) => ({ type: 'dns' as const, value: `n${n}.example.com` }));

describe('an account and certificates at pebble', () => {
  it.each([1, 10, 100])('takes 2N+8 requests for %i names, and one nonce more for each further request in flight', async (count) => {
    const pebble = await startPebble({});
    const exchanges: Exchange[] = [];
    const client = connect(pebble, { exchanges });
    const { meta } = await client.directory();
    expect(meta).toMatchObject({ externalAccountRequired: false });
    const { uri } = await client.newAccount({ contact: ['mailto:a@example.com'], termsOfServiceAgreed: true });
    expect(uri).toContain(new URL(pebble.directoryUrl).host);
    const { pem } = await obtain(client, dnsNames(count));
    expect(readCertificate(splitChain(pem)[0] ?? '').names.toSorted()).toEqual(dnsNames(count).map(({ value }) => value).toSorted());
    const nonces = exchanges.filter(({ purpose }) => purpose === 'fresh nonce').length;
    expect(nonces).toBeGreaterThanOrEqual(1);
    expect(nonces).toBeLessThanOrEqual(Math.min(16, count));
    const looks = exchanges.filter(({ purpose }) => purpose === 'order status').length;
    // One each for proof and certificate; a loaded machine may need one or two more.
    expect(looks).toBeLessThanOrEqual(4);
    expect(exchanges.length - nonces - looks).toBe(2 * count + 5);
    expect(exchanges.every(({ status }) => status >= 200 && status < 300)).toBe(true);
  });

  it('goes through when the CA refuses every fifth nonce', async () => {
    const pebble = await startPebble({ PEBBLE_WFE_NONCEREJECT: '20' });
    const exchanges: Exchange[] = [];
    const client = connect(pebble, { exchanges });
    await client.newAccount({ contact: [], termsOfServiceAgreed: true });
    const { pem } = await obtain(client, dnsNames(40));
    expect(readCertificate(splitChain(pem)[0] ?? '').names).toHaveLength(40);
    expect(exchanges.filter(({ status }) => status === 400).length).toBeGreaterThan(0);
  });

  it('issues for addresses, of either kind, together with names', async () => {
    const pebble = await startPebble({});
    const client = connect(pebble);
    await client.newAccount({ contact: [], termsOfServiceAgreed: true });
    // This pebble compares addresses of both kinds in one order wrongly, so they are asked for in two orders.
    for (const ip of ['127.0.0.2', '2001:db8::5']) {
      const { pem } = await obtain(client, [{ type: 'dns', value: 'a.example.com' }, { type: 'ip', value: ip }]);
      expect(readCertificate(splitChain(pem)[0] ?? '')).toMatchObject({ names: expect.arrayContaining(['a.example.com']), ips: [ip] });
    }
  });

  it('offers other chains of the same certificate, of which the wished one is chosen', async () => {
    const pebble = await startPebble({ PEBBLE_ALTERNATE_ROOTS: '2' });
    const client = connect(pebble);
    await client.newAccount({ contact: [], termsOfServiceAgreed: true });
    const { pem, alternates } = await obtain(client, dnsNames(1));
    expect(alternates).toHaveLength(2);
    const chains = [pem, ...(await Promise.all(alternates.map(async (url) => (await client.certificate(url)).pem)))];
    const tops = chains.map((chain) => readCertificate(splitChain(chain).at(-1) ?? '').issuer);
    expect(new Set(tops).size).toBe(3);
    expect(choosePreferredChain(chains, tops[2] ?? '')).toBe(chains[2]);
    expect(choosePreferredChain(chains, 'Nobody CA')).toBe(pem);
  });

  it('finds the account by its key, changes the key, revokes, and ends the account', async () => {
    const pebble = await startPebble({});
    const first = connect(pebble);
    const { uri } = await first.newAccount({ contact: ['mailto:a@example.com'], termsOfServiceAgreed: true });
    const known = connect(pebble);
    expect(await known.newAccount({ contact: [], termsOfServiceAgreed: true, onlyReturnExisting: true })).toMatchObject({ uri });
    const { order, pem } = await obtain(connect(pebble), dnsNames(1));
    expect(order.status).toBe('valid');
    expect(await first.updateAccount({ contact: ['mailto:b@example.com'] })).toMatchObject({ contact: ['mailto:b@example.com'] });
    const rsa = await generatePrivateKey({ type: 'rsa', size: 2048 });
    await first.changeKey(rsa);
    expect(await connect(pebble, { key: rsa }).newAccount({ contact: [], termsOfServiceAgreed: true, onlyReturnExisting: true })).toMatchObject({ uri });
    await expect(connect(pebble).newAccount({ contact: [], termsOfServiceAgreed: true, onlyReturnExisting: true })).rejects.toMatchObject({ kind: 'accountDoesNotExist' });
    await first.revoke({ certificate: splitChain(pem)[0] ?? '', reason: 4 });
    await expect(first.revoke({ certificate: splitChain(pem)[0] ?? '', reason: 4 })).resolves.toBeUndefined();
    await first.deactivateAccount();
    await expect(first.newOrder({ identifiers: dnsNames(1) })).rejects.toMatchObject({ code: 'acme-problem', hint: expect.stringContaining('account') });
  });

  it.each(['HS256', 'HS384', 'HS512'])('binds the account to an external one with %s', async (alg) => {
    const mac = 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W';
    const pebble = await startPebble({}, { externalAccountBindingRequired: true, externalAccountMACKeys: { 'kid-1': mac } });
    const client = connect(pebble);
    expect((await client.directory()).meta.externalAccountRequired).toBe(true);
    await expect(client.newAccount({ contact: [], termsOfServiceAgreed: true })).rejects.toMatchObject({ kind: 'externalAccountRequired', hint: expect.stringContaining('--eab-kid') });
    await expect(client.newAccount({ contact: [], termsOfServiceAgreed: true, eab: { kid: 'kid-1', key: 'AAAA', alg } })).rejects.toMatchObject({ code: 'acme-problem' });
    expect(await client.newAccount({ contact: [], termsOfServiceAgreed: true, eab: { kid: 'kid-1', key: mac, alg } })).toMatchObject({ uri: expect.stringContaining('http') });
  });

  it('does not trust a CA server it was not told to trust', async () => {
    const pebble = await startPebble({});
    await expect(connect({ ...pebble, env: {} }).directory()).rejects.toMatchObject({ code: 'network', message: expect.stringContaining('not trusted'), hint: expect.stringContaining('SSL_CERT_FILE') });
    await expect(connect({ ...pebble, env: { SSL_CERT_FILE: pebble.env['REQUESTS_CA_BUNDLE'] ?? '' } }).directory()).resolves.toMatchObject({ newOrder: expect.any(String) });
  });
});
