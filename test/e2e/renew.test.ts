import { X509Certificate } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { makePlace, unattended, type Ended, type Place } from './certwright.js';
import { startPebble, type Pebble } from './pebble.js';

/** How many lineages; `npm run campaign:renew` takes more. */
const COUNT = Number(process.env['CERTWRIGHT_LINEAGES'] ?? 6);

let pebble: Pebble;
let place: Place;
beforeAll(async () => {
  pebble = await startPebble({ env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '10', PEBBLE_AUTHZREUSE: '0' } });
});
afterAll(() => pebble.stop());
beforeEach(() => {
  place = makePlace({ REQUESTS_CA_BUNDLE: pebble.caPath });
});
afterEach(() => place.remove());

const name = (index: number) => `line${index}.example.com`;
const obtain = (index: number, ...more: string[]) => place.certwright(['certonly', ...unattended(pebble.directoryUrl), '--standalone', '--http-01-port', String(pebble.httpPort), '-d', `${name(index)},www.${name(index)}`, ...more]);
const renew = (...more: string[]) => place.certwright(['renew', '-n', '--no-random-sleep-on-renew', '--force-renewal', ...more], { timeout: 120_000 + COUNT * 3000 });
const versions = (index: number) => readdirSync(join(place.folder, 'config/archive', name(index))).filter((file) => file.startsWith('cert')).length;
async function fine(run: Promise<Ended>): Promise<string> {
  const { code, stdout, stderr } = await run;
  expect(code, `${stdout}${stderr}`).toBe(0);
  return stdout;
}

it(`${COUNT} certificates side by side by one listener; hooks one after the other, pre and post once (F55, U06)`, { timeout: 120_000 + COUNT * 5000 }, async () => {
  const log = join(place.folder, 'hooks');
  for (let index = 0; index < COUNT; index += 1) {
    await fine(obtain(index, '--pre-hook', `echo pre >> ${log}`, '--post-hook', `echo "post $RENEWED_DOMAINS" >> ${log}`, '--deploy-hook', `echo "in $RENEWED_LINEAGE" >> ${log}; sleep 0.05; echo "out $RENEWED_LINEAGE" >> ${log}`));
  }
  rmSync(log);
  const before = pebble.requests().length;
  expect(await fine(renew())).toContain('all renewals succeeded');
  const requests = pebble.requests().slice(before);
  // One directory and one account for all of them.
  expect(requests.filter((line) => line === 'GET /dir')).toHaveLength(1);
  expect(requests.some((line) => line.includes('sign-me-up'))).toBe(false);
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  expect(lines[0]).toBe('pre');
  expect(lines.at(-1)).toMatch(/^post line\d/);
  expect(lines.filter((line) => line.startsWith('p'))).toHaveLength(2);
  const deploys = lines.slice(1, -1);
  expect(deploys).toHaveLength(COUNT * 2);
  for (let at = 0; at < deploys.length; at += 2) expect(deploys[at + 1]).toBe(deploys[at]?.replace('in', 'out'));
  for (let index = 0; index < COUNT; index += 1) {
    expect(versions(index)).toBe(2);
    expect(new X509Certificate(readFileSync(place.live(name(index), 'cert.pem'))).subjectAltName).toContain(name(index));
  }
  expect(await fine(place.certbot(['certificates']))).not.toContain('INVALID');
});

it('one that fails leaves the others alone, also with --max-parallel 1', async () => {
  for (let index = 0; index < 3; index += 1) await fine(obtain(index));
  const file = join(place.folder, 'config/renewal', `${name(1)}.conf`);
  writeFileSync(file, readFileSync(file, 'utf8').replace('authenticator = standalone', 'authenticator = nobody'));
  for (const parallel of [['--max-parallel', '1'], []]) {
    const { code, stdout, stderr } = await renew(...parallel);
    expect(code).toBe(1);
    expect(stdout).toContain(`${name(1)} (failure)`);
    expect(stderr).toContain('The requested nobody plugin does not appear to be installed');
    expect(stdout).toMatch(new RegExp(`What to do:\\n  ${name(1)}:\\n    \\S`));
  }
  expect([versions(0), versions(1), versions(2)]).toEqual([3, 1, 3]);
});

it('a dry run of several makes one account, saves nothing, and runs deploy hooks only when asked (C02)', async () => {
  const log = join(place.folder, 'hooks');
  for (let index = 0; index < 3; index += 1) await fine(obtain(index, '--deploy-hook', `echo "$RENEWED_LINEAGE" >> ${log}`));
  rmSync(log);
  expect(await fine(place.certwright(['renew', '-n', '--no-random-sleep-on-renew', '--dry-run']))).toContain('all simulated renewals succeeded');
  expect(readdirSync(place.folder)).not.toContain('hooks');
  await fine(place.certwright(['renew', '-n', '--no-random-sleep-on-renew', '--dry-run', '--run-deploy-hooks', '--cert-name', name(0)]));
  expect(readFileSync(log, 'utf8').trim()).toBe(join(place.folder, 'config/live', name(0)));
  expect([versions(0), versions(1), versions(2)]).toEqual([1, 1, 1]);
});
