import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makePlace, runProgram, top, unattended, type Place } from './certwright.js';
import { startPebble, type Pebble } from './pebble.js';

const example = join(top, 'test', 'plugins', 'example', 'certwright-plugin-shelf');
let pebble: Pebble;
let place: Place;
let empty: string;
let shelf: string;
beforeAll(async () => {
  pebble = await startPebble({ env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0' } });
  place = makePlace({ REQUESTS_CA_BUNDLE: pebble.caPath });
  [empty, shelf] = [join(place.folder, 'empty'), join(place.folder, 'shelf')];
  for (const folder of [empty, shelf]) mkdirSync(folder);
  const npm = async (args: readonly string[], cwd: string) => {
    const { code, stdout, stderr } = await runProgram('npm', [...args, '--offline', '--no-audit', '--no-fund', '--loglevel=error', '--cache', join(place.folder, 'npm')], { cwd, env: { HOME: place.folder } });
    expect(code, stderr).toBe(0);
    return stdout.trim();
  };
  const tarball = await npm(['pack', '--pack-destination', place.folder], example);
  await npm(['install', '--ignore-scripts', join(place.folder, tarball.split('\n').at(-1) ?? '')], empty);
}, 60_000);
afterAll(async () => {
  await pebble.stop();
  place.remove();
});

/** Also as an abbreviation, as every flag may be. */
const from = (): readonly string[] => ['--plugin-di', empty];
const run = (...more: readonly string[]) => ['run', ...unattended(pebble.directoryUrl), '--http-01-port', String(pebble.httpPort), ...more];
const pem = (): string => readFileSync(join(shelf, 'a.example.com.pem'), 'utf8');
const live = (): string => readFileSync(join(place.folder, 'config', 'live', 'a.example.com', 'fullchain.pem'), 'utf8');

it('a package from a tarball: listed, helped, obtained with, installed with, renewed and undone', { timeout: 60_000 }, async () => {
  const listed = await place.certwright(['plugins', ...from()]);
  expect(listed.stdout).toContain('* shelf\nDescription: Proves names by a small server, and puts certificates on a shelf.\nInterfaces: Authenticator, Installer, Plugin');
  expect(listed.stdout).toContain(`Entry point: shelf = certwright-plugin-shelf:shelf\nPackage: certwright-plugin-shelf in ${join(empty, 'node_modules', 'certwright-plugin-shelf')}`);
  expect((await place.certwright(['plugins', `--plugin-d=${empty}`])).stdout).toContain('* shelf');
  expect((await place.certwright(['--help', 'shelf', ...from()])).stdout).toContain('--shelf-folder DIR');
  expect((await place.certwright(['plugins'])).stdout).not.toContain('shelf');

  const missing = await place.certwright([...run('-a', 'shelf', '-i', 'shelf', '-d', 'a.example.com'), ...from()]);
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('The plugin shelf failed: say where the shelf is, with --shelf-folder')]);
  expect(missing.stderr).not.toContain('at Object');

  const got = await place.certwright([...run('-a', 'shelf', '-i', 'shelf', '--shelf-folder', shelf, '-d', 'a.example.com,b.example.com'), ...from()]);
  expect(got.code, got.stderr).toBe(0);
  expect(pem()).toBe(live());
  expect(readFileSync(join(shelf, 'reloads'), 'utf8')).toBe('reloaded\n');
  const renewal = readFileSync(join(place.folder, 'config', 'renewal', 'a.example.com.conf'), 'utf8');
  for (const line of ['authenticator = shelf', 'installer = shelf', `shelf_folder = ${shelf}`]) expect(renewal).toContain(`${line}\n`);

  const again = await place.certwright(['install', '-n', '-i', 'shelf', '--shelf-folder', shelf, '--cert-name', 'a.example.com', ...from()]);
  expect(again.code, again.stderr).toBe(0);
  // The timer finds it by cli.ini.
  const first = pem();
  mkdirSync(join(place.folder, 'xdg', 'letsencrypt'), { recursive: true });
  writeFileSync(join(place.folder, 'xdg', 'letsencrypt', 'cli.ini'), `plugin-dir = ${empty}\n`);
  const renewed = await place.certwright(['renew', '-n', '--force-renewal', '--no-random-sleep-on-renew'], { env: { XDG_CONFIG_HOME: join(place.folder, 'xdg') } });
  expect(renewed.code, renewed.stderr).toBe(0);
  expect(pem()).toBe(live());
  expect(pem()).not.toBe(first);
  expect((await place.certwright(['rollback', '-n'])).code).toBe(0);
  expect(existsSync(join(shelf, 'a.example.com.conf'))).toBe(false);
});

it('without its package the lineage says so, and others are renewed', { timeout: 60_000 }, async () => {
  const other = await place.certwright(['certonly', ...unattended(pebble.directoryUrl), '--standalone', '--http-01-port', String(pebble.httpPort), '-d', 'other.example.com']);
  expect(other.code, other.stderr).toBe(0);
  // The folder that cli.ini names is gone too: that is said, and stops nobody else.
  const gone = join(place.folder, 'gone');
  writeFileSync(join(place.folder, 'xdg', 'letsencrypt', 'cli.ini'), `plugin-dir = ${gone}\n`);
  const renewed = await place.certwright(['renew', '-n', '--force-renewal', '--no-random-sleep-on-renew'], { env: { XDG_CONFIG_HOME: join(place.folder, 'xdg') } });
  expect(renewed.code).toBe(1);
  expect(renewed.stderr).toContain(`There is no folder ${gone}`);
  expect(renewed.stderr).toContain('The requested shelf plugin does not appear to be installed');
  expect(existsSync(join(place.folder, 'config', 'archive', 'other.example.com', 'cert2.pem'))).toBe(true);
  // A timer would look for it in whatever folder it runs in.
  writeFileSync(join(place.folder, 'xdg', 'letsencrypt', 'cli.ini'), 'plugin-dir = empty\n');
  const relative = await place.certwright(['plugins'], { env: { XDG_CONFIG_HOME: join(place.folder, 'xdg') } });
  expect([relative.code, relative.stderr]).toEqual([2, expect.stringMatching(/cli\.ini, line 1: plugin-dir must be the full path of a folder/)]);
});

it('beside certwright it is found without a word, with a scope too; what others could have written is not run', async () => {
  const modules = join(place.folder, 'global', 'node_modules');
  const own = join(modules, 'certwright');
  for (const part of ['bin', 'dist', 'package.json']) cpSync(join(top, part), join(own, part), { recursive: true });
  cpSync(example, join(modules, '@someone', 'certwright-plugin-shelf'), { recursive: true });
  const plugins = async (...more: readonly string[]) => runProgram(process.execPath, [join(own, 'bin', 'certwright.js'), 'plugins', ...place.directories, ...more], { env: { HOME: place.folder } });
  expect((await plugins()).stdout).toContain('* shelf');
  const code = join(modules, '@someone', 'certwright-plugin-shelf', 'shelf.js');
  chmodSync(code, 0o666);
  const open = await plugins();
  expect(open.stdout).not.toContain('* shelf');
  expect(open.stderr).toContain('can be written by others');
  chmodSync(code, 0o644);
  // Who may write into a folder above it can exchange the whole; what the module imports runs too.
  for (const path of [join(modules, '@someone'), join(place.folder, 'global')]) {
    chmodSync(path, 0o777);
    expect((await plugins()).stdout, path).not.toContain('* shelf');
    chmodSync(path, 0o755);
  }
  const imported = join(modules, '@someone', 'certwright-plugin-shelf', 'imported.js');
  writeFileSync(imported, '');
  chmodSync(imported, 0o666);
  expect((await plugins()).stdout).not.toContain('* shelf');
  chmodSync(imported, 0o644);
  expect((await plugins()).stdout).toContain('* shelf');
  // Another version of the contract, a clash, control characters, and code that fails.
  const odd = join(place.folder, 'odd');
  const put = (name: string, source: string, contract = 1): void => {
    mkdirSync(join(odd, name), { recursive: true });
    writeFileSync(join(odd, name, 'package.json'), JSON.stringify({ name, type: 'module', certwright: { contract } }));
    writeFileSync(join(odd, name, 'index.js'), source);
  };
  const plugin = (name: string, more = '') => `export const plugins = [{ name: '${name}', title: 'T', description: 'red \\u001b[31m', authenticator: true, challengeTypes: ['http-01'], fit: () => ({}), load: () => ({}) ${more} }];`;
  put('certwright-plugin-later', plugin('later'), 2);
  put('certwright-plugin-clash', plugin('nginx'));
  put('certwright-plugin-flags', plugin('flags', ", options: [{ flags: ['--server'], dest: 'flags_server', kind: 'string', help: '' }]"));
  put('certwright-plugin-key', plugin('key', ", options: [{ flags: ['--key-of-shelf'], dest: 'key_type', kind: 'string', help: '' }]"));
  put('certwright-plugin-fails', 'throw new Error("broken");');
  put('certwright-plugin-red', plugin('red'));
  const { code: exit, stdout, stderr } = await plugins('--plugin-dir', odd);
  expect(exit, stderr).toBe(0);
  expect(stdout).toContain('* red\nDescription: red');
  expect(stdout).not.toContain('\u001b');
  for (const word of ['version 2 of the contract', 'there is a plugin nginx already', 'other flags than --flags-', 'there is an option --key-type already', 'it cannot be loaded (broken)']) expect(stderr).toContain(word);
});
