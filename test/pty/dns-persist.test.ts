import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.js';
import { nextAddress, startBind, type Bind, type BindKey } from '../e2e/bind.js';
import { makePlace, runProgram, type Place } from '../e2e/certwright.js';
import { freePorts } from '../e2e/pebble.js';
import { keys, open } from './terminal.js';

const key: BindKey = { name: 'owner.example', algorithm: 'hmac-sha256', secret: randomBytes(32).toString('base64') };
const address = nextAddress();
let bind: Bind;
let ca: Sandbox;
let place: Place;
let env: Record<string, string>;
beforeAll(async () => {
  bind = await startBind({ front: address, recursion: true, keys: [key], zones: [{ name: 'wizard.test', records: ['@ NS ns1', `ns1 A ${address}`], policy: [`grant ${key.name} zonesub TXT;`] }] });
  const [httpPort = 0, tlsPort = 0] = await freePorts(2);
  ca = await startSandbox({ httpPort, tlsPort, resolver: { address: '127.0.0.1', port: bind.port }, policy: { authzReuse: false } });
  place = makePlace();
  writeFileSync(join(place.folder, 'root.pem'), ca.rootPem);
  env = { HOME: place.folder, REQUESTS_CA_BUNDLE: join(place.folder, 'root.pem') };
});
afterAll(async () => {
  await Promise.all([ca.stop(), bind.stop()]);
  place.remove();
});

const common = (): readonly string[] => ['certonly', '--server', ca.directoryUrl, '--agree-tos', '--register-unsafely-without-email', '--dns-resolver', address, ...place.directories];
const set = async (line: string): Promise<void> => {
  const { code, stderr } = await runProgram('nsupdate', ['-y', `${key.algorithm}:${key.name}:${key.secret}`], { input: `server 127.0.0.1 ${bind.port}\nupdate add ${line.replace(' IN TXT ', ' TXT ')}\nsend\n` });
  expect(code, stderr).toBe(0);
};
const answered = (): number => ca.requests.filter(({ path }) => path.includes('/chall/')).length;

it('N29: the wizard explains the record that stays, shows it to be copied, sees it at the nameserver and goes on; the next one asks for nothing', { timeout: 90_000 }, async () => {
  const screen = open([...common(), '-d', 'wizard.test,*.wizard.test'], { columns: 80, rows: 30, env });
  try {
    await screen.see('❯ By hand');
    screen.type(keys.down);
    await screen.see('❯ A DNS record that stays');
    expect(screen.text().replace(/\s+/g, ' ')).toContain('you set it once, renewals need no access to your DNS');
    screen.type(keys.enter);
    await screen.see('❯ Do it');
    screen.type(keys.enter);
    await screen.see('ns1.wizard.test not yet');
    const text = screen.text();
    expect(text).toContain('Add this record at your DNS provider.');
    expect(text.replace(/\s+/g, ' ')).toContain('*.wizard.test and the names below');
    expect(answered()).toBe(0);
    screen.type('c');
    await expect.poll(() => screen.raw()).toMatch(/\u001b\]52;c;[A-Za-z0-9+/=]+/);
    const copied = Buffer.from(/\u001b\]52;c;([A-Za-z0-9+/=]+)/.exec(screen.raw())?.[1] ?? '', 'base64').toString();
    expect(copied).toMatch(/^_validation-persist\.wizard\.test\. 300 IN TXT "sandbox\.certwright\.test; accounturi=https:\/\/127\.0\.0\.1:\d+\/\S+; policy=wildcard"$/);
    await set(copied.replace('; policy=wildcard', ''));
    await screen.see('has no policy=wildcard');
    await set(copied);
    expect(await screen.exited, screen.all()).toBe(0);
  } finally {
    screen.kill();
  }
  expect(readFileSync(join(place.folder, 'config/renewal/wizard.test.conf'), 'utf8')).toContain('authenticator = dns-persist\n');
  const renewed = await place.certwright(['renew', '--force-renewal', '--no-random-sleep-on-renew'], { env });
  expect(renewed.code, renewed.stderr).toBe(0);
  expect(readdirSync(join(place.folder, 'config/archive/wizard.test')).filter((file) => file.startsWith('cert'))).toHaveLength(2);
  const again = open([...common(), '--plain', '--dns-persist', '--cert-name', 'second', '-d', '*.wizard.test'], { env });
  try {
    expect(await again.exited, again.all()).toBe(0);
    expect(again.all()).not.toContain('Add this record');
  } finally {
    again.kill();
  }
});

it('N29: plain lines tell the record, what it allows and how long, and go on when it is there', { timeout: 60_000 }, async () => {
  const screen = open([...common(), '--plain', '--dns-persist', '--dns-persist-until', '2090-01-31', '-d', 'plain.wizard.test'], { columns: 250, rows: 40, env });
  try {
    await screen.see('_validation-persist.plain.wizard.test: ns1.wizard.test not yet');
    const text = screen.text();
    expect(text).toContain('It lets the account of this value obtain any certificate for plain.wizard.test (no other name) until 2090-01-31');
    const line = /As a line of a zone file: {2}(.+)/.exec(text)?.[1]?.trim() ?? '';
    expect(line).toMatch(/^_validation-persist\.plain\.wizard\.test\. 300 IN TXT ".*; persistUntil=3789590399"$/);
    await set(line);
    expect(await screen.exited, screen.all()).toBe(0);
  } finally {
    screen.kill();
  }
});

it('N29: the record is shown also where no nameserver answers: nobody but the person knows then whether it is set', { timeout: 60_000 }, async () => {
  const before = answered();
  const words = ['certonly', '--server', ca.directoryUrl, '--agree-tos', '--register-unsafely-without-email', '--dns-resolver', nextAddress(), ...place.directories];
  const screen = open([...words, '--plain', '--dns-persist', '-d', 'silent.wizard.test'], { columns: 250, rows: 40, env });
  try {
    await screen.see('As a line of a zone file:');
    expect(answered()).toBe(before);
  } finally {
    screen.kill();
  }
});
