import { createHash, X509Certificate } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { createAlpnCertificate } from '../../src/crypto/alpn.js';
import { keyMatches, readCertificate } from '../../src/crypto/certificate.js';

const text = (pem: string): string => execFileSync('openssl', ['x509', '-noout', '-text'], { input: pem, encoding: 'utf8', timeout: 20_000 });

describe('createAlpnCertificate', () => {
  it.each([
    [{ type: 'dns', value: 'a.example' }, ['a.example'], []],
    [{ type: 'ip', value: '2001:db8::1' }, [], ['2001:db8::1']],
  ] as const)('answers for %j with a critical acmeIdentifier', async (identifier, names, ips) => {
    const { keyPem, certPem } = await createAlpnCertificate(identifier, 'token.thumbprint');
    expect(keyMatches(certPem, keyPem)).toBe(true);
    const found = readCertificate(certPem);
    expect(found.names.filter((name) => name !== 'acme challenge')).toEqual(names);
    expect(found.ips).toEqual(ips);
    expect(text(certPem)).toMatch(/1\.3\.6\.1\.5\.5\.7\.1\.31: critical/);
    const digest = createHash('sha256').update('token.thumbprint').digest();
    expect(new X509Certificate(certPem).raw.includes(Buffer.concat([Buffer.from([0x04, 0x22, 0x04, 0x20]), digest]))).toBe(true);
  });
});
