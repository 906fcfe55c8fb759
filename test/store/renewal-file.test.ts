import { expect, it } from 'vitest';
import { StoreError } from '../../src/core/errors.js';
import { editRenewalText, parseRenewalFile, renewalText, type RenewalValue } from '../../src/store/renewal-file.js';

const links = { cert: '/e/live/a/cert.pem', privkey: '/e/live/a/privkey.pem', chain: '/e/live/a/chain.pem', fullchain: '/e/live/a/fullchain.pem' };
const params: Record<string, RenewalValue> = {
  account: 'a'.repeat(32),
  authenticator: 'webroot',
  server: 'https://ca.example/dir',
  key_type: 'ecdsa',
  rsa_key_size: 2048,
  must_staple: true,
  pref_challs: ['http-01'],
  renew_hook: `sh -c 'echo "done", # yes'`,
  webroot_path: ['/a', '/b'],
  webroot_map: { 'example.com': '/a', 'www.example.com': '/b' },
};

it('a new file is what certbot writes, line by line (F25–F28)', () => {
  expect(renewalText({ archiveDir: '/e/archive/a', links, params })).toBe(`# renew_before_expiry = 30 days
version = 2.0.0
archive_dir = /e/archive/a
cert = /e/live/a/cert.pem
privkey = /e/live/a/privkey.pem
chain = /e/live/a/chain.pem
fullchain = /e/live/a/fullchain.pem

# Options used in the renewal process
[renewalparams]
account = ${'a'.repeat(32)}
authenticator = webroot
server = https://ca.example/dir
key_type = ecdsa
rsa_key_size = 2048
must_staple = True
pref_challs = http-01,
renew_hook = '''sh -c 'echo "done", # yes''''
webroot_path = /a, /b
[[webroot_map]]
example.com = /a
www.example.com = /b
`);
});

it('what is read is what was meant; an edit keeps comments, unknown keys and sections, and drops old parameters (F31)', () => {
  const text = renewalText({ archiveDir: '/e/archive/a', links, params });
  const read = parseRenewalFile(text, '/r.conf');
  expect(read).toMatchObject({ version: '2.0.0', archiveDir: '/e/archive/a', links });
  expect(read.params).toMatchObject({ renew_hook: params['renew_hook'], webroot_path: ['/a', '/b'], webroot_map: params['webroot_map'], pref_challs: ['http-01'] });
  expect(editRenewalText(text, { params }, '/r.conf')).toBe(text);
  const edited = text.replace('version', '# mine\nmy_key = x\nversion').replace('[renewalparams]\n', '[renewalparams]\n# about the account\n') + '[mine]\nz = 1\n';
  const fewer = { account: params['account'] ?? '', authenticator: 'standalone', server: 'https://ca.example/dir', key_type: 'rsa' };
  const after = editRenewalText(edited, { params: fewer }, '/r.conf');
  for (const kept of ['# mine\nmy_key = x\n', '# about the account\n', '[mine]\nz = 1\n', 'archive_dir = /e/archive/a\n']) expect(after).toContain(kept);
  expect(parseRenewalFile(after, '/r.conf').params).toEqual(fewer);
  expect(after).not.toContain('webroot');
  expect(editRenewalText(edited, { ariRetryAfter: '2026-11-24T03:12:00' }, '/r.conf')).toBe(`${edited}[acme_renewal_info]\nari_retry_after = 2026-11-24T03:12:00\n`);
});

it('U03: authenticators beside the main one stand in our own section, with what else is there; they go when they are no parameters any more', () => {
  const several = { ...params, 'certwright.main_authenticator': 'webroot', 'certwright.authenticators': { '*.c.example.com': 'dns-rfc2136', '2001:db8::1': 'standalone' }, 'certwright.authenticator_options': { dns_rfc2136_credentials: '/etc/a b.ini', x_list: ['1', '2'] } };
  const text = renewalText({ archiveDir: '/e/archive/a', links, params: several });
  expect(text).toContain('\n[certwright]\nmain_authenticator = webroot\n[[authenticators]]\n*.c.example.com = dns-rfc2136\n2001:db8::1 = standalone\n[[authenticator_options]]\ndns_rfc2136_credentials = /etc/a b.ini\nx_list = 1, 2\n');
  expect(text.slice(0, text.indexOf('[certwright]'))).not.toContain('rfc2136');
  const exported = `${text}[[export-1]]\npath = /x\n`;
  const read = parseRenewalFile(exported, '/r.conf');
  expect(read.params).toMatchObject({ 'certwright.main_authenticator': 'webroot', 'certwright.authenticators': several['certwright.authenticators'], 'certwright.authenticator_options': several['certwright.authenticator_options'] });
  expect(read.ownTables).toEqual(['export-1']);
  expect(editRenewalText(exported, { params: several }, '/r.conf')).toBe(exported);
  const fewer = editRenewalText(exported, { params: { ...several, 'certwright.authenticators': { '2001:db8::1': 'standalone' } } }, '/r.conf');
  expect(fewer).not.toContain('*.c.example.com');
  expect(fewer).toContain('2001:db8::1 = standalone');
  const one = editRenewalText(exported, { params }, '/r.conf');
  expect(one.slice(one.indexOf('[certwright]'))).toBe('[certwright]\n[[export-1]]\npath = /x\n');
  expect(editRenewalText(text, { params }, '/r.conf')).not.toContain('certwright');
});

it.each([
  ['', 'missing a required file reference: cert'],
  ['cert = relative.pem\n', 'missing a required file reference'],
  [Object.entries(links).map(([kind, path]) => `${kind} = ${path}`).join('\n'), 'no [renewalparams]'],
  ['cert\n', 'line 1'],
  ['a = 1\na = 2\n', 'line 2'],
])('a file that cannot be used is named with the reason: %j', (text, reason) => {
  expect(() => parseRenewalFile(text, '/renewal/x.conf')).toThrow(StoreError);
  expect(() => parseRenewalFile(text, '/renewal/x.conf')).toThrow(reason);
  expect(() => parseRenewalFile(text, '/renewal/x.conf')).toThrow('/renewal/x.conf');
});
