import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { nextAddress, startBind, type Bind, type BindKey } from '../e2e/bind.js';
import { makePlace, type Place } from '../e2e/certwright.js';
import { startPebble, type Pebble } from '../e2e/pebble.js';
import { keys, open } from './terminal.js';

const { enter, up } = keys;
const key: BindKey = { name: 'wizard.example', algorithm: 'hmac-sha512', secret: randomBytes(64).toString('base64') };
const address = nextAddress();
let bind: Bind;
let pebble: Pebble;
let place: Place;
beforeAll(async () => {
  bind = await startBind({ front: address, recursion: true, keys: [key], zones: [{ name: 'wizard.test', records: ['@ NS ns1', `ns1 A ${address}`], policy: [`grant ${key.name} zonesub TXT;`] }] });
  pebble = await startPebble({ dnsServer: `${address}:53`, env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0' } });
  place = makePlace({ REQUESTS_CA_BUNDLE: pebble.caPath });
});
afterAll(async () => {
  await Promise.all([pebble.stop(), bind.stop()]);
  place.remove();
});

const file = (): string => join(place.folder, 'config', 'dns-rfc2136.ini');
/** Everything that a run leaves for others to read. */
const left = (): string => ['logs', 'config/renewal'].flatMap((folder) => readdirSync(join(place.folder, folder)).map((name) => readFileSync(join(place.folder, folder, name), 'utf8'))).join('');

it('credentials of a DNS provider are asked for, tried at once, kept for their owner alone and renewed with', { timeout: 60_000 }, async () => {
  const args = ['certonly', '-d', 'wizard.test,*.wizard.test', '--server', pebble.directoryUrl, '--agree-tos', '--register-unsafely-without-email', '--dns-resolver', address, ...place.directories];
  const silent = createSocket('udp4').bind(0, '127.0.0.1');
  await once(silent, 'listening');
  const screen = open(args, { columns: 80, rows: 24, env: { HOME: place.folder, REQUESTS_CA_BUNDLE: pebble.caPath } });
  try {
    await screen.see('❯ By hand');
    screen.type(up);
    await screen.see('❯ A DNS record, by API');
    screen.type(enter);
    await screen.see('Who serves the DNS of these names?');
    for (let tries = 0; tries < 40 && !screen.text().includes('❯ Dynamic DNS updates'); tries += 1) {
      const before = screen.text();
      screen.type(keys.down);
      await screen.gone(before);
    }
    screen.type(enter);
    const fill = async (label: string, text: string | null): Promise<void> => {
      await screen.see(`❯ ${label}`);
      if (text !== null) screen.type(`\u0015${text}`);
      screen.type(enter);
    };
    await fill('Address of the name server', '127.0.0.1');
    // Nothing answers there: said, asked again, and what was typed stands.
    await fill('Port', String(silent.address().port));
    await fill('Name of the key', key.name);
    await screen.see('❯ Secret of the key');
    screen.type(key.secret);
    await screen.see('*'.repeat(20));
    expect(screen.text()).not.toContain(key.secret.slice(0, 12));
    screen.type(enter);
    await fill('Algorithm', null);
    await screen.see('asking for the zones of these names');
    expect(screen.text()).toMatch(/Dynamic DNS updates.*: asking for the zones/);
    expect(screen.text()).not.toContain('asking the certificate authority');
    await screen.see(/✗[^]*How may certwright set records/);
    expect(existsSync(file())).toBe(false);
    await fill('Address of the name server', null);
    await fill('Port', String(bind.port));
    for (const label of ['Name of the key', 'Secret of the key', 'Algorithm']) await fill(label, null);
    await screen.see('Nothing has been changed yet', 20_000);
    expect(screen.text()).toMatch(/Credentials\s+\S*dns-rfc2136\.ini/);
    expect(existsSync(file())).toBe(false);
    await screen.see('❯ Do it', 20_000);
    screen.type(enter);
    expect(await screen.exited).toBe(0);
  } finally {
    silent.close();
    screen.kill();
  }
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  expect(readFileSync(file(), 'utf8')).toBe(`dns_rfc2136_server = 127.0.0.1\ndns_rfc2136_port = ${bind.port}\ndns_rfc2136_name = ${key.name}\ndns_rfc2136_secret = ${key.secret}\ndns_rfc2136_algorithm = HMAC-SHA512\n`);
  expect(readFileSync(join(place.folder, 'config/renewal/wizard.test.conf'), 'utf8')).toContain(`dns_rfc2136_credentials = ${file()}\n`);
  expect(left()).not.toContain(key.secret);
  expect(await bind.txt('_acme-challenge.wizard.test')).toEqual([]);
  const renewed = await place.certwright(['renew', '-n', '--force-renewal', '--no-random-sleep-on-renew', '--dns-resolver', address]);
  expect(renewed.code, renewed.stderr).toBe(0);
});
