import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCertificate } from '../../src/crypto/certificate.js';

/** The example of RFC 9773, appendix A. */
const EXAMPLE = `-----BEGIN CERTIFICATE-----
MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt
cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS
BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu
7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf
qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B
yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb
+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK
-----END CERTIFICATE-----
`;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'certwright-ari-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A self-signed certificate with this serial by openssl. */
function certificate(serial: string, extension: string): string {
  writeFileSync(join(folder, 'x.cnf'), `[req]\ndistinguished_name=dn\nx509_extensions=v3\nprompt=no\n[dn]\nCN=a.example\n[v3]\nsubjectKeyIdentifier=${extension === '' ? 'none' : 'hash'}\nauthorityKeyIdentifier=${extension === '' ? 'none' : extension}\nbasicConstraints=CA:false\n`);
  return execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', join(folder, 'key.pem'), '-config', join(folder, 'x.cnf'), '-set_serial', serial], { encoding: 'utf8', timeout: 20_000, stdio: ['ignore', 'pipe', 'pipe'] });
}

describe('renewalCertId', () => {
  it('is the one of the example in RFC 9773', () => {
    expect(readCertificate(EXAMPLE).certId).toBe('aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE');
  });

  it('keeps a leading zero byte of the serial number', () => {
    expect(readCertificate(certificate('0x80', 'keyid:always')).certId?.split('.')[1]).toBe(Buffer.from([0x00, 0x80]).toString('base64url'));
  });

  it('is not there for a certificate that does not name its authority', () => {
    expect(readCertificate(certificate('0x05', '')).certId).toBeUndefined();
  });
});
