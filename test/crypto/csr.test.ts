import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createCsr, readCsr } from '../../src/crypto/csr.js';
import { generatePrivateKey, type KeyWish } from '../../src/crypto/keys.js';

const openssl = (der: Buffer): string => execFileSync('openssl', ['req', '-inform', 'DER', '-noout', '-text', '-verify'], { input: der, encoding: 'utf8', timeout: 20_000, stdio: ['pipe', 'pipe', 'pipe'] });

const kinds: [string, KeyWish, 'pkcs8' | 'sec1' | 'pkcs1'][] = [
  ['RSA in PKCS#1', { type: 'rsa', size: 2048 }, 'pkcs1'],
  ['P-256 in SEC1', { type: 'ecdsa', curve: 'secp256r1' }, 'sec1'],
  ['P-384', { type: 'ecdsa', curve: 'secp384r1' }, 'pkcs8'],
  ['P-521', { type: 'ecdsa', curve: 'secp521r1' }, 'pkcs8'],
];

describe('createCsr', () => {
  it.each(kinds)('makes a request that openssl verifies, with a key %s', async (_, wish, form) => {
    const pkcs8 = await generatePrivateKey(wish);
    const key = form === 'pkcs8' ? pkcs8 : createPrivateKey(pkcs8).export({ type: form as 'sec1', format: 'pem' }).toString();
    const names = [
      { type: 'dns', value: 'a.example' },
      { type: 'dns', value: '*.b.example' },
      { type: 'ip', value: '192.0.2.7' },
      { type: 'ip', value: '2001:db8::7' },
    ] as const;
    const der = createCsr(key, names, { mustStaple: false });
    const text = openssl(der);
    expect(text).toContain('DNS:a.example, DNS:*.b.example, IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:7');
    expect(text).toMatch(/Subject: *\n/);
    expect(text).not.toContain('TLS Feature');
    expect(await readCsr(der, 'x')).toMatchObject({ names: ['a.example', '*.b.example'], ips: ['192.0.2.7', '2001:db8::7'], keyType: wish.type });
  });

  it('asks for must-staple when wished', async () => {
    const der = createCsr(await generatePrivateKey({ type: 'ecdsa', curve: 'secp256r1' }), [{ type: 'dns', value: 'a.example' }], { mustStaple: true });
    expect(openssl(der)).toMatch(/TLS Feature:.*\n\s+status_request/);
  });

  it('refuses a key of another kind without quoting it', () => {
    expect(() => createCsr('-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----', [], { mustStaple: false })).toThrow(expect.objectContaining({ code: 'store', message: expect.not.stringContaining('secret') }));
  });
});

/** A request for a new P-256 key by openssl, PEM. */
const make = (args: readonly string[]): Buffer =>
  execFileSync('openssl', ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '/dev/null', ...args], { timeout: 20_000, stdio: ['pipe', 'pipe', 'pipe'] });

describe('readCsr', () => {
  it('reads PEM with text around it, the common name first', async () => {
    const pem = make(['-subj', '/CN=C.example', '-addext', 'subjectAltName=DNS:a.example,DNS:c.example,IP:::1']);
    const found = await readCsr(Buffer.concat([Buffer.from('my request\n'), pem]), 'x.csr');
    expect(found).toMatchObject({ names: ['c.example', 'a.example'], ips: ['::1'], keyType: 'ecdsa' });
    expect(openssl(found.der)).toContain('C.example');
  });

  it('reads a request that has a common name only', async () => {
    expect(await readCsr(make(['-subj', '/CN=only.example']), 'x.csr')).toMatchObject({ names: ['only.example'], ips: [] });
  });

  it.each([
    ['an empty file', Buffer.alloc(0)],
    ['bytes', Buffer.from([0x30, 0x82, 1, 2, 3])],
    ['a certificate', Buffer.from('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n')],
    ['a request without names', make(['-subj', '/O=nobody'])],
  ])('refuses %s and names the file', async (_, bytes) => {
    await expect(readCsr(bytes, '/tmp/my\u001b[2J.csr')).rejects.toMatchObject({ code: 'store', message: expect.stringContaining('/tmp/my.csr is not a usable'), hint: expect.stringContaining('PKCS#10') });
  });
});
