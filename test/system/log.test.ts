import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { masked, openLog } from '../../src/system/log.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const text = (name = 'letsencrypt.log') => readFileSync(join(folder, name), 'utf8');

it('F52: one record a line, there before write returns, for its owner only', () => {
  const log = openLog(folder, { maxBackups: 3, now: () => new Date(2026, 0, 2, 3, 4, 5, 6) });
  log.write('debug', 'acme', 'first');
  log.write('warning', 'core', 'second\nthird');
  expect(log.path).toBe(join(folder, 'letsencrypt.log'));
  expect(text()).toBe('2026-01-02 03:04:05,006:DEBUG:acme:first\n2026-01-02 03:04:05,006:WARNING:core:second\nthird\n');
  expect(statSync(log.path).mode & 0o777).toBe(0o600);
  log.close();
  log.close();
  log.write('debug', 'acme', 'late');
  expect(text()).not.toContain('late');
});

it('what is said for debugging is written a moment later, in its place before what comes after', async () => {
  const log = openLog(folder, { maxBackups: 3 });
  log.write('debug', 'acme', 'one');
  log.write('debug', 'acme', 'two');
  expect(text()).toBe('');
  await expect.poll(text).toMatch(/one\n.*two\n$/);
  log.write('debug', 'acme', 'three');
  log.write('info', 'core', 'four');
  expect(text()).toMatch(/three\n.*four\n$/);
  log.write('debug', 'acme', 'x'.repeat(70_000));
  expect(text()).toContain('x'.repeat(70_000));
  log.write('debug', 'acme', 'five');
  log.close();
  expect(text()).toMatch(/five\n$/);
});

it('F52: every start begins a new file; the oldest goes', () => {
  for (const run of ['1', '2', '3', '4']) {
    const log = openLog(folder, { maxBackups: 2 });
    log.write('info', 'run', run);
    log.close();
  }
  expect(readdirSync(folder).sort()).toEqual(['letsencrypt.log', 'letsencrypt.log.1', 'letsencrypt.log.2']);
  expect(['letsencrypt.log', 'letsencrypt.log.1', 'letsencrypt.log.2'].map((name) => text(name).trim().slice(-1))).toEqual(['4', '3', '2']);
});

it('F52: a gap in the numbers is filled, what follows it stays', () => {
  for (const [name, content] of [['letsencrypt.log', 'a'], ['letsencrypt.log.1', 'b'], ['letsencrypt.log.3', 'c']] as const) writeFileSync(join(folder, name), content);
  openLog(folder, { maxBackups: 3 }).close();
  expect([text(), text('letsencrypt.log.1'), text('letsencrypt.log.2'), text('letsencrypt.log.3')]).toEqual(['', 'a', 'b', 'c']);
});

it('max-log-backups 0: appended to for ever', () => {
  for (const run of ['one', 'two']) {
    const log = openLog(folder, { maxBackups: 0 });
    log.write('info', 'run', run);
    log.close();
  }
  expect(text()).toMatch(/one\n.*two\n$/);
  expect(readdirSync(folder)).toEqual(['letsencrypt.log']);
});

it('a run that writes much begins another file at 1 MiB', () => {
  const log = openLog(folder, { maxBackups: 5 });
  for (let line = 0; line < 12; line += 1) log.write('debug', 'x', String.fromCharCode(97 + line).repeat(200_000));
  log.close();
  expect(statSync(join(folder, 'letsencrypt.log.1')).size).toBeLessThan(2 ** 20);
  expect(existsSync(join(folder, 'letsencrypt.log.2'))).toBe(true);
  expect(text()).toContain('l'.repeat(1000));
  expect(statSync(join(folder, 'letsencrypt.log.1')).mode & 0o777).toBe(0o600);
});

it('a link in place of the file is not written through; a file that all could read is closed to them', () => {
  writeFileSync(join(folder, 'victim'), '');
  symlinkSync('victim', join(folder, 'letsencrypt.log'));
  expect(() => openLog(folder, { maxBackups: 0 })).toThrow('ELOOP');
  rmSync(join(folder, 'letsencrypt.log'));
  writeFileSync(join(folder, 'letsencrypt.log'), '');
  chmodSync(join(folder, 'letsencrypt.log'), 0o644);
  openLog(folder, { maxBackups: 0 }).close();
  expect(statSync(join(folder, 'letsencrypt.log')).mode & 0o777).toBe(0o640);
});

it('what could steer a terminal is taken out', () => {
  const log = openLog(folder, { maxBackups: 1 });
  log.write('info', 'ca', 'red \u001b[31mtext\u001b]0;title\u0007 \r\u202eend');
  log.close();
  expect(text()).toMatch(/:INFO:ca:red text end\n$/);
});

it.each([
  ['a private key', '-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----'],
  ['a private key inside JSON', JSON.stringify({ key: '-----BEGIN RSA PRIVATE KEY-----\nSECRET\n-----END RSA PRIVATE KEY-----\n' })],
  ['a private key that is cut off', '-----BEGIN EC PRIVATE KEY-----\nSECRET'],
  ['a JWS', '{"protected":"eyJ9","payload":"SECRET","signature":"SECRET"}'],
  ['a JWK inside JSON', JSON.stringify(JSON.stringify({ kty: 'EC', d: 'SECRET' }))],
  ['an external account key', 'certonly --eab-hmac-key SECRET -d x'],
  ['an external account key with =', 'certonly --eab-hmac-key=SECRET'],
  ['an external account key in JSON', '["--eab-hmac-key","SECRET"] {"eab_hmac_key":"SECRET"}'],
])('%s never gets into it', (_what, message) => {
  expect(masked(message)).not.toContain('SECRET');
  expect(masked(message)).toContain('…');
});

it('leaves what is not secret alone', () => {
  const message = '{"url":"https://ca.test/order/1","status":"valid","certificate":"-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----"}';
  expect(masked(message)).toBe(message);
});
