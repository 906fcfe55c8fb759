import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from '../../src/cli/parser.js';
import { PluginError } from '../../src/core/errors.js';
import { serversHere } from '../../src/core/servers-here.js';
import type { Settings } from '../../src/core/settings.js';
import type { World } from '../../src/core/world.js';
import type { Installer, PluginDescriptor, ServedName } from '../../src/plugins/contract.js';
import { builtInPlugins } from '../../src/plugins/registry.js';
import { makePems } from '../store/certificates.js';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'certwright-servers-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function settings(...args: string[]): Settings {
  const parsed = parse({ args, env: {}, program: 'certwright', plugins: builtInPlugins, readFile: () => null });
  if (parsed.kind !== 'settings') throw new Error(parsed.kind);
  return parsed.settings;
}

/** A world with nginx, as far as it is looked at: these names, or what is wrong with it. */
function world(found: readonly ServedName[] | PluginError, { fits = true, sandbox = false } = {}): World {
  const installer: Partial<Installer> = { prepare: () => (found instanceof PluginError ? Promise.reject(found) : Promise.resolve()), read: () => Promise.resolve(), names: () => (found instanceof PluginError ? [] : found) };
  const nginx = builtInPlugins.find(({ name }) => name === 'nginx');
  if (!nginx) throw new Error('no nginx');
  const plugin: PluginDescriptor = { ...nginx, server: { label: 'nginx', root: () => root, placesFlag: '--nginx-blocks' }, fit: () => Promise.resolve({ fits, reason: 'nginx does not answer on port 80; start it first' }), loadInstaller: () => Promise.resolve(installer as Installer) };
  return { plugins: [plugin], sandbox: sandbox ? {} : null, dirs: { config: root, work: root, logs: root }, env: {}, log: () => undefined, lockFolder: () => Promise.resolve() } as unknown as World;
}
const place = (file: string) => join(root, file);

it('each name once, with https where any block has it and until when; patterns and what no certificate can hold are apart', async () => {
  const { cert } = makePems('shop.example.org');
  writeFileSync(place('shop.pem'), cert);
  const found = await serversHere(settings(), world([
    { name: 'shop.example.org', pattern: false, tls: false, place: place('sites/shop:1') },
    { name: 'shop.example.org', pattern: false, tls: true, place: place('sites/shop:5'), certificate: place('shop.pem') },
    { name: 'shop.example.org', pattern: false, tls: false, place: place('sites/late:1') },
    { name: 'gone.example.org', pattern: false, tls: true, place: place('sites/gone:1'), certificate: place('gone.pem') },
    { name: '*.example.org', pattern: true, tls: false, place: place('sites/wild:1') },
    { name: '192.0.2.1', pattern: false, tls: false, place: place('sites/ip:1') },
    { name: 'my_host.example.org', pattern: false, tls: false, place: '/elsewhere/x:1' },
    { name: 'a.example.org', pattern: false, tls: false, place: '/elsewhere/x:2' },
  ]));
  expect(found).toEqual([
    {
      plugin: 'nginx',
      label: 'nginx',
      names: [
        { name: 'shop.example.org', place: 'sites/shop:5', tls: true, until: expect.any(Number) as number },
        { name: 'gone.example.org', place: 'sites/gone:1', tls: true },
        { name: 'a.example.org', place: '/elsewhere/x:2', tls: false },
      ],
      patterns: ['*.example.org'],
    },
  ]);
});

it('what is wrong with a server is one line: its own words with file and line, or that it must be started', async () => {
  const fault = async (message: string) => (await serversHere(settings(), world(new PluginError('nginx', message))))[0]?.fault;
  expect(await fault('The nginx plugin is not working.\nThe error was: 2026/11/25 23:53:36 [emerg] 7#7: unknown directive "nonsense" in /etc/nginx/x:1\nnginx: configuration file test failed')).toBe('nginx does not accept its own configuration: unknown directive "nonsense" in /etc/nginx/x:1');
  expect(await fault("The apache plugin is not working.\nThe error was: Error while running apache2ctl.\n\nAH00526: Syntax error on line 3 of /a.conf:\nInvalid command 'X'\nmore")).toBe("nginx does not accept its own configuration: AH00526: Syntax error on line 3 of /a.conf: Invalid command 'X'");
  expect(await fault('Another instance of Certbot\nis already running.')).toBe('Another instance of Certbot is already running.');
  expect((await serversHere(settings(), world([], { fits: false })))[0]).toMatchObject({ fault: 'nginx does not answer on port 80; start it first', names: [] });
});

it('in a sandbox, where nothing is real, a server of this machine is only seen when it is named', async () => {
  expect(await serversHere(settings('--sandbox'), world([], { sandbox: true }))).toEqual([]);
  expect(await serversHere(settings('--sandbox', '--nginx-server-root', root), world([], { sandbox: true }))).toHaveLength(1);
});
