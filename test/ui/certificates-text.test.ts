import { expect, it } from 'vitest';
import type { CertificateReport } from '../../src/core/events.js';
import { certificatesText } from '../../src/ui/certificates-text.js';

const NOW = '2026-11-24T12:00:00.000Z';
const report = (more: Partial<CertificateReport> = {}): CertificateReport => ({
  name: 'example.com',
  serial: '4e3f',
  keyType: 'ECDSA',
  identifiers: ['example.com', 'www.example.com'],
  addresses: false,
  notBefore: '2026-10-01T00:00:00.000Z',
  notAfter: '2027-02-19T19:53:00.000Z',
  problems: [],
  fullchain: '/etc/letsencrypt/live/example.com/fullchain.pem',
  privkey: '/etc/letsencrypt/live/example.com/privkey.pem',
  ...more,
});
const text = (...certificates: CertificateReport[]) => certificatesText({ type: 'certificates', now: NOW, filtered: false, certificates, broken: [] });

it('S50, C20: the list line by line', () => {
  expect(text(report()).split('\n').slice(1, -1)).toEqual([
    'Found the following certs:',
    '  Certificate Name: example.com',
    '    Serial Number: 4e3f',
    '    Key Type: ECDSA',
    '    Domains: example.com www.example.com',
    '    Expiry Date: 2027-02-19 19:53:00+00:00 (VALID: 87 days)',
    '    Certificate Path: /etc/letsencrypt/live/example.com/fullchain.pem',
    '    Private Key Path: /etc/letsencrypt/live/example.com/privkey.pem',
  ]);
});

it.each<[Partial<CertificateReport>, string]>([
  [{ notAfter: '2026-11-26T11:59:00.000Z' }, '(VALID: 1 day)'],
  [{ notAfter: '2026-11-26T12:00:00.000Z' }, '(VALID: 2 days)'],
  [{ notAfter: '2026-11-25T11:00:00.000Z' }, '(VALID: 23 hour(s))'],
  [{ problems: ['EXPIRED'] }, '(INVALID: EXPIRED)'],
  [{ problems: ['TEST_CERT'] }, '(INVALID: TEST_CERT)'],
  [{ problems: ['TEST_CERT', 'REVOKED'] }, '(INVALID: TEST_CERT, REVOKED)'],
  [{ addresses: true, identifiers: ['example.com', '127.0.0.1'] }, '    Identifiers: example.com 127.0.0.1\n'],
])('C20: %o is %s', (more, shown) => {
  expect(text(report(more))).toContain(shown);
});

it('nothing, and what is broken', () => {
  expect(text()).toContain('No certificates found.');
  expect(certificatesText({ type: 'certificates', now: NOW, filtered: false, certificates: [], broken: [{ path: '/r/x.conf', reason: 'no cert' }] })).toMatch(/The following renewal configurations were invalid:\n {2}\/r\/x\.conf\n {4}no cert/);
});
