import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nextAddress, startBind, type Bind, type BindKey } from './bind.js';
import { makePlace, runProgram, unattended, type Place } from './certwright.js';
import { forgetProofs } from './forget-proofs.js';
import { startPebble, type Pebble } from './pebble.js';

/** `_acme-challenge.a.example` → `x.hop.example` → `y.other.test`: three zones, of which only the last can be changed, with the key. */
const key: BindKey = { name: 'certwright.example', algorithm: 'hmac-sha512', secret: randomBytes(64).toString('base64') };
const ZONES = ['a.example', 'hop.example', 'other.test'] as const;
const address = nextAddress();
let bind: Bind;
let pebble: Pebble;
let place: Place;
let credentials: string;

beforeAll(async () => {
  const ns = '@ NS ns1.other.test.';
  bind = await startBind({
    front: address,
    recursion: true,
    keys: [key],
    zones: [
      { name: ZONES[0], records: [ns, '_acme-challenge CNAME x.hop.example.', '@ TXT "v=spf1 -all"'] },
      { name: ZONES[1], records: [ns, 'x CNAME y.other.test.'] },
      { name: ZONES[2], records: [ns, `ns1 A ${address}`, 'y 120 TXT "somebody-else"'], policy: [`grant ${key.name} zonesub TXT;`] },
    ],
  });
  pebble = await startPebble({ dnsServer: `${address}:53`, env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0', PEBBLE_AUTHZREUSE: '0' } });
  place = makePlace({ REQUESTS_CA_BUNDLE: pebble.caPath });
  credentials = join(place.folder, 'rfc2136.ini');
  writeFileSync(credentials, `dns_rfc2136_server = 127.0.0.1\ndns_rfc2136_port = ${bind.port}\ndns_rfc2136_name = ${key.name}.\ndns_rfc2136_secret = ${key.secret}\ndns_rfc2136_algorithm = HMAC-SHA512\n`, { mode: 0o600 });
});
afterAll(async () => {
  await Promise.all([pebble.stop(), bind.stop()]);
  place.remove();
});

/** All records of all three zones as the server gives them out, but for the serial numbers; and those numbers. */
async function zones(): Promise<{ records: readonly string[]; serials: readonly string[] }> {
  const lines = (await Promise.all(ZONES.map((zone) => runProgram('dig', ['@127.0.0.1', '-p', String(bind.port), '+noall', '+answer', '+onesoa', zone, 'AXFR'])))).flatMap(({ stdout }) => stdout.trim().split('\n'));
  const soa = (line: string): boolean => /\sSOA\s/.test(line);
  return { records: lines.filter((line) => !soa(line)).map((line) => line.replace(/\s+/g, ' ')).sort(), serials: lines.filter(soa).map((line) => line.split(/\s+/)[6] ?? '') };
}

const versions = (name: string): number => readdirSync(join(place.folder, 'config', 'archive', name)).filter((file) => file.startsWith('cert')).length;

test.each([
  ['the aliases are followed', 'followed', [], 3],
  ['--challenge-alias names the last zone', 'last', ['--challenge-alias', 'a.example=y.other.test'], 2],
  ['--challenge-alias names the hop between, which is followed', 'between', ['--challenge-alias', 'a.example=x.hop.example'], 3],
] as const)('U08: a delegated _acme-challenge, two hops, another zone, apex and wildcard: obtained and renewed, all zones as before (%s)', async (_, name, alias, hops) => {
  const before = await zones();
  const chain = ['_acme-challenge.a.example', 'x.hop.example', 'y.other.test'].slice(-3).filter((each) => hops === 3 || each !== 'x.hop.example').join(' → ');
  const asItWas = async (changes: number): Promise<void> => {
    const after = await zones();
    expect(after.records).toEqual(before.records);
    // Only the last zone was ever changed, and it was: two values were set and taken away each time.
    expect(after.serials.slice(0, 2)).toEqual(before.serials.slice(0, 2));
    expect(Number(after.serials[2]) - Number(before.serials[2])).toBe(changes);
  };
  expect(before.records).toContain('y.other.test. 120 IN TXT "somebody-else"');
  const obtained = await place.certwright(['certonly', ...unattended(pebble.directoryUrl), '--dns-rfc2136', '--dns-rfc2136-credentials', credentials, '--dns-resolver', address, ...alias, '--cert-name', name, '-d', 'a.example,*.a.example']);
  expect(obtained.code, obtained.stderr).toBe(0);
  expect(obtained.stderr).toContain(`_acme-challenge.a.example is an alias: the value is written to y.other.test (${chain})`);
  expect(obtained.stderr).toContain('y.other.test: seen at ns1.other.test');
  await asItWas(4);
  expect(readFileSync(join(place.folder, 'config', 'renewal', `${name}.conf`), 'utf8').includes('challenge_alias')).toBe(alias.length > 0);
  await forgetProofs(pebble, place);
  const renewed = await place.certwright(['renew', '--force-renewal', '--no-random-sleep-on-renew', '--cert-name', name]);
  expect(renewed.code, renewed.stderr).toBe(0);
  expect(renewed.stderr).toContain(`the value is written to y.other.test (${chain})`);
  await asItWas(8);
  expect(versions(name)).toBe(2);
  // The next way begins without proofs too.
  await forgetProofs(pebble, place);
});
