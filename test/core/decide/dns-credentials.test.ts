import { describe, expect, it } from 'vitest';
import { parse } from '../../../src/cli/parser.js';
import type { Answer } from '../../../src/core/decide/answers.js';
import { commandLine } from '../../../src/core/decide/command-line.js';
import { decide, type Decision } from '../../../src/core/decide/decide.js';
import type { Facts } from '../../../src/core/decide/facts.js';
import type { ObtainPlan } from '../../../src/core/decide/plan.js';
import { dnsProviderOf } from '../../../src/core/dns-provider-here.js';
import type { Settings } from '../../../src/core/settings.js';
import { credentialsText } from '../../../src/plugins/dns/credentials-text.js';
import { credentialsIn } from '../../../src/plugins/dns/credentials.js';
import { builtInPlugins } from '../../../src/plugins/registry.js';
import type { Lookup } from '../../../src/system/resolver.js';
import { facts, lookUp, SERVER } from '../facts-for-tests.js';

function settingsFor(args: readonly string[]): Settings {
  const parsed = parse({ args: ['certonly', '--server', SERVER, '--config-dir', '/etc/letsencrypt', '--agree-tos', '-m', 'a@example.com', ...args], env: {}, program: 'certwright', plugins: builtInPlugins, readFile: () => null });
  if (parsed.kind !== 'settings') throw new Error(parsed.kind);
  return parsed.settings;
}

const asks = { flag: '--dns-cloudflare-credentials', dest: 'dns_cloudflare_credentials', access: 'Make a token.', fields: [{ key: 'api_token', label: 'API token', secret: true }] };
const cloudflare = { name: 'dns-cloudflare', title: 'Cloudflare', description: '', authenticator: true, installer: false, challengeTypes: ['dns-01'], ipAddresses: false, credentials: asks };
const known = facts({ plugins: [...facts().plugins, cloudflare] });

/** What the outside world says: the providers would fit if a person gave a token, or chose them. */
function looked(world: Facts, decision: Extract<Decision, { lookup: string }>, attended: boolean, dnsProvider?: string): Facts {
  if (decision.credentials) return { ...world, credentials: { answer: decision.credentials.values, path: '/etc/letsencrypt/dns-cloudflare-2.ini', text: 'secret' } };
  const found = lookUp(world, decision);
  if (decision.lookup !== 'fits' || !found.fits) return found;
  const elsewhere = world.plugins.filter(({ credentials }) => credentials !== undefined);
  const by = { ...found.fits.by, ...Object.fromEntries(elsewhere.map(({ name }) => [name, { fits: false, reason: 'it needs a file', ...(attended ? { asks: true } : {}) }])) };
  return { ...found, fits: { ...found.fits, by }, ...(dnsProvider === undefined ? {} : { dnsProvider }) };
}

/** Goes on until something is asked that is not in `given`, or there is a plan. */
function walk(args: readonly string[], given: Readonly<Record<string, Answer['value']>>, { attended = true, dnsProvider, world: start = known }: { attended?: boolean; dnsProvider?: string; world?: Facts } = {}) {
  const settings = settingsFor(args);
  const answers: Answer[] = [];
  let world = start;
  for (let turns = 0; turns < 20; turns += 1) {
    const decision = decide(settings, world, answers);
    if ('plan' in decision) return { plan: decision.plan as ObtainPlan, command: commandLine(settings, world, answers, decision.plan) };
    if ('lookup' in decision) world = looked(world, decision, attended, dnsProvider);
    else {
      const value = given[decision.ask.id];
      if (value === undefined) return { ask: decision.ask };
      answers.push({ id: decision.ask.id, value });
    }
  }
  throw new Error('no end');
}

const choices = (walked: ReturnType<typeof walk>): readonly string[] => (walked.ask?.kind === 'choice' ? walked.ask.choices.map(({ value }) => value) : []);

describe('credentials of a DNS provider', () => {
  it('a person may choose a DNS record by API before what is done by hand; nobody at a terminal is asked', () => {
    const wild = walk(['-d', '*.example.com'], {});
    expect(choices(wild)).toEqual(['dns-api', 'manual', 'webroot', 'standalone']);
    expect(wild.ask).toMatchObject({ recommended: 'manual' });
    expect(walk(['-d', '*.example.com'], {}, { dnsProvider: 'dns-cloudflare' }).ask).toMatchObject({ recommended: 'dns-api' });
    expect(walk(['-d', '*.example.com'], {}, { attended: false }).plan).toMatchObject({ authenticator: 'manual' });
  });

  it('the provider is asked, then what its account needs; the plan names the file, and the command repeats it without a question', () => {
    expect(walk(['-d', '*.example.com'], { authenticator: 'dns-api' }).ask).toMatchObject({ id: 'dns-provider', even: true, choices: [{ value: 'dns-cloudflare', hint: 'asks for: API token' }] });
    expect(walk(['-d', '*.example.com'], { authenticator: 'dns-api', 'dns-provider': 'dns-cloudflare' }).ask).toMatchObject({ id: 'credentials', about: 'dns-cloudflare', fields: asks.fields });
    const { plan, command } = walk(['-d', '*.example.com'], { authenticator: 'dns-api', 'dns-provider': 'dns-cloudflare', credentials: { api_token: 'secret' } });
    expect(plan).toMatchObject({ authenticator: 'dns-cloudflare', credentialsFile: '/etc/letsencrypt/dns-cloudflare-2.ini', renewalParams: { dns_cloudflare_credentials: '/etc/letsencrypt/dns-cloudflare-2.ini' } });
    expect(JSON.stringify(plan)).not.toContain('secret');
    expect(command?.join(' ')).toContain('--dns-cloudflare --dns-cloudflare-credentials /etc/letsencrypt/dns-cloudflare-2.ini');
    const again = walk((command ?? []).slice(2), {});
    expect({ ...again.plan, credentialsFile: plan?.credentialsFile }).toEqual(plan);
    expect(again.plan?.credentialsFile).toBeUndefined();
  });

  it('a provider that finds its credentials itself is one of the list, and chosen without more questions', () => {
    const world = facts({ plugins: [...known.plugins, { ...cloudflare, name: 'dns-route53', title: 'Amazon Route 53', credentials: { ...asks, flag: '--dns-route53-credentials', dest: 'dns_route53_credentials', fields: [] } }] });
    const first = walk(['-d', '*.example.com'], {}, { world });
    expect(choices(first)).toEqual(['dns-api', 'manual', 'webroot', 'standalone']);
    expect(walk(['-d', '*.example.com'], { authenticator: 'dns-api' }, { world }).ask).toMatchObject({ choices: [{ value: 'dns-route53', hint: 'takes the credentials that its own tools find on this machine' }, { value: 'dns-cloudflare' }] });
    const { plan, command } = walk(['-d', '*.example.com'], { authenticator: 'dns-api', 'dns-provider': 'dns-route53' }, { world });
    expect(plan).toMatchObject({ authenticator: 'dns-route53' });
    expect(command?.join(' ')).toContain('--dns-route53');
    expect(walk(['-d', '*.example.com'], {}, { world, attended: false }).plan).toMatchObject({ authenticator: 'manual' });
  });

  it('a file that is given is not asked for', () => {
    expect(walk(['-d', '*.example.com', '--dns-cloudflare'], {}).ask).toMatchObject({ id: 'credentials' });
    expect(walk(['-d', '*.example.com', '--dns-cloudflare', '--dns-cloudflare-credentials', '/root/cf.ini'], {}).plan).toMatchObject({ authenticator: 'dns-cloudflare' });
  });

  it('the provider is known by the nameservers of all names', async () => {
    const zones: Readonly<Record<string, readonly string[]>> = { 'example.com': ['ada.ns.cloudflare.com', 'Bob.ns.Cloudflare.com.'], 'example.org': ['ns1.other.example'], 'aws.example': ['ns-12.awsdns-01.com', 'ns-1900.awsdns-45.co.uk', 'ns-1200.awsdns-22.org', 'ns-700.awsdns-63.net'], 'example.net': ['ns.cloudflare.com.evil.example'] };
    const lookup = { nameservers: (name: string) => Promise.resolve(zones[name] ?? []) } as Lookup;
    const of = (...names: readonly string[]) => dnsProviderOf(names.map((value) => ({ type: 'dns', value, shown: value })), builtInPlugins, lookup);
    expect(await of('example.com', '*.www.example.com')).toBe('dns-cloudflare');
    expect(await of('aws.example')).toBe('dns-route53');
    expect(await of('example.com', 'example.org')).toBeNull();
    expect(await of('example.net')).toBeNull();
    expect(await dnsProviderOf([{ type: 'dns', value: 'example.com', shown: 'example.com' }], builtInPlugins, { nameservers: () => Promise.reject(new Error('no DNS')) } as unknown as Lookup)).toBeNull();
  });

  it('what was typed is read back from the file as it was typed', async () => {
    const values = { api_token: "a#b 'c', d", email: '' };
    const text = credentialsText('cloudflare', values);
    const read = credentialsIn(text, { plugin: 'dns-cloudflare', access: '', env: {}, log: () => undefined });
    expect(await read.get('api_token')).toBe(values.api_token);
    expect(text).not.toContain('email');
    expect(() => credentialsText('cloudflare', { api_token: `'''"""` })).toThrow('mixture of quotes');
  });
});
