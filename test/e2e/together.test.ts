import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { binary, hookUntil, makePlace, runProgram, unattended, type Ended, type Place } from './certwright.js';
import { lineageNames, versionInUse, wrongWith } from './lineages.js';
import { startPebble, type Pebble } from './pebble.js';
import { quickCertbot } from './quick-certbot.js';

/** How many rounds; `npm run campaign:together` takes more. */
const ROUNDS = Number(process.env['CERTWRIGHT_ROUNDS'] ?? 3);
const NAMES = ['one.example.com', 'two.example.com'];
const BUSY = 'Another instance of Certbot is already running.';

let pebble: Pebble;
let place: Place;
let config: string;
beforeAll(async () => {
  pebble = await startPebble({ env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0', PEBBLE_AUTHZREUSE: '0' } });
  place = makePlace({ REQUESTS_CA_BUNDLE: pebble.caPath });
  config = join(place.folder, 'config');
  for (const name of NAMES) {
    const { code, stderr } = await place.certwright(['certonly', ...unattended(pebble.directoryUrl), '--standalone', '--http-01-port', String(pebble.httpPort), '--pre-hook', 'sleep 0.4', '-d', name]);
    expect(code, stderr).toBe(0);
  }
});
afterAll(async () => {
  place.remove();
  await pebble.stop();
});

const renew = ['renew', '-n', '--force-renewal', '--no-random-sleep-on-renew'];
const certwright = (): Promise<Ended> => place.certwright(renew);
const patient = (): Promise<Ended> => place.certwright([...renew, '--wait-for-lock', '60']);
const certbot = (): Promise<Ended> => place.certbot(renew, { env: quickCertbot(place.folder) });
/** Who meets whom, one pair a round. */
const PAIRS: readonly (readonly [string, () => Promise<Ended>, () => Promise<Ended>])[] = [
  ['certwright and certwright', certwright, certwright],
  ['certbot and certwright', certbot, certwright],
  ['certbot and certwright that waits', certbot, patient],
  ['certwright and certwright that wait', patient, patient],
  ['certwright and certbot', certwright, certbot],
];

it(`bar 6: two renewals at once, ${ROUNDS} rounds: one waits or refuses in certbot’s words, and nothing is lost (S145, S148, U07)`, { timeout: 120_000 + ROUNDS * 20_000 }, async () => {
  const seen = { both: 0, refused: 0 };
  for (let round = 0; round < ROUNDS; round += 1) {
    const [who, first, second] = PAIRS[round % PAIRS.length] ?? PAIRS[0] ?? expect.fail();
    const before = NAMES.map((name) => versionInUse(config, name));
    const running = first();
    // The other comes before the lock is taken, at once, or while certificates are made (a hook makes that last a little).
    await pause(Math.random() * 500);
    const ended = await Promise.all([running, second()]);
    const done = ended.filter(({ code }) => code === 0);
    const at = `round ${round}, ${who}: ${ended.map(({ code, stdout, stderr }) => `${code}\n${stdout}${stderr}`).join('\n')}`;
    expect(done.length, at).toBeGreaterThan(0);
    for (const { code, stderr } of ended.filter((one) => !done.includes(one))) {
      expect(code, at).toBe(1);
      expect(stderr, at).toContain(BUSY);
    }
    if (second === patient && first !== patient) expect(ended[1]?.code, at).toBe(0);
    if (first === patient) expect(done, at).toHaveLength(2);
    expect(NAMES.map((name) => versionInUse(config, name)), at).toEqual(before.map((version) => version + done.length));
    expect(wrongWith(config), at).toEqual([]);
    for (const folder of ['config', 'work', 'logs']) expect(existsSync(join(place.folder, folder, '.certbot.lock')), at).toBe(false);
    seen[done.length === 2 ? 'both' : 'refused'] += 1;
  }
  const { code, stdout } = await place.certbot(['certificates']);
  expect([code, stdout.match(/\(VALID: /g)?.length, /invalid/i.test(stdout)]).toEqual([0, NAMES.length, false]);
  expect([lineageNames(config), readdirSync(join(config, 'accounts', new URL(pebble.directoryUrl).host, 'dir'))]).toEqual([NAMES, [expect.any(String)]]);
  console.log(`${ROUNDS} rounds: ${seen.refused} times one refused, ${seen.both} times both went through`);
  expect(seen.refused).toBeGreaterThan(0);
});

it('S146, S148: a lock in each of the three directories: one shared is enough to be kept out, three others run beside', async () => {
  const enough = join(place.folder, 'enough');
  const running = place.certwright([...renew, '--pre-hook', hookUntil(enough)]);
  const lock = join(place.folder, 'logs/.certbot.lock');
  for (let tries = 0; !existsSync(lock) && tries < 400; tries += 1) await pause(50);
  const other = (shared: string) =>
    runProgram(process.execPath, [binary, 'certificates', ...['config', 'work', 'logs'].flatMap((kind) => [`--${kind}-dir`, join(place.folder, kind === shared ? kind : `own-${kind}`)])], { env: { HOME: place.folder } });
  for (const shared of ['config', 'work', 'logs']) {
    const { code, stderr } = await other(shared);
    expect([code, stderr.includes(BUSY)], `${shared}: ${stderr}`).toEqual([1, true]);
  }
  expect((await other('none')).code).toBe(0);
  writeFileSync(enough, '');
  expect((await running).code).toBe(0);
});
