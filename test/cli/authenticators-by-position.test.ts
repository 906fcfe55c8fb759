import { expect, it } from 'vitest';
import { UsageError } from '../../src/core/errors.js';
import type { Settings } from '../../src/core/settings.js';
import { parse } from '../../src/cli/parser.js';
import { builtInPlugins } from '../../src/plugins/registry.js';

function settings(line: string, files: Record<string, string> = {}): Settings {
  const parsed = parse({ args: ['certonly', ...line.split(' ')], env: {}, program: 'certwright', plugins: builtInPlugins, readFile: (path) => files[path] ?? null });
  if (parsed.kind !== 'settings') throw new Error(parsed.kind);
  return parsed.settings;
}

function refused(line: string): string {
  try {
    settings(line);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error(`${line} was understood`);
}

it('U03: an authenticator is for the names after it, up to the next one, in every spelling; the first one is the main one', () => {
  const { values, sources, plugin } = settings('-a webroot -w /srv -d a.example.com,b.example.com --nginx -d c.example.com --authenticator=dns-rfc2136 -d *.d.example.com --standalone --ip-address 2001:DB8::1 -d münchen.example');
  expect(values.authenticator).toBe('webroot');
  expect(values.authenticatorMap).toEqual({
    'a.example.com': 'webroot', 'b.example.com': 'webroot', 'c.example.com': 'nginx', '*.d.example.com': 'dns-rfc2136', '2001:db8::1': 'standalone', 'xn--mnchen-3ya.example': 'standalone',
  });
  // `--nginx` means the server too.
  expect(values.installer).toBe('nginx');
  expect(values.configurator).toBeUndefined();
  expect(sources).toMatchObject({ authenticator: 'flag', authenticatorMap: 'flag', installer: 'flag' });
  expect(plugin['webroot_map']).toEqual({ 'a.example.com': '/srv', 'b.example.com': '/srv' });
});

it('U03: -w is for the names of webroot alone, wherever they stand', () => {
  expect(settings('-a standalone -d s.example.com -a webroot -w /1 -d a.example.com -w /2 -d b.example.com').plugin['webroot_map']).toEqual({ 'a.example.com': '/1', 'b.example.com': '/2' });
  expect(settings('-a standalone -d s.example.com -a webroot --webroot-map {"a.example.com":"/1"}').values.authenticatorMap).toEqual({ 's.example.com': 'standalone', 'a.example.com': 'webroot' });
});

it('one authenticator holds for all names wherever it stands; of -a without names between them the last one counts, as certbot has it', () => {
  for (const line of ['-a webroot -d a.example.com', '-d a.example.com -a webroot', '-d a.example.com -a webroot -d b.example.com', '-a webroot -d a.example.com --webroot -d b.example.com', '-a standalone -a webroot -d a.example.com', '-a standalone -d a.example.com -a webroot']) {
    expect(settings(line).values, line).toMatchObject({ authenticator: 'webroot', authenticatorMap: {} });
  }
  // The order of lines in a file says nothing.
  const file = settings('-c /x.ini', { '/x.ini': 'authenticator = standalone\ndomains = a.example.com\n' });
  expect(file.values.authenticatorMap).toEqual({});
});

it('cli.ini beside them: its authenticator, names and folders count where the command line says none', () => {
  const ini = { '/x.ini': 'authenticator = dns-rfc2136\ndomains = z.example.com\nwebroot-path = /srv\n' };
  const { values, sources, plugin } = settings('-c /x.ini -a webroot -d a.example.com --nginx -d b.example.com', ini);
  expect(values).toMatchObject({ authenticator: 'webroot', installer: 'nginx', authenticatorMap: { 'a.example.com': 'webroot', 'b.example.com': 'nginx' }, domains: ['a.example.com', 'b.example.com'] });
  expect(sources).toMatchObject({ authenticator: 'flag', webroot_path: 'file' });
  expect(plugin['webroot_path']).toEqual(['/srv']);
  expect(settings('-c /x.ini --standalone -d a.example.com', ini).values).toMatchObject({ authenticator: 'standalone', authenticatorMap: {} });
  // A plugin that is said there to do both says more than one of several here.
  expect(() => settings('-c /y.ini -a webroot -w /1 -d a.example.com -a standalone -d b.example.com', { '/y.ini': 'nginx = true\n' })).toThrow("Too many flags setting configurators/installers/authenticators: 'nginx' and 'webroot'");
});

it('U03: a name that every object has is a wrong name, not one that was given twice', () => {
  expect(refused('--standalone -d a.example.com --manual -d constructor')).toContain('constructor needs at least two parts');
});

it.each([
  ['--nginx --apache -d a.example.com', 'Too many flags'],
  ['--standalone --webroot -d a.example.com', 'Too many flags'],
  ['-d a.example.com --standalone --webroot', 'Too many flags'],
  ['--standalone -d a.example.com --webroot', 'Too many flags'],
  ['--standalone -d a.example.com --webroot --manual -d b.example.com', 'Too many flags'],
  ['--nginx -d a.example.com --apache -d b.example.com', 'Too many flags'],
  ['--nginx -i apache -d a.example.com --standalone -d b.example.com', 'Too many flags'],
  ['-d a.example.com --standalone -d b.example.com --webroot -d c.example.com', 'must precede all domain flags'],
  ['--standalone -d a.example.com --webroot -d b.example.com --manual', "No name follows the authenticator 'manual'"],
  ['--standalone -d a.example.com --webroot -d A.example.com', "a.example.com is given twice, to be proved by 'standalone' and by 'webroot'"],
  ['--standalone --webroot-map {"b.example.com":"/1"} -a webroot -w /2 -d a.example.com', "--webroot-map gives a folder for b.example.com, which is to be proved by 'standalone'"],
  ['--standalone -d a.example.com -a dns-netcup -d b.example.com', 'dns-netcup plugin is not built in yet'],
])('%s: %s', (line, message) => {
  expect(refused(line)).toContain(message);
});
