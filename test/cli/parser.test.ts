import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, type Parsed } from '../../src/cli/parser.js';
import { CertwrightError, UsageError } from '../../src/core/errors.js';
import type { Settings } from '../../src/core/settings.js';
import { builtInPlugins } from '../../src/plugins/registry.js';

const parsed = (args: readonly string[], files: Readonly<Record<string, string>> = {}, env: Record<string, string> = { HOME: '/home/me' }): Parsed =>
  parse({ args, env, program: 'certwright', plugins: builtInPlugins, readFile: (path) => files[path] ?? null });
function settings(line: string | readonly string[], files: Readonly<Record<string, string>> = {}, env?: Record<string, string>): Settings {
  const result = parsed(typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line, files, env);
  if (result.kind !== 'settings') throw new Error(result.text);
  return result.settings;
}
const refused = (line: string, files: Readonly<Record<string, string>> = {}): string => {
  try {
    settings(line, files);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as UsageError).message;
  }
  throw new Error(`was understood: ${line}`);
};

describe('words (S01–S05, S170)', () => {
  it('the verb may stand anywhere; none means run; auth is certonly', () => {
    expect(settings('certonly -d a.example.com')).toMatchObject({ verb: 'certonly', verbGiven: true });
    expect(settings('-d a.example.com certonly -n').verb).toBe('certonly');
    expect(settings('auth').verb).toBe('certonly');
    expect(settings('-n')).toMatchObject({ verb: 'run', verbGiven: false });
    // The value of an option is not a verb.
    expect(settings('certonly --cert-name renew')).toMatchObject({ verb: 'certonly', values: { certname: 'renew' } });
    expect(settings('--cert-name delete certonly')).toMatchObject({ verb: 'certonly', values: { certname: 'delete' } });
    expect(settings('--cert-na delete certonly')).toMatchObject({ verb: 'certonly', values: { certname: 'delete' } });
    expect(settings('-na revoke certonly --pre-hook=delete')).toMatchObject({ verb: 'certonly', values: { authenticator: 'revoke', preHook: 'delete' } });
    expect(settings('-n delete --cert-name a')).toMatchObject({ verb: 'delete', values: { certname: 'a' } });
    expect(settings('everything')).toMatchObject({ verb: 'run', verbGiven: true });
  });
  it('abbreviations, clusters, values with and without a space; the last one wins', () => {
    expect(settings('--agree-t --rsa-key=3072').values).toMatchObject({ tos: true, rsaKeySize: 3072 });
    expect(settings('-nda.example.com').values).toMatchObject({ noninteractiveMode: true, domains: ['a.example.com'] });
    expect(settings('-nd a.example.com -vv').values).toMatchObject({ domains: ['a.example.com'], verboseCount: 2 });
    expect(settings('--key-type rsa --key-type ecdsa --redirect --no-redirect').values).toMatchObject({ keyType: 'ecdsa', redirect: false });
    expect(refused('--no-')).toContain('ambiguous option');
  });
  it('names gather from all their options, once each, as they were typed', () => {
    expect(settings('-d b.example.com,a.example.com -d a.example.com --domains münchen.example,127.0.0.1 --ip-address ::1').values).toMatchObject({
      domains: ['b.example.com', 'a.example.com', 'münchen.example'],
      ipAddresses: ['127.0.0.1', '::1'],
    });
    expect(refused('-d good.example.com,bad_.example.com')).toContain('bad_.example.com contains an underscore');
  });
  it('what cannot be understood is told, with the word', () => {
    expect(refused('--zzz')).toContain('--zzz');
    expect(refused('nonsense')).toContain('nonsense');
    expect(refused('--http-01-port x')).toContain('--http-01-port');
    expect(refused('--http-01-port 70000')).toContain('too large');
    expect(refused('--rsa-key-size 1024')).toContain('Unsupported RSA key length');
    expect(refused('--key-type dsa')).toContain('choose from rsa, ecdsa');
    expect(refused('--email nobody')).toContain('nobody is not an e-mail address');
    expect(refused('--cert-name a/b')).toContain('cannot be a file name');
    expect(refused('-d')).toContain('expected one argument');
    expect(refused('--dns-cloudxns')).toContain('not built in yet');
    expect(refused('--standalone --webroot')).toContain('Too many flags');
    expect(refused('-n --force-interactive')).toContain('conflict');
    expect(refused('certonly --staging --server https://ca.example/dir')).toContain('--server value conflicts with --staging');
    expect(refused('run --dry-run')).toContain("--dry-run currently only works with the 'certonly' or 'renew'");
    expect(refused('--csr x')).toContain('certonly');
    expect(refused('certonly --allow-subset-of-names -d *.example.com')).toContain('wildcard');
    expect(refused('--preferred-challenges smoke')).toContain("'smoke'");
    expect(refused('--user-agent-comment (x)')).toContain('parentheses');
    expect(refused('--standalone -a webroot')).toContain("'standalone' and 'webroot'");
    expect(refused('--configurator webroot -a standalone')).toContain('Too many flags');
    expect(settings('--standalone -a standalone').values.authenticator).toBe('standalone');
    expect(refused('-q --force-interactive')).toContain('conflict');
    expect(refused('renew --force-interactive')).toContain('cannot be used with renew');
    expect(refused('--hsts --auto-hsts')).toContain('cannot be used simultaneously');
    expect(refused('--ip-address example.com')).toContain('example.com is not an IP address');
    expect(refused('-d fe80::1%eth0')).toContain('fe80::1%eth0');
    expect(refused('--max-log-backups -1')).toContain('at least 0');
    expect(refused('--rsa-key-size 99999')).toContain('at most 16384');
    expect(refused('--server ftp://ca.example/')).toContain('--server');
    for (const line of ['-a dns-netcup', 'certonly -a dns-inwx', '-i dns-cloudxns']) expect(refused(line)).toMatch(/^The [a-z-]+ plugin is not built in yet/);
    expect(refused('certonly --dns-cloudxns-credentials=/secret --dns-cloudxns')).toBe('--dns-cloudxns-credentials: the dns-cloudxns plugin is not built in yet.');
  });
  it('C40: -a and -i take other words for a plugin, also as PACKAGE:NAME, each for what it can do', () => {
    expect(settings('run -a haproxy -i haproxy').values).toMatchObject({ authenticator: 'haproxy-authenticator', installer: 'haproxy-installer' });
    expect(settings('run -a certbot-haproxy:haproxy-authenticator -i certbot-haproxy:haproxy-installer').values).toMatchObject({ authenticator: 'haproxy-authenticator', installer: 'haproxy-installer' });
    expect(settings('run --configurator haproxy').values).toMatchObject({ authenticator: 'haproxy-authenticator', installer: 'haproxy-installer' });
    expect(settings('certonly -a nobody:knows').values.authenticator).toBe('nobody:knows');
  });
  it('what does not prove or install does not care about plugins that are missing', () => {
    const files = { '/etc/letsencrypt/cli.ini': 'authenticator = dns-cloudxns\ndns-inwx-credentials = /x\n' };
    expect(settings('certificates', files).verb).toBe('certificates');
    expect(refused('certonly', files)).toContain('dns-cloudxns');
    const result = parsed(['certificates'], files);
    expect(result.kind === 'settings' && result.warnings).toEqual(['/etc/letsencrypt/cli.ini, line 2: dns-inwx-credentials has no effect: the dns-inwx plugin is not built in yet.']);
  });
  it('flags of old versions are accepted; the warning names the one that was used (S171)', () => {
    const result = parsed(['certonly', '--no-self-upgrade', '--tls-sni-01-port', '443']);
    expect(result.kind === 'settings' && result.warnings).toEqual(['Use of --no-self-upgrade is deprecated; it has no effect.', 'Use of --tls-sni-01-port is deprecated; it has no effect.']);
    expect(parsed(['renew', '-q', '--no-self-upgrade'])).toMatchObject({ kind: 'settings', warnings: [] });
  });
  it('quiet and renew ask nothing; reasons count in any case; paths are made absolute', () => {
    expect(settings('certonly -q').values.noninteractiveMode).toBe(true);
    expect(settings('renew').values.noninteractiveMode).toBe(true);
    expect(settings('certonly').values.noninteractiveMode).toBe(false);
    expect(settings('revoke --reason KeyCompromise').values.reason).toBe('keycompromise');
    expect(settings('certificates --config-dir etc').values.configDir).toBe(`${process.cwd()}/etc`);
  });
  it('challenges by their short names, most wanted first (S22)', () => {
    expect(settings('--preferred-challenges dns,http,tls-alpn-01,dns').values.prefChalls).toEqual(['dns-01', 'http-01', 'tls-alpn-01']);
    const twice = settings('--preferred-challenges dns --preferred-challenges http');
    expect(twice.values.prefChalls).toEqual(['dns-01', 'http-01']);
    expect(settings(twice.words['prefChalls'] ?? []).values.prefChalls).toEqual(['dns-01', 'http-01']);
  });
  it('test servers: --staging and --dry-run', () => {
    expect(settings('certonly --test-cert').values.server).toContain('staging');
    expect(settings('certonly --dry-run').values).toMatchObject({ tos: true, breakMyCerts: true, registerUnsafelyWithoutEmail: true });
    expect(settings('certonly --dry-run').values.server).toBe('https://acme-staging-v02.api.letsencrypt.org/directory');
    expect(settings('certonly --dry-run --server https://ca.example/dir').values.server).toBe('https://ca.example/dir');
    expect(settings('certonly').values.server).toBe('https://acme-v02.api.letsencrypt.org/directory');
    expect(settings('certonly --staging').sources['server']).toBe('flag');
  });
  it('--user-dirs puts everything below the person’s own folders; a directory that is named stays', () => {
    expect(settings('--user-dirs --logs-dir /l', {}, { HOME: '/home/me', XDG_DATA_HOME: '/data' }).values).toMatchObject({ configDir: '/home/me/.config/certwright', workDir: '/data/certwright', logsDir: '/l' });
    // Relative and empty values of the XDG variables do not count.
    expect(settings('--user-dirs', {}, { HOME: '/home/me', XDG_CONFIG_HOME: '', XDG_STATE_HOME: 'x' }).values).toMatchObject({ configDir: '/home/me/.config/certwright', logsDir: '/home/me/.local/state/certwright/logs' });
  });
});

describe('web folders (S27)', () => {
  const map = (line: string) => settings(line).plugin['webroot_map'];
  it('each -w is for the names after it, the last one for the rest', () => {
    expect(map('-w /a -d a.example.com -d aa.example.com -w /b -d b.example.com')).toEqual({ 'a.example.com': '/a', 'aa.example.com': '/a', 'b.example.com': '/b' });
    expect(map('-d a.example.com -w /a')).toEqual({ 'a.example.com': '/a' });
    expect(map('-w /a -d a.example.com -w /b -d b.example.com -w /c -d c.example.com')).toEqual({ 'a.example.com': '/a', 'b.example.com': '/b', 'c.example.com': '/c' });
    expect(settings('-w /a -w /b').plugin['webroot_path']).toEqual(['/a', '/b']);
    expect(refused('-d a.example.com -w /a -w /b')).toContain('one of them must precede all domain flags');
  });
  it('--webroot-map names folders and domains at once', () => {
    const given = settings(['--webroot-map', '{"a.example.com,münchen.example": "/a"}', '-w', '/b', '-d', 'b.example.com']);
    expect(given.plugin['webroot_map']).toEqual({ 'a.example.com': '/a', 'xn--mnchen-3ya.example': '/a', 'b.example.com': '/b' });
    expect(given.values.domains).toEqual(['a.example.com', 'münchen.example', 'b.example.com']);
    expect(refused('--webroot-map {')).toContain('not JSON');
  });
});

describe('configuration files (S150–S154)', () => {
  const INI = '/home/me/.config/letsencrypt/cli.ini';
  it('reads certbot’s dialect: =, :, space, bare names, lists, comments, sections', () => {
    const { values, sources } = settings('certonly', {
      '/etc/letsencrypt/cli.ini': 'max-log-backups = 0\npreconfigured-renewal = True\n',
      [INI]: '# a comment\n[ignored]\nrsa-key-size: 4096\nemail admin@example.com\nagree-tos\ndomains = [a.example.com, b.example.com]\nredirect = false\n; more\ndeploy-hook = /bin/sh -c \'echo "x"; y\'\nserver = "https://ca.example/dir" # why\n',
    });
    expect(values).toMatchObject({ maxLogBackups: 0, preconfiguredRenewal: true, rsaKeySize: 4096, email: 'admin@example.com', tos: true, domains: ['a.example.com', 'b.example.com'], deployHook: '/bin/sh -c \'echo "x"; y\'', server: 'https://ca.example/dir' });
    expect(values.redirect).toBeUndefined();
    expect(sources).toMatchObject({ rsaKeySize: 'file', tos: 'file' });
  });
  it('a flag goes before the file, lists as a whole; -c names one more file', () => {
    const given = settings('certonly --rsa-key-size 2048 -d z.example.com -c /my.ini', { [INI]: 'rsa-key-size = 4096\ndomains = a.example.com, b.example.com\n', '/my.ini': 'key-type = rsa\n' });
    expect(given.values).toMatchObject({ rsaKeySize: 2048, domains: ['z.example.com'], keyType: 'rsa' });
    expect(given.sources).toMatchObject({ rsaKeySize: 'flag', keyType: 'file' });
  });
  it('a later line or file replaces an earlier one; a line that is replaced may be wrong', () => {
    const ETC = '/etc/letsencrypt/cli.ini';
    expect(settings('', { [ETC]: 'domains = a.example.com\ndomains = b.example.com\n' }).values.domains).toEqual(['b.example.com']);
    expect(settings('', { [ETC]: 'domains = a.example.com\nemail = a@example.com\n', [INI]: 'domains = b.example.com\n' }).values).toMatchObject({ domains: ['b.example.com'], email: 'a@example.com' });
    expect(settings('--rsa-key-size 2048', { [ETC]: 'rsa-key-size = x\n' }).values.rsaKeySize).toBe(2048);
    expect(settings('--no-redirect', { [ETC]: 'redirect = true\n' }).values.redirect).toBe(false);
    expect(settings('', { [ETC]: 'preferred-challenges = [dns, http]\nverbose = 2\n' }).values).toMatchObject({ prefChalls: ['dns-01', 'http-01'], verboseCount: 2 });
  });
  it('an empty XDG_CONFIG_HOME does not make files of the working directory count', () => {
    const given = settings('', { 'letsencrypt/cli.ini': 'server = https://evil.example/\n', [INI]: 'email = a@example.com\n' }, { HOME: '/home/me', XDG_CONFIG_HOME: '' });
    expect(given.values).toMatchObject({ server: 'https://acme-v02.api.letsencrypt.org/directory', email: 'a@example.com' });
  });
  it('renew does not see names of a file (S154), but those of the command line', () => {
    const renewal = settings('renew', { [INI]: 'domains = a.example.com\n' });
    expect(renewal.values.domains).toEqual([]);
    expect(renewal.sources['domains']).toBeUndefined();
    expect(settings('renew -d a.example.com').values.domains).toEqual(['a.example.com']);
  });
  it('web folders: a map in a file, and a folder in a file for names of the command line (S153)', () => {
    expect(settings('', { [INI]: 'webroot-map = {"a.example.com":"/a"}\n' })).toMatchObject({ values: { domains: ['a.example.com'] }, plugin: { webroot_map: { 'a.example.com': '/a' } } });
    expect(settings('-d a.example.com', { [INI]: 'webroot-path = /w\n' }).plugin['webroot_path']).toEqual(['/w']);
  });
  it('what is wrong is told with file and line', () => {
    const wrong = (text: string) => () => settings('certonly', { [INI]: text });
    expect(wrong('\nzz-option = 1\n')).toThrow(`${INI}, line 2`);
    expect(wrong('http-01-port = x\n')).toThrow(`${INI}, line 1`);
    expect(wrong('agree-tos = maybe\n')).toThrow("Expecting 'true'");
    expect(wrong('\ndomains = [good.example.com, bad_.example.com, other.example.com]\n')).toThrow(/cli.ini, line 2: .*bad_/);
    expect(wrong('email = [a@example.com, b@example.com]\n')).toThrow('email takes one value');
    expect(wrong('config-dir = /a\u0000b\n')).toThrow('NUL');
    expect(() => settings('-c /missing.ini')).toThrow('/missing.ini');
  });
});

describe('sources and words', () => {
  it('every value knows where it came from; the words say it again', () => {
    const { sources, words } = settings('certonly --key-type rsa --standalone -d a.example.com --pre-hook=-x -n');
    expect(sources).toMatchObject({ keyType: 'flag', authenticator: 'flag', domains: 'flag' });
    expect(sources['rsaKeySize']).toBeUndefined();
    expect(words).toEqual({ keyType: ['--key-type', 'rsa'], authenticator: ['--standalone'], preHook: ['--pre-hook=-x'] });
  });
});

describe('help', () => {
  it('every topic, verb and plugin, within 80 columns', () => {
    for (const topic of ['', 'all', 'commands', 'certonly', 'renew', 'revoke', 'general', 'paths', 'security', 'testing', 'automation', 'standalone', 'webroot', 'manual', 'plugins', 'delete', 'register', 'auth', 'sandbox', 'subcommands', 'haproxy', 'varnish', 'nosuch']) {
      const result = parsed(['--help', ...(topic === '' ? [] : [topic])]);
      if (result.kind !== 'help') throw new Error(topic);
      expect(result.text.length).toBeGreaterThan(40);
      for (const line of result.text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    }
    expect(parsed(['certonly', '-h'])).toMatchObject({ kind: 'help', text: expect.stringContaining('certonly') as string });
    const page = (...args: string[]): string => (parsed(args) as { text: string }).text;
    expect(page('help', 'renew')).toBe(page('renew', '--help'));
    expect(page('--help', 'auth')).toBe(page('--help', 'certonly'));
    expect(page('--help', 'revoke')).toContain('--reason');
    expect(page('--help', 'unregister')).toContain('--account');
    expect(page('--help', 'renew')).toMatch(/--deploy-hook[^]*--rsa-key-size/);
    expect(page('--help', 'testing')).toMatch(/--http-01-port[^]*\(default: 80\)/);
    expect(page('--help', 'security')).toMatch(/One of rsa, ecdsa\. \(default:\s+ecdsa\)/);
    expect(page('--help', 'all')).toContain('--webroot-map');
    expect(page('--help', 'nosuch')).toContain('no help on nosuch');
    expect(parse({ args: ['--version'], env: {}, program: 'certbot', plugins: [], readFile: () => null })).toMatchObject({ text: 'certwright 0.0.0-test' });
    expect(parsed(['--version'])).toEqual({ kind: 'version', text: 'certwright 0.0.0-test' });
  });
});

it('N07: no list of words ends in anything but settings, a text, or an error in words', () => {
  const word = fc.oneof(fc.constantFrom('-d', '--domains', '-w', '-n', '--key-type', 'rsa', '-vvv', '--', '-', '=', '--webroot-map', '{}', 'certonly', '--help', '--cert-name', '-c', '--sandbox', '--no-redirect', '-nd', '--csr', '--dry-run'), fc.string({ unit: 'binary', maxLength: 12 }));
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), fc.string({ maxLength: 60 }), (args, ini) => {
      try {
        parsed(args, { '/home/me/.config/letsencrypt/cli.ini': ini });
      } catch (error) {
        expect(error).toBeInstanceOf(CertwrightError);
      }
    }),
    { numRuns: 1000, seed: Number(process.env['CERTWRIGHT_SEED'] ?? 2026) },
  );
});
