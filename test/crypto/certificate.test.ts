import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyMatches, readCertificate, splitChain } from '../../src/crypto/certificate.js';
import { generatePrivateKey } from '../../src/crypto/keys.js';
import { StoreError } from '../../src/core/errors.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'certwright-certificate-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A self-signed certificate by openssl for the key, with these request options. */
function selfSigned(keyPem: string, subject: string, extensions: readonly string[], serial = '0x0abc', more: readonly string[] = [], setting = ''): string {
  const [key, out, config] = ['key.pem', 'cert.pem', 'openssl.cnf'].map((name) => join(folder, name)) as [string, string, string];
  writeFileSync(key, keyPem);
  writeFileSync(config, `[req]\ndistinguished_name=dn\nx509_extensions=v3\n${setting}\n[dn]\n[v3]\nbasicConstraints=CA:TRUE\n`);
  execFileSync('openssl', ['req', '-x509', '-new', '-config', config, '-key', key, '-subj', subject, '-days', '90', '-set_serial', serial, '-out', out, ...extensions.flatMap((each) => ['-addext', each]), ...more], { timeout: 20_000, stdio: 'pipe' });
  return readFileSync(out, 'utf8');
}

describe('readCertificate', () => {
  it('reads names with the common name first, addresses in canonical form, dates, issuer, serial and key', async () => {
    const key = await generatePrivateKey({ type: 'ecdsa', curve: 'secp384r1' });
    const pem = selfSigned(key, '/O=Some\\, Inc/CN=b.example', ['subjectAltName=DNS:A.example,DNS:b.example,DNS:*.c.example,IP:192.0.2.1,IP:2001:DB8:0:0:0:0:0:1']);
    const found = readCertificate(pem);
    expect(found).toMatchObject({
      names: ['b.example', 'a.example', '*.c.example'],
      ips: ['192.0.2.1', '2001:db8::1'],
      issuer: 'b.example',
      subject: 'b.example',
      serial: '0abc',
      keyType: 'ecdsa',
      curve: 'secp384r1',
    });
    expect(found.mustStaple).toBeUndefined();
    expect((found.notAfter.getTime() - found.notBefore.getTime()) / 86_400_000).toBe(90);
  });

  it('takes the common name alone when there are no alternative names, and sees must-staple and the RSA size', async () => {
    const key = await generatePrivateKey({ type: 'rsa', size: 2048 });
    const found = readCertificate(selfSigned(key, '/CN=only.example', ['tlsfeature=status_request']));
    expect(found).toMatchObject({ names: ['only.example'], ips: [], keyType: 'rsa', rsaKeySize: 2048, mustStaple: true });
  });

  it('names the organisation when the issuer has no common name, without what could steer a terminal', async () => {
    const key = await generatePrivateKey({ type: 'ecdsa', curve: 'secp256r1' });
    expect(readCertificate(selfSigned(key, '/O=An\u001b[31m "Inc", Ltd', ['subjectAltName=DNS:a.example'])).issuer).toBe('An "Inc", Ltd');
  });

  it('does not let a quoted name pretend to be two', async () => {
    const key = await generatePrivateKey({ type: 'ecdsa', curve: 'secp256r1' });
    writeFileSync(join(folder, 'ext.cnf'), '[req]\ndistinguished_name=dn\nx509_extensions=v3\nprompt=no\n[dn]\nCN=a.example\n[v3]\nsubjectAltName=@san\n[san]\nDNS.1=x.example\\, DNS:evil.example\nDNS.2=a.example\n');
    writeFileSync(join(folder, 'key.pem'), key);
    const pem = execFileSync('openssl', ['req', '-x509', '-new', '-config', join(folder, 'ext.cnf'), '-key', join(folder, 'key.pem')], { encoding: 'utf8', timeout: 20_000 });
    expect(readCertificate(pem).names).toEqual(['a.example', 'x.example, dns:evil.example']);
  });

  it('says what node:crypto says of the same certificate, whatever the form of its strings, serial and key', async () => {
    const [p256, rsa] = await Promise.all([generatePrivateKey({ type: 'ecdsa', curve: 'secp256r1' }), generatePrivateKey({ type: 'rsa', size: 3072 })]);
    const names = 'subjectAltName=DNS:a.example,IP:2001:db8::a:0:0:1,DNS:*.a.example,email:who@a.example';
    const all = [
      selfSigned(p256, '/C=CH/O=Zürich/CN=a.example', [names], '0xff00000000000000000000000000000000ab', ['-utf8']),
      selfSigned(rsa, '/O=Plain/OU=Two/CN=First.example/CN=second.example', [names], '0x1', ['-days', '36500']),
      selfSigned(p256, '/O=Bürger', [names], '0x80', ['-utf8'], 'string_mask=MASK:0x800'),
    ];
    for (const pem of all) {
      const [own, node] = [readCertificate(pem), new X509Certificate(pem)];
      expect(own).toMatchObject({ serial: node.serialNumber.toLowerCase(), notBefore: new Date(node.validFrom), notAfter: new Date(node.validTo) });
      expect(own.rsaKeySize).toBe(node.publicKey.asymmetricKeyDetails?.modulusLength);
      expect(own.ips).toEqual(['2001:db8::a:0:0:1']);
      expect(readCertificate(node.raw)).toEqual(own);
    }
    expect(all.map((pem) => readCertificate(pem).names)).toEqual([['a.example', '*.a.example'], ['first.example', 'a.example', '*.a.example'], ['a.example', '*.a.example']]);
    // UTF8String, PrintableString, BMPString.
    expect(all.map((pem) => readCertificate(pem).issuer)).toEqual(['a.example', 'First.example', 'Bürger']);
  });

  it('refuses a certificate that is cut short, wherever', async () => {
    const whole = new X509Certificate(selfSigned(await generatePrivateKey({ type: 'ecdsa', curve: 'secp256r1' }), '/CN=a.example', [])).raw;
    for (let length = 0; length < whole.length; length += 1) expect(() => readCertificate(whole.subarray(0, length))).toThrow(StoreError);
  });

  it.each(['', 'nonsense', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'])('refuses %j', (text) => {
    expect(() => readCertificate(text)).toThrow(StoreError);
  });
});

describe('splitChain', () => {
  it('keeps certificates only, one by one, each ended by a line feed', async () => {
    const key = await generatePrivateKey({ type: 'ecdsa', curve: 'secp256r1' });
    const first = selfSigned(key, '/CN=one.example', []);
    const second = selfSigned(key, '/CN=two.example', []);
    const parts = splitChain(`comment\n${first.trim()}\r\n${key}${second.replaceAll('\n', '\r\n')}`);
    expect(parts).toEqual([first, second]);
    expect(parts.join('')).not.toContain('PRIVATE');
  });

  it('refuses a damaged block and a text without any', () => {
    expect(() => splitChain('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n')).toThrow(StoreError);
    expect(() => splitChain('<html>')).toThrow('no certificate');
  });
});

describe('keyMatches', () => {
  it('tells the own key from another one and never quotes a key', async () => {
    const [own, other] = await Promise.all([generatePrivateKey({ type: 'ecdsa', curve: 'secp521r1' }), generatePrivateKey({ type: 'ecdsa', curve: 'secp521r1' })]);
    const pem = selfSigned(own, '/CN=a.example', []);
    expect(readCertificate(pem).curve).toBe('secp521r1');
    expect(keyMatches(pem, own)).toBe(true);
    expect(keyMatches(pem, other)).toBe(false);
    expect(() => keyMatches(pem, own.slice(0, 100))).toThrow(StoreError);
  });
});
