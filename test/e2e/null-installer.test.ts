import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makePlace, unattended, type Ended, type Place } from './certwright.js';
import { startPebble, type Pebble } from './pebble.js';

let pebble: Pebble;
let place: Place;
beforeAll(async () => {
  pebble = await startPebble({ env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0' } });
  place = makePlace({ REQUESTS_CA_BUNDLE: pebble.caPath });
});
afterAll(async () => {
  place.remove();
  await pebble.stop();
});

const obtain = (verb: string, name: string, ...more: string[]) => place.certwright([verb, ...unattended(pebble.directoryUrl), '-a', 'standalone', '--http-01-port', String(pebble.httpPort), '-d', name, ...more]);
const both = async (...args: string[]): Promise<[Ended, Ended]> => [await place.certwright(args), await place.certbot(args)];

it('S03, S18: run -a X -i null obtains and installs; certbot renews what it left, with its installer', async () => {
  const { code, stderr } = await obtain('run', 'null.example.com', '-i', 'null');
  expect(code, stderr).toBe(0);
  const renewal = readFileSync(join(place.folder, 'config/renewal/null.example.com.conf'), 'utf8');
  expect(renewal).toContain('authenticator = standalone\n');
  expect(renewal).toContain('installer = null\n');
  const theirs = await place.certbot(['renew', '-n', '--force-renewal', '--no-random-sleep-on-renew']);
  expect(theirs.code, theirs.stderr).toBe(0);
  const ours = await place.certwright(['renew', '-n', '--force-renewal', '--no-random-sleep-on-renew']);
  expect(ours.code, ours.stderr).toBe(0);
  expect(existsSync(join(place.folder, 'config/archive/null.example.com/cert3.pem'))).toBe(true);
});

it('C21: certonly with an installer has it read the certificate anew, and keeps it in the renewal file', async () => {
  const { code, stderr } = await obtain('certonly', 'null.example.com', '-i', 'null', '--force-renewal');
  expect(code, stderr).toBe(0);
  expect(readFileSync(join(place.folder, 'config/renewal/null.example.com.conf'), 'utf8')).toContain('installer = null\n');
});

it('an installer that is not there is refused before anything is ordered', async () => {
  const before = pebble.requests().length;
  const { code, stderr } = await obtain('run', 'other.example.com', '-i', 'nobody');
  expect(code).toBe(1);
  expect(stderr).toContain('The requested nobody plugin does not appear to be installed');
  expect(pebble.requests().length).toBe(before);
});

it.each([
  ['S05: by name', ['install', '-n', '-i', 'null', '--cert-name', 'null.example.com'], 0, ''],
  ['S05: without an installer', ['install', '-n', '--cert-name', 'null.example.com'], 1, 'you will need to specify a plugin on the command line'],
  ['S05: a name that is not there', ['install', '-n', '-i', 'null', '--cert-name', 'nobody'], 1, 'Path to certificate or key was not defined. If your certificate is managed by Certbot, please use --cert-name'],
  ['S14: enhance without a wish', ['enhance', '-n', '-i', 'null'], 1, 'No enhancements requested, exiting.'],
] as const)('%s, as certbot', async (_, args, code, words) => {
  for (const ended of await both(...args)) {
    expect(ended.code, `${ended.stdout}${ended.stderr}`).toBe(code);
    expect(ended.stderr.replace(/\s+/g, ' ')).toContain(words);
  }
});

it('install by the four paths, and enhance of what is installed', async () => {
  const path = (file: string) => place.live('null.example.com', file);
  const paths = ['--cert-path', path('cert.pem'), '--key-path', path('privkey.pem'), '--fullchain-path', path('fullchain.pem'), '--chain-path', path('chain.pem')];
  expect((await place.certwright(['install', '-n', '-i', 'null', ...paths])).stdout).toContain('Nothing had to be changed.');
  expect((await place.certwright(['install', '-n', '-i', 'null', '--cert-path', path('cert.pem')])).code).toBe(1);
  expect((await place.certwright(['install', '-n', '-i', 'null', '--cert-path', '/nonexistent', '--key-path', path('privkey.pem')])).stderr).toContain('/nonexistent');
  expect((await place.certwright(['enhance', '-n', '-i', 'null', '--redirect', '--cert-name', 'null.example.com'])).code).toBe(0);
});

it('plugins in certbot\'s form, with --init and --prepare', async () => {
  const blocks = ({ stdout }: Ended) =>
    new Map(
      stdout
        .replace(/^(Description|Entry point|Initialized): .*(\n0x.*)?$/gm, '$1: …')
        .split(/\n\n|^- - .*\n/gm)
        .flatMap((block): [string, string][] => (/^\* (\S+)/.test(block) ? [[/^\* (\S+)/.exec(block)?.[1] ?? '', block.trim()]] : [])),
    );
  for (const args of [['plugins', '--authenticators'], ['plugins', '--prepare', '--authenticators']]) {
    const [ours, theirs] = (await both(...args)).map(blocks);
    expect([...(theirs?.keys() ?? [])]).toContain('standalone');
    // Which web servers are here, and whether certbot has its plugins for them, is another matter.
    for (const name of ['standalone', 'webroot']) expect(ours?.get(name)).toBe(theirs?.get(name));
  }
  const [ours, theirs] = await both('plugins', '--installers');
  expect(ours.stdout.split('\n').slice(0, 2)).toEqual(theirs.stdout.split('\n').slice(0, 2));
  expect(ours.stdout).not.toContain('* standalone');
});
