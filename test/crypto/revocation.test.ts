import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCertificate } from '../../src/crypto/certificate.js';
import { readCrl } from '../../src/crypto/crl.js';
import { certificateParts } from '../../src/crypto/der.js';
import { ocspRequest, readOcspResponse } from '../../src/crypto/ocsp.js';

// A CA made by openssl: what it says must be understood, whatever we think of ourselves.
const DAY = 86_400_000;
const URL_OF_CRL = 'http://ca.example/1.crl';
let folder: string;
const path = (name: string) => join(folder, name);
const openssl = (...args: string[]): Buffer => execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], timeout: 20_000 });
const certificate = (name: string) => new X509Certificate(readFileSync(path(`${name}.pem`)));
const serialOf = (name: string) => certificateParts(certificate(name).raw)?.serial ?? Buffer.alloc(0);

function sign(name: string, ca: string, extensions: string): void {
  openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
  openssl('ca', '-batch', '-config', 'ca.cnf', '-cert', `${ca}.pem`, '-keyfile', `${ca}.key`, '-in', `${name}.csr`, '-out', `${name}.pem`, '-notext', '-extensions', extensions);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'certwright-revocation-'));
  writeFileSync(path('index.txt'), '');
  writeFileSync(path('index.txt.attr'), 'unique_subject = no\n');
  writeFileSync(path('serial'), '8f01\n');
  writeFileSync(path('crlnumber'), '01\n');
  writeFileSync(
    path('ca.cnf'),
    `[ca]\ndefault_ca = own\n[own]\ndatabase = index.txt\nserial = serial\ncrlnumber = crlnumber\nnew_certs_dir = .\ndefault_md = sha256\ndefault_days = 30\ndefault_crl_days = 7\npolicy = any\n` +
      `crl_extensions = list\n[any]\ncommonName = supplied\n[leaf]\nauthorityKeyIdentifier = keyid\nauthorityInfoAccess = OCSP;URI:http://ocsp.ca.example/, caIssuers;URI:http://ca.example/ca.der\ncrlDistributionPoints = URI:${URL_OF_CRL}\n` +
      `[responder]\nextendedKeyUsage = OCSPSigning\nauthorityKeyIdentifier = keyid\n[list]\nauthorityKeyIdentifier = keyid\nissuingDistributionPoint = critical, @part\n[part]\nfullname = URI:${URL_OF_CRL}\nonlyuser = TRUE\n`,
  );
  for (const ca of ['ca', 'other']) openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', `${ca}.key`, '-out', `${ca}.pem`, '-subj', '/CN=Own CA', '-days', '90');
  for (const name of ['good', 'gone']) sign(name, 'ca', 'leaf');
  sign('responder', 'ca', 'responder');
  sign('impostor', 'ca', 'leaf');
  openssl('ca', '-config', 'ca.cnf', '-cert', 'ca.pem', '-keyfile', 'ca.key', '-revoke', 'gone.pem', '-crl_reason', 'keyCompromise');
  openssl('ca', '-config', 'ca.cnf', '-cert', 'ca.pem', '-keyfile', 'ca.key', '-gencrl', '-out', 'crl.pem');
  openssl('crl', '-in', 'crl.pem', '-outform', 'der', '-out', 'crl.der');
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('a certificate says where its revocation can be learnt', () => {
  expect(readCertificate(readFileSync(path('good.pem'))).revocation).toEqual({ ocsp: 'http://ocsp.ca.example/', crls: [URL_OF_CRL] });
  expect(readCertificate(readFileSync(path('ca.pem'))).revocation).toEqual({ crls: [] });
});

describe('CRL', () => {
  const read = (bytes: Buffer, change: { issuer?: X509Certificate; url?: string; now?: number } = {}) => readCrl(bytes, { issuer: certificate('ca'), url: URL_OF_CRL, now: Date.now(), ...change });
  const der = () => readFileSync(path('crl.der'));

  it.each(['crl.der', 'crl.pem'])('%s: finds the revoked one and no other', (file) => {
    const crl = read(readFileSync(path(file)));
    expect(crl.find(serialOf('gone'))?.revokedAt).toBeGreaterThan(Date.now() - 60_000);
    expect(crl.find(serialOf('good'))).toBeNull();
    // Bytes that stand somewhere in the list, but are no serial number there.
    expect(crl.find(serialOf('gone').subarray(1))).toBeNull();
    expect(crl.nextUpdate).toBeGreaterThan(Date.now() + 6 * DAY);
  });

  it('is not believed when another signed it, when it was changed, when it is old or of tomorrow, or is another part', () => {
    expect(() => read(der(), { issuer: certificate('other') })).toThrow('invalid signature');
    expect(() => read(der(), { issuer: certificate('good') })).toThrow("not one of the certificate's issuer");
    const changed = der();
    const at = changed.indexOf(serialOf('gone'));
    changed.writeUInt8((changed[at + serialOf('gone').length - 1] ?? 0) ^ 1, at + serialOf('gone').length - 1);
    expect(() => read(changed)).toThrow('invalid signature');
    expect(() => read(der(), { now: Date.now() + 8 * DAY })).toThrow('out of date');
    expect(() => read(der(), { now: Date.now() - DAY })).toThrow('of the future');
    expect(() => read(der(), { url: 'http://ca.example/2.crl' })).toThrow('about other certificates');
    for (const cut of [0, 1, 10, 200, der().length - 1]) expect(() => read(der().subarray(0, cut))).toThrow(/CRL/);
    expect(() => read(Buffer.from('<html>404</html>'))).toThrow('cannot be read');
  });
});

describe('OCSP', () => {
  /** What openssl answers to our request, signed by `signer`. */
  const answer = (name: string, signer: string, ...more: string[]): Buffer => {
    writeFileSync(path('request.der'), ocspRequest(certificate(name), certificate('ca')));
    openssl('ocsp', '-index', 'index.txt', '-CA', 'ca.pem', '-rsigner', `${signer}.pem`, '-rkey', `${signer}.key`, '-reqin', 'request.der', '-respout', 'response.der', '-ndays', '2', ...more);
    return readFileSync(path('response.der'));
  };
  const read = (bytes: Buffer, name: string, now = Date.now(), issuer = 'ca') => readOcspResponse(bytes, certificate(name), certificate(issuer), now);

  it.each([['ca'], ['responder'], ['responder', '-resp_key_id']])('answers signed by the %s %s are understood', (signer, ...more) => {
    expect(read(answer('good', signer, ...more), 'good')).toEqual({ status: 'good' });
    expect(read(answer('gone', signer, ...more), 'gone')).toEqual({ status: 'revoked', revokedAt: expect.any(Number) });
  });

  it('are not believed when they are about another, by somebody without the right, changed, or out of their time', () => {
    const good = answer('good', 'responder');
    expect(() => read(good, 'gone')).toThrow('not about this certificate');
    expect(() => read(good, 'good', Date.now() + 3 * DAY)).toThrow('out of date');
    expect(() => read(good, 'good', Date.now() - DAY)).toThrow('not valid now');
    expect(() => read(answer('good', 'ca'), 'good', Date.now() - DAY)).toThrow('of the future');
    expect(() => read(answer('good', 'impostor'), 'good')).toThrow('may not sign');
    expect(() => read(answer('good', 'other'), 'good')).toThrow('invalid signature');
    expect(() => read(good, 'good', Date.now(), 'other')).toThrow('did not make');
    const revoked = answer('gone', 'ca');
    const changed = Buffer.from(revoked);
    const at = changed.indexOf(serialOf('gone'));
    changed.writeUInt8((changed[at] ?? 0) ^ 1, at);
    expect(() => read(changed, 'gone')).toThrow('invalid signature');
    for (const cut of [0, 5, 40, revoked.length - 1]) expect(() => read(revoked.subarray(0, cut), 'gone')).toThrow(/OCSP response/);
  });

  it('a certificate that the CA does not know, and a refusal', () => {
    sign('unknown', 'ca', 'leaf');
    writeFileSync(path('index.txt'), readFileSync(path('index.txt'), 'utf8').replace(/^.*CN=unknown$\n?/m, ''));
    expect(read(answer('unknown', 'ca'), 'unknown')).toEqual({ status: 'unknown' });
    expect(() => read(Buffer.from('30030a0106', 'hex'), 'good')).toThrow('a refusal: unauthorized');
  });
});
