import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { unattended, type Ended } from './certwright.js';
import { quickCertbot } from './quick-certbot.js';
import { fine } from './sandbox-of-test.js';
import { pebble, place, plainAnswer, ports, runAt, servedFor, type WebServer } from './web-server.js';

/** Names of the certificate that holds many; `npm run campaign:names` takes 50. */
export const COUNT = Number(process.env['CERTWRIGHT_NAMES'] ?? 10);
export const manyNames = Array.from({ length: COUNT }, (_, number) => `many${number}.example.com`);

/** A real server, and what both programs are told of it. */
export interface ServedSites extends WebServer {
  files(): Record<string, string>;
  plugin: 'nginx' | 'apache';
  words: readonly string[];
  /** Where it answers TLS. */
  https: { host: string; port: number };
  /** certbot's own redirect; for nginx it only makes one on port 80 itself. */
  certbotRedirects: boolean;
  /** Environment of certbot. */
  env: Record<string, string>;
}

const SITES = { one: ['single.example.com'], many: manyNames };
type Site = keyof typeof SITES;

/** What the server shows for each name: one certificate for all of them, valid for each. */
async function served({ https: { host, port } }: ServedSites, site: Site): Promise<string> {
  const shown = await Promise.all(SITES[site].map((name) => servedFor(name, port, host)));
  for (const [index, name] of SITES[site].entries()) expect(shown[index], name).toMatch(new RegExp(`DNS:${name.replaceAll('.', '\\.')}[, ]`));
  expect(new Set(shown).size).toBe(1);
  return shown[0] ?? '';
}

async function redirected(site: Site): Promise<void> {
  for (const name of SITES[site]) expect(await plainAnswer(name, ports.http, '127.0.0.1', '/x'), name).toEqual({ status: 301, location: `https://${name}/x` });
}

function certbot({ words, env, https }: ServedSites, verb: string, ...more: string[]): Promise<Ended> {
  return place.certbot([verb, ...unattended(pebble.directoryUrl), '--http-01-port', String(ports.http), '--https-port', String(https.port), ...words, ...more], { env: { ...env, ...quickCertbot(place.folder) }, timeout: 120_000 });
}

const renewAll = () => fine(place.certwright(['renew', '-n', '--no-random-sleep-on-renew', '--force-renewal']));
/** As a timer has it: what it needs to know of the server stands in the renewal files. */
const certbotRenewAll = (server: ServedSites) => fine(place.certbot(['renew', '-n', '--no-random-sleep-on-renew', '--force-renewal'], { env: { ...server.env, ...quickCertbot(place.folder) }, timeout: 120_000 }));

/**
 * One name, then many: obtained and installed by us, again, renewed by us and by certbot. After each the server serves what is newest;
 * after the first installation of each name its configuration does not change by a byte.
 */
export async function oursWithCertbot(server: ServedSites): Promise<void> {
  const { plugin, words } = server;
  const ours = (site: Site, verb: string, ...more: string[]): Promise<string> => fine(runAt(verb, ...words, '--https-port', String(server.https.port), `--${plugin}`, '--cert-name', site, ...more));
  await ours('one', 'run', '-d', SITES.one.join(','));
  const one = await served(server, 'one');
  await redirected('one');
  const withOne = server.files();
  await ours('one', 'run', '-d', SITES.one.join(','), '--force-renewal');
  expect(await served(server, 'one')).not.toBe(one);
  expect(server.files()).toEqual(withOne);
  await ours('many', 'run', '-d', SITES.many.join(','));
  let newest = { one: await served(server, 'one'), many: await served(server, 'many') };
  await redirected('many');
  const installed = server.files();
  for (const renew of [renewAll, () => certbotRenewAll(server)]) {
    await renew();
    const now = { one: await served(server, 'one'), many: await served(server, 'many') };
    expect(now.one).not.toBe(newest.one);
    expect(now.many).not.toBe(newest.many);
    newest = now;
    expect(server.files()).toEqual(installed);
  }
  expect(await ours('many', 'install')).toContain('Nothing had to be changed.');
  expect(server.files()).toEqual(installed);
  // certbot adds an empty line and moves others about whenever it installs; what is said stays the same, each line once.
  await fine(certbot(server, 'install', `--${plugin}`, '--cert-name', 'one', '--redirect'));
  const said = (files: Record<string, string>) => Object.fromEntries(Object.entries(files).map(([path, text]) => [path, text.split('\n').map((line) => line.trim()).filter((line) => line !== '').sort()]));
  expect(said(server.files())).toEqual(said(installed));
  expect(await served(server, 'one')).toBe(newest.one);
}

/** Obtained and installed by certbot, then installed, renewed, run and uninstalled by us. */
export async function certbotsWithUs(server: ServedSites): Promise<void> {
  const { plugin, certbotRedirects } = server;
  const words = [...server.words, '--https-port', String(server.https.port), `--${plugin}`, '--cert-name', 'one', certbotRedirects ? '--redirect' : '--no-redirect'];
  const before = server.files();
  await fine(certbot(server, 'run', ...words, '-d', SITES.one.join(',')));
  const first = await served(server, 'one');
  if (certbotRedirects) await redirected('one');
  const installed = server.files();
  expect(await fine(runAt('install', ...words))).toContain('Nothing had to be changed.');
  expect(server.files()).toEqual(installed);
  await renewAll();
  const second = await served(server, 'one');
  expect(second).not.toBe(first);
  await fine(runAt('run', ...words, '-d', SITES.one.join(','), '--force-renewal'));
  expect(await served(server, 'one')).not.toBe(second);
  expect(server.files()).toEqual(installed);
  // U15: what certbot put there goes again, also when it was edited since; the certificate stays.
  const site = Object.keys(before).find((path) => path.includes(SITES.one[0] ?? '')) ?? '';
  const unmarked = (text = ''): string => text.replaceAll(' # managed by Certbot', '').replace(/^\s*\n/gm, '');
  const edited = join(server.root, site);
  writeFileSync(edited, `# by hand\n${readFileSync(edited, 'latin1')}`, 'latin1');
  const uninstall = () => fine(place.certwright(['uninstall', '-n', '--cert-name', 'one']));
  expect(await uninstall()).toContain('one is kept and renewed as before.');
  expect(unmarked(server.files()[site])).toBe(`# by hand\n${unmarked(before[site])}`);
  expect(await plainAnswer(SITES.one[0] ?? '', ports.http, '127.0.0.1', '/x')).toMatchObject({ location: '' });
  expect(JSON.stringify(server.files())).not.toContain('/live/one/');
  expect(existsSync(place.live('one', 'cert.pem'))).toBe(true);
  expect(await uninstall()).toContain('No web server that was looked at uses one.');
}
