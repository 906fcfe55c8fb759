import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parse } from '../../src/cli/parser.js';
import type { Answer } from '../../src/core/decide/answers.js';
import { commandLine } from '../../src/core/decide/command-line.js';
import { decide } from '../../src/core/decide/decide.js';
import type { Facts } from '../../src/core/decide/facts.js';
import type { ObtainPlan } from '../../src/core/decide/plan.js';
import { renewalSettings } from '../../src/core/decide/renewal-settings.js';
import type { Question } from '../../src/core/decide/question.js';
import type { Settings } from '../../src/core/settings.js';
import { builtInPlugins } from '../../src/plugins/registry.js';
import { planLines } from '../../src/ui/plan-text.js';
import { factsWithNginx, lineage, lookUp, SERVER } from './facts-for-tests.js';

const dns = { name: 'dns-rfc2136', title: 'RFC 2136', description: 'x', authenticator: true, installer: false, challengeTypes: ['dns-01'], ipAddresses: false, credentials: { flag: '--dns-rfc2136-credentials', dest: 'dns_rfc2136_credentials', access: 'x', fields: [{ key: 'secret', label: 'Secret', secret: true }] } };
const withDns = (world: Facts): Facts => ({ ...world, plugins: [...world.plugins, dns] });
const known = withDns(factsWithNginx());

function settings(...args: string[]): Settings {
  const parsed = parse({ args: args[0] === 'run' || args[0] === 'renew' ? args : ['certonly', ...args], env: {}, program: 'certwright', plugins: builtInPlugins, readFile: () => null });
  if (parsed.kind !== 'settings') throw new Error(parsed.kind);
  return parsed.settings;
}

function planned(asked: Settings, world: Facts): ObtainPlan {
  const decision = decide(asked, world, []);
  if (!('plan' in decision) || decision.plan.kind !== 'obtain') throw new Error(JSON.stringify(decision));
  return decision.plan;
}
const plan = (line: string, world = known) => planned(settings(...line.split(' ')), world);
const by = ({ proofs }: ObtainPlan) => Object.fromEntries(proofs.map(({ identifier, authenticator, challenge }) => [identifier.value, `${authenticator} ${challenge}`]));
const printed = (line: string, world = known) => {
  const asked = settings(...line.split(' '));
  return commandLine(asked, world, [], planned(asked, world)).join(' ');
};
const repeats = (line: string, world = known): string => {
  const words = printed(line, world);
  expect(plan(words.replace(/^certwright certonly /, ''), world), words).toEqual(plan(line, world));
  return words;
};

const base = `--server ${SERVER}`;
const several = `${base} -a webroot -w /srv -d a.example.com -a nginx -d b.example.com -a dns-rfc2136 --dns-rfc2136-credentials /dns.ini -d *.c.example.com`;

it('U03 N15: each name is proved by its own authenticator; certbot finds the first one, with its options alone', () => {
  const decided = plan(several);
  expect(by(decided)).toEqual({ 'a.example.com': 'webroot http-01', 'b.example.com': 'nginx http-01', '*.c.example.com': 'dns-rfc2136 dns-01' });
  expect(decided.authenticator).toBe('webroot');
  expect(decided.webrootMap).toEqual({ 'a.example.com': '/srv' });
  expect(decided.renewalParams).toMatchObject({
    authenticator: 'webroot',
    webroot_path: ['/srv'],
    webroot_map: { 'a.example.com': '/srv' },
    'certwright.main_authenticator': 'webroot',
    'certwright.authenticators': { 'b.example.com': 'nginx', '*.c.example.com': 'dns-rfc2136' },
    'certwright.authenticator_options': { dns_rfc2136_credentials: '/dns.ini' },
  });
  expect(decided.renewalParams).not.toHaveProperty('dns_rfc2136_credentials');
  const proof = planLines(decided);
  const at = proof.findIndex(({ label }) => label === 'Proof');
  expect(proof.slice(at, at + 3)).toEqual([
    { label: 'Proof', value: 'a.example.com: a file in a web folder, http-01' },
    { label: '', value: 'b.example.com: nginx answers for a moment, http-01' },
    { label: '', value: '*.c.example.com: dns-rfc2136, dns-01' },
  ]);
});

it('a wildcard at an authenticator that cannot, or credentials that are not given, are refused', () => {
  expect(() => plan(`${base} -a standalone -d *.c.example.com -a webroot -w /srv -d a.example.com`)).toThrow('can only be proved by a DNS record');
  expect(() => plan(`${base} -a standalone -d a.example.com -a dns-rfc2136 -d *.c.example.com`)).toThrow('RFC 2136 credentials INI file');
  expect(decide(settings(...`${base} -a standalone -d a.example.com -a webroot -d b.example.com`.split(' ')), known, [])).toMatchObject({ ask: { id: 'webroots', names: ['b.example.com'] } });
});

it('the printed command gives the same plan', () => {
  expect(repeats(several)).toBe(`certwright certonly --server ${SERVER} --dns-rfc2136-credentials /dns.ini -a webroot -w /srv -d a.example.com -a nginx -d b.example.com -a dns-rfc2136 -d *.c.example.com`);
  // Addresses come last, but their authenticator was said first.
  expect(repeats(`${base} -a standalone --ip-address 192.0.2.1 -a webroot -w /srv -d a.example.com`)).toContain('-a standalone --ip-address 192.0.2.1 -a webroot -w /srv -d a.example.com');
  expect(repeats(`${base} --nginx -d a.example.com --standalone -d b.example.com`)).toContain('--installer nginx');
});

it('whatever names and authenticators, in any order: the printed command gives the same plan, and its parameters the same proofs', () => {
  const option = (name: string, value: string, folder: string): string => `-a ${name}${name === 'webroot' ? ` -w ${folder}` : ''} -d ${value}`;
  const draft = fc.record({ name: fc.constantFrom('webroot', 'standalone', 'nginx', 'dns-rfc2136'), folder: fc.constantFrom('/1', '/2') });
  fc.assert(
    fc.property(fc.array(draft, { minLength: 1, maxLength: 5 }), (drafts) => {
      const words = `${base} --dns-rfc2136-credentials /dns.ini ${drafts.map(({ name, folder }, index) => option(name, `${name === 'dns-rfc2136' ? '*.' : ''}n${index}.example.com`, folder)).join(' ')}`;
      repeats(words);
      const decided = plan(words);
      for (const [index, { name, folder }] of drafts.entries()) {
        expect(decided.proofs[index]?.authenticator).toBe(name);
        if (name === 'webroot') expect(decided.webrootMap[`n${index}.example.com`]).toBe(folder);
      }
      expect(renewed(decided, 'renew').proofs).toEqual(decided.proofs);
    }),
    { numRuns: 60, seed: 2026 },
  );
});

/** What `renew` would do with what was saved; values of a file are text. */
function renewed(decided: ObtainPlan, words: string, change: Record<string, unknown> = {}): ObtainPlan {
  const site = lineage('site', [], { identifiers: decided.identifiers, params: { ...JSON.parse(JSON.stringify(decided.renewalParams)) as Record<string, unknown>, ...change } });
  const saved = renewalSettings(settings(...words.split(' ')), 'site', site.params);
  return planned({ ...saved, verb: 'certonly', values: { ...saved.values, renewByDefault: true } }, { ...known, lineages: [site] });
}

it('a renewal proves by the same authenticators and saves the same; one that is said holds for all names', () => {
  const decided = plan(several);
  const again = renewed(decided, 'renew');
  expect(again.proofs).toEqual(decided.proofs);
  expect(again.renewalParams).toEqual({ ...decided.renewalParams, account: 'a'.repeat(32) });
  const one = plan(`${base} -a standalone -d a.example.com -a webroot -w /srv -d b.example.com`);
  expect(renewed(one, 'renew').webrootMap).toEqual({ 'b.example.com': '/srv' });
  const all = renewed(one, 'renew --standalone');
  expect(Object.values(by(all))).toEqual(['standalone http-01', 'standalone http-01']);
  expect(Object.keys(all.renewalParams).filter((name) => name.startsWith('certwright.'))).toEqual([]);
});

it('when certbot was told another authenticator since, it holds for all names', () => {
  const one = plan(`${base} -a webroot -w /srv -d a.example.com -a nginx -d b.example.com`);
  expect(Object.values(by(renewed(one, 'renew', { authenticator: 'standalone' })))).toEqual(['standalone http-01', 'standalone http-01']);
});

it('an authenticator in a configuration file leaves them alone', () => {
  const one = plan(`${base} -a webroot -w /srv -d a.example.com -a nginx -d b.example.com`);
  const parsed = parse({ args: ['renew'], env: {}, program: 'certwright', plugins: builtInPlugins, readFile: (path) => (path === '/etc/letsencrypt/cli.ini' ? 'authenticator = standalone\n' : null) });
  if (parsed.kind !== 'settings') throw new Error(parsed.kind);
  expect(parsed.settings.values.authenticator).toBe('standalone');
  expect(renewalSettings(parsed.settings, 'site', one.renewalParams).values).toMatchObject({ authenticator: 'webroot', authenticatorMap: { 'b.example.com': 'nginx' } });
});

const site = (line: string): Facts => {
  const decided = plan(`${base} ${line}`);
  return withDns(factsWithNginx({ lineages: [lineage('site', [], { identifiers: decided.identifiers, params: decided.renewalParams })] }));
};
const three = site('-a webroot -w /srv -d a.example.com -a nginx -d b.example.com -a dns-rfc2136 --dns-rfc2136-credentials /dns.ini -d *.c.example.com');

it('--add-domain and --remove-domain: the others keep their authenticator, a new name takes the main one or the one said for it', () => {
  const change = (line: string, world = three) => {
    repeats(`--cert-name site ${line}`, world);
    return plan(`--cert-name site ${line}`, world);
  };
  const present = { 'a.example.com': 'webroot http-01', 'b.example.com': 'nginx http-01', '*.c.example.com': 'dns-rfc2136 dns-01' };
  expect(by(change('--add-domain d.example.com'))).toEqual({ ...present, 'd.example.com': 'webroot http-01' });
  expect(change('--add-domain d.example.com').webrootMap).toEqual({ 'a.example.com': '/srv', 'd.example.com': '/srv' });
  expect(by(change('-a dns-rfc2136 --add-domain *.d.example.com'))).toEqual({ ...present, '*.d.example.com': 'dns-rfc2136 dns-01' });
  expect(by(change('--add-domain e.example.com --standalone'))).toEqual({ ...present, 'e.example.com': 'standalone http-01' });
  const two = change('-a standalone --add-domain e.example.com -a webroot -w /e --add-domain f.example.com --remove-domain b.example.com');
  expect(by(two)).toEqual({ 'a.example.com': 'webroot http-01', '*.c.example.com': 'dns-rfc2136 dns-01', 'e.example.com': 'standalone http-01', 'f.example.com': 'webroot http-01' });
  expect(two.webrootMap).toEqual({ 'a.example.com': '/srv', 'f.example.com': '/e' });
  expect(two.authenticator).toBe('webroot');
  // Without a name of the main one, another one is it from now on.
  const left = change('--remove-domain a.example.com');
  expect(left.renewalParams).toMatchObject({ authenticator: 'nginx', 'certwright.main_authenticator': 'nginx', 'certwright.authenticators': { '*.c.example.com': 'dns-rfc2136' } });
  const last = change('--remove-domain a.example.com,b.example.com');
  expect(last.renewalParams).toMatchObject({ authenticator: 'dns-rfc2136', dns_rfc2136_credentials: '/dns.ini' });
  expect(last.renewalParams).not.toHaveProperty(['certwright.authenticators']);
  change('--remove-domain a.example.com,b.example.com -a dns-rfc2136 --add-domain *.d.example.com');
});

it('where all names have one authenticator, another one that is said holds for all of them, as before', () => {
  const single = site('-a webroot -w /srv -d a.example.com');
  expect(by(plan('--cert-name site --standalone --add-domain b.example.com', single))).toEqual({ 'a.example.com': 'standalone http-01', 'b.example.com': 'standalone http-01' });
});

it('a pair is proved the same way, both halves', () => {
  const { pair, proofs } = plan(`${several} --dual`);
  expect(pair?.proofs).toEqual(proofs);
});

it('one who has to be there for one of the names has to be there for the renewal', () => {
  const renews = (line: string) => planLines(plan(`${base} ${line}`)).find(({ label }) => label === 'Renews')?.value;
  expect(renews('-a standalone -d a.example.com -a manual -d b.example.com')).toContain('not by itself');
  expect(renews('-a standalone -d a.example.com -a manual --manual-auth-hook true -d b.example.com')).not.toContain('not by itself');
  expect(renews('-a standalone -d a.example.com -a webroot -w /srv -d b.example.com')).not.toContain('not by itself');
});

it('N15: a person says it of the names without * first, then of those with it; the command that is printed gives the same plan', () => {
  const asked = settings('run', '--server', SERVER, '-d', 'a.example.com,*.a.example.com,b.example.com');
  let world = known;
  const answers: Answer[] = [];
  let asking: Question | null = null;
  const next = (value?: string): Question | null => {
    const last = asking;
    if (value !== undefined && last) answers.push({ id: last.id, value });
    for (;;) {
      const decision = decide(asked, world, answers);
      if ('plan' in decision) return null;
      if ('ask' in decision) return decision.ask;
      world = lookUp(world, decision);
    }
  };
  asking = next();
  expect(choicesOf(asking)).toMatchObject({ separately: 'Names with * by DNS, the others another way' });
  asking = next('separately');
  expect(asking).toMatchObject({ id: 'authenticator-plain', label: 'Without *', title: 'How can the names without * be proved yours?', recommended: 'nginx' });
  expect(Object.keys(choicesOf(asking))).not.toContain('dns-api');
  asking = next('nginx');
  expect(asking).toMatchObject({ id: 'authenticator-wildcards', label: 'With *', title: 'How can *.a.example.com be proved yours?', recommended: 'manual' });
  expect(Object.keys(choicesOf(asking))).not.toContain('separately');
  asking = next('manual');
  while (asking) asking = next(asking.kind === 'choice' ? asking.recommended : '');
  const decision = decide(asked, world, answers);
  if (!('plan' in decision) || decision.plan.kind !== 'obtain') throw new Error(JSON.stringify(decision));
  expect(by(decision.plan)).toEqual({ 'a.example.com': 'nginx http-01', '*.a.example.com': 'manual dns-01', 'b.example.com': 'nginx http-01' });
  expect(decision.plan).toMatchObject({ authenticator: 'manual', installer: 'nginx' });
  const words = commandLine(asked, world, answers, decision.plan);
  expect(words.join(' ')).toContain('-a manual -d *.a.example.com -a nginx -d a.example.com,b.example.com');
  const repeated = settings(...words.slice(1));
  let again = decide(repeated, world, []);
  while ('lookup' in again) {
    world = lookUp(world, again);
    again = decide(repeated, world, []);
  }
  expect(again).toMatchObject({ plan: { authenticator: 'manual', installer: 'nginx', proofs: expect.arrayContaining([...decision.plan.proofs]), renewalParams: decision.plan.renewalParams } });
});

it('N15: names of one kind are not asked about separately', () => {
  for (const names of ['a.example.com,b.example.com', '*.a.example.com']) {
    const asked = settings('--server', SERVER, '-d', names);
    const looked = decide(asked, known, []);
    if (!('lookup' in looked)) throw new Error(JSON.stringify(looked));
    const decision = decide(asked, lookUp(known, looked), []);
    expect('ask' in decision ? Object.keys(choicesOf(decision.ask)) : []).not.toContain('separately');
  }
});

/** Label by value, of those that can be chosen. */
function choicesOf(question: Question | null): Record<string, string> {
  if (question?.kind !== 'choice') throw new Error(JSON.stringify(question));
  return Object.fromEntries(question.choices.filter(({ disabled }) => disabled === undefined).map(({ value, label }) => [value, label]));
}
