import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.js';
import { startAnswering, type Answering } from './answering.js';
import { createCsr } from '../../src/crypto/csr.js';
import { Client, b64, dns, ecKey, kind, pemOf, rsaKey } from './client.js';

const HOUR = 3_600_000;
let folder: string;
let sandbox: Sandbox;
let answering: Answering;
let client: Client;
let count = 0;
const fresh = (): string => `cert${(count += 1)}.example.com`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'certwright-issuing-'));
  answering = await startAnswering();
  sandbox = await startSandbox({ httpPort: answering.httpPort, tlsPort: answering.tlsPort });
  client = await Client.registered(sandbox);
  writeFileSync(join(folder, 'root.pem'), sandbox.rootPem);
});
afterAll(async () => {
  await Promise.all([sandbox.stop(), answering.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

const blocks = (pem: string): X509Certificate[] => (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g) ?? []).map((each) => new X509Certificate(each));
const openssl = (...args: string[]): string => execFileSync('openssl', args, { encoding: 'utf8', timeout: 10_000, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
const first = (pem: string): X509Certificate => {
  const [leaf] = blocks(pem);
  if (leaf === undefined) throw new Error(`no certificate in ${pem}`);
  return leaf;
};

/** RFC 9773 section 4.1. */
function renewalId(leaf: X509Certificate): string {
  const keyId = /(?:[0-9A-F]{2}:){19}[0-9A-F]{2}/.exec(openssl('x509', '-noout', '-ext', 'authorityKeyIdentifier', '-in', save(leaf)))?.[0] ?? '';
  const serial = leaf.serialNumber;
  return `${b64(Buffer.from(keyId.replaceAll(':', ''), 'hex'))}.${b64(Buffer.from((Number.parseInt(serial.slice(0, 2), 16) & 0x80 ? '00' : '') + serial, 'hex'))}`;
}

function save(leaf: X509Certificate): string {
  const path = join(folder, `${leaf.serialNumber}.pem`);
  writeFileSync(path, leaf.toString());
  return path;
}

describe('chains', () => {
  it('are offered with alternates, all of which openssl verifies', async () => {
    const { url, pem, headers } = await client.certify(sandbox, dns(fresh()));
    expect(headers['content-type']).toBe('application/pem-certificate-chain');
    const alternates = [...String(headers.link).matchAll(/<([^>]+)>;rel="alternate"/g)].map(([, each]) => String(each));
    expect(alternates).toEqual([`${url}/1`, `${url}/2`]);
    const issuers = [];
    for (const chain of [pem, ...(await Promise.all(alternates.map(async (each) => (await client.post(each)).text)))]) {
      const [leaf, ...above] = blocks(chain);
      issuers.push(/CN=(.*)/.exec(above.at(-1)?.issuer ?? '')?.[1]);
      writeFileSync(join(folder, 'leaf.pem'), String(leaf));
      writeFileSync(join(folder, 'above.pem'), above.join('\n'));
      expect(openssl('verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', 'root.pem', '-untrusted', 'above.pem', 'leaf.pem')).toBe('leaf.pem: OK\n');
    }
    expect(issuers).toEqual(['Sandbox Root X1', 'Sandbox Root X2', 'Sandbox Root X1']);
    expect((await client.post(`${url}/9`)).status).toBe(404);
    expect(kind(await (await Client.registered(sandbox)).post(url))).toBe('unauthorized');
  });

  it('hold names, wildcards and addresses as ordered', async () => {
    const name = fresh();
    const identifiers = [...dns(name, `*.${name}`), { type: 'ip', value: '127.0.0.1' } as const];
    const order = await client.order(identifiers);
    for (const { authorization, challenge, identifier, token } of await client.challenges(order, 'dns-01')) {
      if (identifier.type === 'ip') continue;
      sandbox.setRecord(`_acme-challenge.${name}`, 'TXT', client.dnsValue(token));
      await client.post(challenge, {});
      await client.settle(authorization);
    }
    const [address] = (await client.challenges(order, 'http-01')).filter((each) => each.identifier.type === 'ip');
    answering.pages.set(`127.0.0.1 /.well-known/acme-challenge/${address?.token}`, client.keyAuthorization(String(address?.token)));
    await client.post(String(address?.challenge), {});
    await client.settle(String(address?.authorization));
    const done = await client.finalize(order, identifiers, { key: rsaKey() });
    const leaf = first((await client.post(String(done.json.certificate))).text);
    expect(leaf.subjectAltName).toBe(`DNS:${name}, DNS:*.${name}, IP Address:127.0.0.1`);
    expect(leaf.subject).toBe(`CN=${name}`);
    expect(leaf.publicKey.asymmetricKeyType).toBe('rsa');
  });

  it('live as long as the profile says, or as was asked', async () => {
    for (const [more, hours] of [[{}, 90 * 24], [{ profile: 'shortlived' }, 160], [{ notAfter: new Date(Date.now() + 5 * HOUR).toISOString() }, 6]] as const) {
      const leaf = first((await client.certify(sandbox, dns(fresh()), { more })).pem);
      const life = (Date.parse(leaf.validTo) - Date.parse(leaf.validFrom)) / HOUR;
      expect(Math.round(life)).toBe(hours);
    }
  });

  it('carry must-staple when it is asked for', async () => {
    const { pem } = await client.certify(sandbox, dns(fresh()), { mustStaple: true });
    expect(openssl('x509', '-noout', '-text', '-in', save(first(pem)))).toContain('status_request');
  });
});

const ready = async (...names: string[]) => {
  const order = await client.order(dns(...names));
  await client.prove(order, 'dns-01', (identifier, token) => sandbox.setRecord(`_acme-challenge.${identifier.value}`, 'TXT', client.dnsValue(token)));
  return order;
};

const asked = (key: ReturnType<typeof ecKey>, ...names: string[]): string => b64(createCsr(pemOf(key), dns(...names), { mustStaple: false }));

describe('finalize', () => {
  it('waits for the authorizations', async () => {
    const answer = await client.finalize(await client.order(dns(fresh())), dns('x.example.com'));
    expect([answer.status, kind(answer)]).toEqual([403, 'orderNotReady']);
  });

  it('answers processing with Retry-After, then valid, and only once', async () => {
    const name = fresh();
    const order = await ready(name);
    const csr = b64(createCsr(pemOf(ecKey()), dns(name), { mustStaple: false }));
    const answer = await client.post(String(order.json.finalize), { csr });
    expect([answer.json.status, answer.headers['retry-after'], answer.headers.location]).toEqual(['processing', '1', order.headers.location]);
    expect((await client.settle(String(order.headers.location))).json.status).toBe('valid');
    expect(kind(await client.post(String(order.json.finalize), { csr }))).toBe('orderNotReady');
  });

  it('refuses what is not the right CSR, and leaves the order ready', async () => {
    const [name, other] = [fresh(), fresh()];
    const order = await ready(name, other);
    const good = Buffer.from(asked(ecKey(), name, other), 'base64url');
    const forged = Buffer.from(good);
    forged[forged.length - 3] = (forged[forged.length - 3] ?? 0) ^ 1;
    const tries: [unknown, RegExp][] = [
      [asked(ecKey(), name), /it lacks cert\d+\.example\.com$/],
      [asked(ecKey(), name, other, 'more.example.com'), /it has in addition more\.example\.com/],
      [asked(client.key, name, other), /must not be that of the account/],
      [asked(rsaKey(1024), name, other), /too weak: 1024 bits/],
      [b64(forged), /signature/],
      [b64(good.subarray(0, 100)), /cannot be read/],
      [b64('-----BEGIN CERTIFICATE REQUEST-----'), /cannot be read/],
      ['not base64 !', /not base64url/],
      ['', /cannot be read/],
    ];
    for (const [csr, detail] of tries) {
      const answer = await client.post(String(order.json.finalize), { csr });
      expect(kind(answer), String(detail)).toBe('badCSR');
      expect(answer.json.detail).toMatch(detail);
    }
    for (const csr of [undefined, 7, null]) expect(kind(await client.post(String(order.json.finalize), { csr }))).toBe('malformed');
    expect((await client.post(String(order.json.finalize), { csr: b64(good) })).json.status).toBe('processing');
  });

  it('survives CSRs with any byte changed', async () => {
    const name = fresh();
    const order = await ready(name);
    const good = createCsr(pemOf(ecKey()), dns(name), { mustStaple: true });
    for (let at = 0; at < good.length; at += 7) {
      const bytes = Buffer.from(good);
      bytes[at] = (bytes[at] ?? 0) ^ 0x81;
      expect(kind(await client.post(String(order.json.finalize), { csr: b64(bytes) }))).toBe('badCSR');
    }
  });
});

const revoke = (by: Client, leaf: X509Certificate, more: object = {}, twist = {}) => by.post('/acme/revoke-cert', { certificate: b64(leaf.raw), ...more }, twist);

describe('revocation', () => {
  it('by the account, once, with a reason; told by OCSP and CRL', async () => {
    const leaf = first((await client.certify(sandbox, dns(fresh()))).pem);
    const issuer = join(folder, 'issuer.der');
    writeFileSync(issuer, Buffer.from(await (await fetch(`${sandbox.managementUrl}/certs/e1.der`)).arrayBuffer()));
    openssl('x509', '-inform', 'der', '-in', 'issuer.der', '-out', 'issuer.pem');
    const ocspUrl = /OCSP - URI:(\S+)/.exec(openssl('x509', '-noout', '-text', '-in', save(leaf)))?.[1] ?? '';
    expect(ocspUrl).toBe(`${sandbox.managementUrl}/ocsp`);
    // openssl's own client needs this process to answer meanwhile, so its request and answer travel by hand.
    const status = async (): Promise<string> => {
      openssl('ocsp', '-issuer', 'issuer.pem', '-cert', save(leaf), '-reqout', 'request.der');
      const answer = await fetch(ocspUrl, { method: 'POST', body: readFileSync(join(folder, 'request.der')) });
      expect(answer.headers.get('content-type')).toBe('application/ocsp-response');
      writeFileSync(join(folder, 'answer.der'), Buffer.from(await answer.arrayBuffer()));
      return openssl('ocsp', '-issuer', 'issuer.pem', '-cert', save(leaf), '-respin', 'answer.der', '-CAfile', 'root.pem', '-no_nonce');
    };
    expect(await status()).toContain(': good');
    expect(kind(await revoke(client, leaf, { reason: 2 }))).toBe('badRevocationReason');
    expect(kind(await revoke(client, leaf, { reason: 'x' }))).toBe('badRevocationReason');
    expect((await revoke(client, leaf, { reason: 4 })).status).toBe(200);
    expect(kind(await revoke(client, leaf, { reason: 4 }))).toBe('alreadyRevoked');
    expect(await status()).toMatch(/: revoked\n[^]*Reason: superseded/);
    writeFileSync(join(folder, 'list.der'), Buffer.from(await (await fetch(`${sandbox.managementUrl}/crl/e1.crl`)).arrayBuffer()));
    expect(openssl('crl', '-inform', 'der', '-in', 'list.der', '-noout', '-text')).toContain(leaf.serialNumber);
  });

  it('by the key of the certificate, not by strangers', async () => {
    const key = ecKey();
    const leaf = first((await client.certify(sandbox, dns(fresh()), { key })).pem);
    const stranger = await Client.registered(sandbox);
    expect(kind(await revoke(stranger, leaf))).toBe('unauthorized');
    expect(kind(await revoke(stranger, leaf, {}, { jwk: true, signBy: ecKey() }))).toBe('unauthorized');
    expect((await revoke(stranger, leaf, { reason: 1 }, { jwk: true, signBy: key })).status).toBe(200);
    const order = await client.order(dns(String(leaf.subject.slice(3))));
    expect((await client.finalize(order, dns(String(leaf.subject.slice(3))), { key })).json.detail).toContain('known to be compromised');
  });

  it('by an account that holds all the names', async () => {
    const name = fresh();
    const leaf = first((await client.certify(sandbox, dns(name))).pem);
    const owner = await Client.registered(sandbox);
    await owner.certify(sandbox, dns(name));
    expect((await revoke(owner, leaf)).status).toBe(200);
  });

  it('of what this CA did not issue', async () => {
    const other = await startSandbox({ httpPort: 1, tlsPort: 1 });
    try {
      expect((await revoke(client, first(other.rootPem))).status).toBe(404);
      expect((await client.post('/acme/revoke-cert', { certificate: 'AAAA' })).status).toBe(404);
      expect((await client.post('/acme/revoke-cert', {})).status).toBe(400);
    } finally {
      await other.stop();
    }
  });
});

describe('renewal information and replaces', () => {
  it('gives a window in the last third, one that was set, and the past when revoked', async () => {
    const leaf = first((await client.certify(sandbox, dns(fresh()))).pem);
    const ask = () => client.fetch('GET', `/acme/renewal-info/${renewalId(leaf)}`);
    const usual = await ask();
    expect([usual.status, usual.headers['retry-after']]).toEqual([200, '21600']);
    const start = Date.parse(String(usual.json.suggestedWindow?.start));
    expect((start - Date.parse(leaf.validFrom)) / (90 * 24 * HOUR)).toBeCloseTo(2 / 3, 3);
    const window = { start: Date.parse('2030-01-01T00:00:00Z'), end: Date.parse('2030-01-02T00:00:00Z'), explanationUrl: 'https://example.com/why' };
    sandbox.setRenewalWindow(window, leaf.serialNumber);
    expect((await ask()).json).toEqual({ suggestedWindow: { start: '2030-01-01T00:00:00Z', end: '2030-01-02T00:00:00Z' }, explanationURL: 'https://example.com/why' });
    sandbox.setRenewalWindow(undefined, leaf.serialNumber);
    sandbox.setRenewalWindow({ start: 0, end: 1000 });
    expect((await ask()).json.suggestedWindow?.start).toBe('1970-01-01T00:00:00Z');
    sandbox.setRenewalWindow(undefined);
    await client.post('/acme/revoke-cert', { certificate: b64(leaf.raw) });
    expect(Date.parse(String((await ask()).json.suggestedWindow?.end))).toBeLessThanOrEqual(Date.now());
    for (const id of ['x', 'a.b', 'AAAA.AAAA', '%00', renewalId(leaf).slice(1)]) expect([400, 404]).toContain((await client.fetch('GET', `/acme/renewal-info/${id}`)).status);
    expect(() => sandbox.setRenewalWindow(window, 'ffff')).toThrow('no certificate has the serial number ffff');
  });

  it('lets one order replace a certificate', async () => {
    const name = fresh();
    const leaf = first((await client.certify(sandbox, dns(name))).pem);
    const replaces = renewalId(leaf);
    expect(kind(await client.order(dns(fresh()), { replaces }))).toBe('malformed');
    expect(kind(await (await Client.registered(sandbox)).order(dns(name), { replaces }))).toBe('unauthorized');
    const order = await client.order(dns(name), { replaces });
    expect([order.status, order.json.replaces]).toEqual([201, replaces]);
    const again = await client.order(dns(name), { replaces });
    expect([again.status, kind(again)]).toEqual([409, 'alreadyReplaced']);
  });
});
