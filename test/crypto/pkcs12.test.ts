import { execFileSync, spawnSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { splitChain } from '../../src/crypto/certificate.js';
import { generatePrivateKey, type KeyWish } from '../../src/crypto/keys.js';
import { makePkcs12 } from '../../src/crypto/pkcs12.js';
import { StoreError } from '../../src/core/errors.js';

let folder: string;
let authority: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pkcs12-'));
  openssl('req', '-x509', '-new', '-nodes', '-newkey', 'rsa:2048', '-keyout', 'ca.key', '-subj', '/CN=An authority', '-days', '9', '-out', 'ca.pem');
  writeFileSync(join(folder, 'password'), 'pässword\n');
  authority = readFileSync(join(folder, 'ca.pem'), 'utf8');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What openssl prints; it writes names in Latin-1. */
function openssl(...args: string[]): string {
  return execFileSync('openssl', args, { cwd: folder, encoding: 'latin1', timeout: 20_000, stdio: ['ignore', 'pipe', 'pipe'] });
}

function certificateFor(keyPem: string): string {
  writeFileSync(join(folder, 'key.pem'), keyPem);
  openssl('req', '-new', '-key', 'key.pem', '-subj', '/CN=www.example.com', '-out', 'csr.pem');
  openssl('x509', '-req', '-in', 'csr.pem', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-set_serial', '7', '-days', '9', '-out', 'cert.pem');
  return readFileSync(join(folder, 'cert.pem'), 'utf8');
}

const der = (pem: string) => createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' }).toString('hex');
const wishes: readonly KeyWish[] = [{ type: 'ecdsa', curve: 'secp256r1' }, { type: 'ecdsa', curve: 'secp384r1' }, { type: 'ecdsa', curve: 'secp521r1' }, { type: 'rsa', size: 2048 }];

it.each(wishes)('OpenSSL reads key, chain, names and algorithms of a file with %j, modern and legacy (S118)', async (wish) => {
  const keyPem = await generatePrivateKey(wish);
  const cert = certificateFor(keyPem);
  for (const legacy of [false, true]) {
    writeFileSync(join(folder, 'out.p12'), makePkcs12({ keyPem, certificates: [cert, authority], password: 'pässword', friendlyName: 'München', legacy }));
    const read = openssl('pkcs12', '-in', 'out.p12', '-passin', 'file:password', '-nodes');
    expect(der(/-----BEGIN PRIVATE KEY-----[^]*?-----END PRIVATE KEY-----\n/.exec(read)?.[0] ?? '')).toBe(der(keyPem));
    expect(splitChain(read)).toEqual(splitChain(cert + authority));
    expect(read.match(/friendlyName: München/g)).toHaveLength(2);
    expect(new Set(read.match(/localKeyID: .*/g))).toHaveProperty('size', 1);
    const { status, stderr } = spawnSync('openssl', ['pkcs12', '-in', 'out.p12', '-info', '-noout', '-passin', 'file:password'], { cwd: folder, encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stderr.match(/MAC: .*|PKCS7 Encrypted data: .*|Shrouded Keybag: .*/g)).toEqual(
      legacy
        ? ['MAC: sha1, Iteration 10000', 'PKCS7 Encrypted data: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 10000', 'Shrouded Keybag: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 10000']
        : ['MAC: sha256, Iteration 10000', 'PKCS7 Encrypted data: PBES2, PBKDF2, AES-256-CBC, Iteration 10000, PRF hmacWithSHA256', 'Shrouded Keybag: PBES2, PBKDF2, AES-256-CBC, Iteration 10000, PRF hmacWithSHA256'],
    );
    const wrong = spawnSync('openssl', ['pkcs12', '-in', 'out.p12', '-noout', '-passin', 'pass:password'], { cwd: folder, encoding: 'utf8' });
    expect(wrong.status).not.toBe(0);
    expect(wrong.stderr).toContain('invalid password');
  }
});

it('an empty password is one too; what cannot be read is refused without quoting it', async () => {
  const keyPem = await generatePrivateKey({ type: 'ecdsa', curve: 'secp256r1' });
  const cert = certificateFor(keyPem);
  const parts = { keyPem, certificates: [cert], password: '', friendlyName: 'a', legacy: false };
  writeFileSync(join(folder, 'open.p12'), makePkcs12(parts));
  expect(openssl('pkcs12', '-in', 'open.p12', '-passin', 'pass:', '-nodes')).toContain('BEGIN PRIVATE KEY');
  expect(() => makePkcs12({ ...parts, keyPem: 'secret words' })).toThrow(StoreError);
  expect(() => makePkcs12({ ...parts, keyPem: 'secret words' })).not.toThrow('secret words');
  expect(() => makePkcs12({ ...parts, certificates: [] })).toThrow(StoreError);
});
