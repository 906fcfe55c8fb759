import { expect, it } from 'vitest';
import { parse } from '../../src/cli/parser.js';
import { renewalSettings } from '../../src/core/decide/renewal-settings.js';
import { renewalParams } from '../../src/core/decide/renewal-params.js';
import { builtInPlugins } from '../../src/plugins/registry.js';

function asked(...args: string[]) {
  const parsed = parse({ args: ['renew', ...args], env: {}, program: 'certwright', plugins: builtInPlugins, readFile: () => null });
  if (parsed.kind !== 'settings') throw new Error(parsed.kind);
  return parsed.settings;
}

const params = {
  account: 'a'.repeat(32), authenticator: 'webroot', server: 'https://ca.example/dir', key_type: 'ecdsa', elliptic_curve: 'secp384r1', http01_port: '8080', must_staple: 'True', reuse_key: 'false',
  pref_challs: ['http-01'], renew_hook: 'systemctl reload nginx', user_agent: 'None', webroot_path: ['/a', '/b'], webroot_map: { 'example.com': '/a' }, domains: 'x.example.com', rsa_key_size: 'many',
};

it('takes over what was saved, with certbot’s types; what the command line says goes first (F26–F29, S82, S95)', () => {
  const { values, plugin, sources } = renewalSettings(asked(), 'example.com', params);
  expect(values).toMatchObject({ certname: 'example.com', domains: [], authenticator: 'webroot', ellipticCurve: 'secp384r1', http01Port: 8080, mustStaple: true, reuseKey: false, prefChalls: ['http-01'], deployHook: 'systemctl reload nginx', rsaKeySize: 2048 });
  expect(values.userAgent).toBeUndefined();
  expect(plugin).toMatchObject({ webroot_path: ['/a', '/b'], webroot_map: { 'example.com': '/a' } });
  expect(sources).toMatchObject({ server: 'inherited', http01Port: 'inherited', webroot_map: 'inherited' });
  expect(renewalSettings(asked('--http-01-port', '81', '--deploy-hook', 'x'), 'example.com', params).values).toMatchObject({ http01Port: 81, deployHook: 'x' });
});

it('a lineage without a key type is RSA; addresses of the first protocol mean the second (F29, C41)', () => {
  const { values } = renewalSettings(asked(), 'example.com', { authenticator: 'standalone', server: 'https://acme-v01.api.letsencrypt.org/directory' });
  expect(values).toMatchObject({ keyType: 'rsa', server: 'https://acme-v02.api.letsencrypt.org/directory' });
});

it('what was read is what will be written again', () => {
  const settings = renewalSettings(asked(), 'example.com', params);
  const saved = renewalParams(settings, { authenticator: 'webroot', installer: null, key: { type: 'ecdsa', curve: 'secp384r1', reuse: false }, account: params.account, webrootMap: { 'example.com': '/a' }, proofs: [{ identifier: { type: 'dns', value: 'example.com', shown: 'example.com' }, authenticator: 'webroot', challenge: 'http-01' }] });
  expect(saved).toEqual({ account: params.account, authenticator: 'webroot', server: 'https://ca.example/dir', key_type: 'ecdsa', elliptic_curve: 'secp384r1', http01_port: 8080, must_staple: true, reuse_key: false, pref_challs: ['http-01'], renew_hook: 'systemctl reload nginx', webroot_path: ['/a'], webroot_map: { 'example.com': '/a' } });
});

it('a plugin of certbot before 2.0 has the name of its package before its own; its options too (C40)', () => {
  const { values, plugin } = renewalSettings(asked(), 'example.com', { authenticator: 'certbot-webroot:webroot', installer: 'certbot-x:null', 'certbot_webroot:webroot_path': ['/a'] });
  expect(values).toMatchObject({ authenticator: 'webroot', installer: 'null' });
  expect(plugin['webroot_path']).toEqual(['/a']);
});
