import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makePlace, type Place } from './certwright.js';
import { startPebble, type Pebble } from './pebble.js';

const KID = 'kid-of-this-test';
const SECRET = 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W';
let pebble: Pebble;
let place: Place;
beforeAll(async () => {
  pebble = await startPebble({ env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0' }, config: { externalAccountBindingRequired: true, externalAccountMACKeys: { [KID]: SECRET } } });
  place = makePlace({ REQUESTS_CA_BUNDLE: pebble.caPath });
});
afterAll(async () => {
  place.remove();
  await pebble.stop();
});

const logged = (name = 'letsencrypt.log') => readFileSync(join(place.folder, 'logs', name), 'utf8');

it('the log holds every exchange with the CA, the command line and what the hooks said; no secret (S165, F52)', async () => {
  const { code, stdout, stderr } = await place.certwright([
    'certonly', '-n', '--agree-tos', '-m', 'admin@example.com', '--server', pebble.directoryUrl, '--eab-kid', KID, '--eab-hmac-key', SECRET,
    '--standalone', '--http-01-port', String(pebble.httpPort), '-d', 'log.example.com', '--deploy-hook', 'echo what the hook said',
  ]);
  expect(code, stderr).toBe(0);
  const log = logged();
  for (const path of ['/dir', '/sign-me-up', '/order-plz', '/finalize-order/', '/certZ/']) expect(log).toMatch(new RegExp(`(GET|POST) https://127\\.0\\.0\\.1:\\d+${path}`));
  expect(log).toContain('"payload":{"termsOfServiceAgreed":true');
  expect(log).toMatch(new RegExp(`"externalAccountBinding":\\{"protected":\\{"alg":"HS256",[^}]*"kid":"${KID}"[^}]*\\}\\}`));
  expect(log).toMatch(/answer: 201 in \d+ ms/);
  expect(log).toContain('"identifiers": [');
  expect(log).toContain('-----BEGIN CERTIFICATE-----');
  expect(log).toContain('what the hook said');
  expect(log).toContain('certwright 0.1.0, node ');
  expect(log).toContain('certonly -n --agree-tos');
  const config = join(place.folder, 'config');
  const key = readFileSync(join(config, 'live/log.example.com/privkey.pem'), 'utf8').split('\n')[1] ?? '';
  const account = readdirSync(join(config, 'accounts'), { recursive: true, encoding: 'utf8' }).find((path) => path.endsWith('private_key.json')) ?? '';
  const { d } = JSON.parse(readFileSync(join(config, 'accounts', account), 'utf8')) as { d: string };
  for (const secret of [SECRET, key, d, 'PRIVATE KEY']) for (const text of [log, stdout, stderr]) expect(text).not.toContain(secret);
  // A CA may send the binding back: its signature is masked.
  expect(log).not.toMatch(/"signature":\s*"[^…]/);
});

it('T14: each start begins a new log, and the one before is kept', async () => {
  const before = logged();
  expect((await place.certwright(['certificates', '--max-log-backups', '3'])).code).toBe(0);
  expect(logged('letsencrypt.log.1')).toBe(before);
  expect(logged()).not.toContain('order-plz');
});
