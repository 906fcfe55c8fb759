import { expect, it } from 'vitest';
import { parse } from '../../src/cli/parser.js';
import { commandLine } from '../../src/core/decide/command-line.js';
import { decide } from '../../src/core/decide/decide.js';
import type { ObtainPlan } from '../../src/core/decide/plan.js';
import { builtInPlugins } from '../../src/plugins/registry.js';
import { facts, lineage, lookUp, NO_FOLDER, SERVER } from './facts-for-tests.js';

function settings(...args: string[]) {
  const parsed = parse({ args: ['certonly', ...args], env: {}, program: 'certwright', plugins: builtInPlugins, readFile: () => null });
  if (parsed.kind !== 'settings') throw new Error(parsed.kind);
  return parsed.settings;
}

const saved = { authenticator: 'standalone', server: SERVER, key_type: 'rsa', rsa_key_size: '4096', http01_port: '8080', renew_hook: 'reload', account: 'a'.repeat(32) };
const rsa = { keyType: 'rsa' as const, savedKeyType: 'rsa' as const, rsaKeySize: 4096, params: saved };
const known = facts({ lineages: [lineage('site', ['a.example.com', 'b.example.com'], rsa)] });

function plan(args: string[], world = known): ObtainPlan {
  const decision = decide(settings('--cert-name', 'site', ...args), world, []);
  if (!('plan' in decision) || decision.plan.kind !== 'obtain') throw new Error(JSON.stringify(decision));
  return decision.plan;
}
const names = ({ identifiers }: ObtainPlan) => identifiers.map(({ shown }) => shown);

it('U05: adds and takes out in one go, in order, and inherits all that was saved', () => {
  const changed = plan(['--add-domain', 'new.example.com,192.0.2.1', '--remove-domain', 'a.example.com', '--add-domain', 'münchen.example']);
  expect(names(changed)).toEqual(['b.example.com', 'new.example.com', '192.0.2.1', 'münchen.example']);
  expect(changed.lineage?.added.map(({ shown }) => shown)).toEqual(['new.example.com', '192.0.2.1', 'münchen.example']);
  expect(changed.lineage?.removed.map(({ shown }) => shown)).toEqual(['a.example.com']);
  expect(changed.reason).toBe('names-changed');
  expect(changed.authenticator).toBe('standalone');
  expect(changed.ca.server).toBe(SERVER);
  expect(changed.key).toMatchObject({ type: 'rsa', rsaKeySize: 4096 });
  expect(changed.hooks.deploy).toBe('reload');
  expect(changed.account).toEqual({ kind: 'existing', id: 'a'.repeat(32) });
  expect(changed.renewalParams).toMatchObject({ http01_port: 8080, renew_hook: 'reload' });
  expect(plan(['--add-domain', 'new.example.com', '--key-type', 'ecdsa', '--deploy-hook', 'other'])).toMatchObject({ key: { type: 'ecdsa' }, hooks: { deploy: 'other' } });
});

it('it is what -d with all names and --renew-with-new-domains would plan', () => {
  const full = ['--server', SERVER, '--standalone', '--key-type', 'rsa', '--rsa-key-size', '4096', '--http-01-port', '8080', '--deploy-hook', 'reload', '--account', 'a'.repeat(32)];
  expect(plan(['--add-domain', 'c.example.com'])).toEqual(plan([...full, '--renew-with-new-domains', '-d', 'a.example.com,b.example.com,c.example.com']));
});

it.each([
  [['--add-domain', 'B.example.com'], 'has b.example.com already'],
  [['--remove-domain', 'c.example.com'], 'does not have c.example.com'],
  [['--remove-domain', 'a.example.com', '--remove-domain', 'b.example.com'], 'Without a.example.com, b.example.com no name would be left'],
  [['--add-domain', 'c.example.com', '--remove-domain', 'c.example.com'], 'c.example.com is to be added to the certificate site and taken out'],
  [['--add-domain', 'c.example.com', '-d', 'd.example.com'], 'cannot be used with -d'],
  [['--add-domain', 'c.example.com', '--duplicate'], 'cannot be used with --duplicate'],
  [['--add-domain', 'bad_name.example.com'], 'underscore'],
])('%s: %s', (args, message) => {
  expect(() => plan(args)).toThrow(message);
});

it('without --cert-name, or with another command, it is not understood', () => {
  expect(() => settings('--add-domain', 'c.example.com')).toThrow('--add-domain needs --cert-name');
  expect(() => parse({ args: ['renew', '--cert-name', 'site', '--remove-domain', 'a.example.com'], env: {}, program: 'certwright', plugins: builtInPlugins, readFile: () => null })).toThrow("only works with the 'certonly' and 'run'");
});

const web = (map: Record<string, string>, path: string[]) => facts({ lineages: [lineage('site', ['a.example.com', 'b.example.com'], { params: { authenticator: 'webroot', server: SERVER, key_type: 'ecdsa', webroot_map: map, webroot_path: path } })] });

it('web folders: present names keep theirs; a new one takes -w, else the only one there is, else it is asked for', () => {
  const one = web({ 'a.example.com': '/srv', 'b.example.com': '/srv' }, ['/srv']);
  const two = web({ 'a.example.com': '/a', 'b.example.com': '/b' }, ['/a', '/b']);
  expect(plan(['--add-domain', 'c.example.com'], one).webrootMap).toEqual({ 'a.example.com': '/srv', 'b.example.com': '/srv', 'c.example.com': '/srv' });
  expect(plan(['-w', '/c', '--add-domain', 'c.example.com'], two).webrootMap).toEqual({ 'a.example.com': '/a', 'b.example.com': '/b', 'c.example.com': '/c' });
  expect(plan(['--remove-domain', 'a.example.com'], two).webrootMap).toEqual({ 'b.example.com': '/b' });
  const asked = settings('--cert-name', 'site', '--add-domain', 'c.example.com');
  const decision = decide(asked, two, []);
  expect(decision).toMatchObject({ ask: { id: 'webroots', names: ['c.example.com'] } });
  const answers = [{ id: 'webroots' as const, value: { 'c.example.com': '/c' } }];
  const looked = decide(asked, two, answers);
  if (!('lookup' in looked)) throw new Error('the folder that was typed is not looked at');
  const none = { 'c.example.com': NO_FOLDER };
  expect(() => decide(asked, lookUp(two, { ...looked, folders: none }), [{ id: 'webroots', value: none }])).toThrow(`${NO_FOLDER} does not exist`);
  const answered = decide(asked, lookUp(two, looked), answers);
  if (!('plan' in answered)) throw new Error('no plan');
  expect(commandLine(asked, two, answers, answered.plan).join(' ')).toBe('certwright certonly --cert-name site -w /c --add-domain c.example.com');
  expect(answered.plan).toMatchObject({ webrootMap: { 'a.example.com': '/a', 'b.example.com': '/b', 'c.example.com': '/c' } });
});

it('a dry run of what comes from Let’s Encrypt asks its test server, with no account of the other one', () => {
  const server = 'https://acme-v02.api.letsencrypt.org/directory';
  const changed = plan(['--dry-run', '--add-domain', 'c.example.com'], facts({ lineages: [lineage('site', ['a.example.com'], { server, params: { ...saved, server } })] }));
  expect(changed.ca.server).toContain('staging');
  expect(changed.account.kind).toBe('new');
});
