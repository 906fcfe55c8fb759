import { describe, expect, it } from 'vitest';
import { parse } from '../../../src/cli/parser.js';
import { renewalSettings } from '../../../src/core/decide/renewal-settings.js';
import { whyReport, type WhyFacts } from '../../../src/core/decide/why.js';
import { builtInPlugins } from '../../../src/plugins/registry.js';
import { whyLines } from '../../../src/ui/why-text.js';

const DAY = 86_400_000;
const now = Date.UTC(2026, 10, 24, 12);
const timer = { client: 'certwright', kind: 'timer', name: 'certwright.timer', path: '/x', command: 'certwright renew', configDir: '/etc/letsencrypt', set: true, active: true, next: now + 3_600_000 } as const;
const saved = { server: 'https://ca.example/dir', authenticator: 'webroot', key_type: 'ecdsa', webroot_path: ['/var/www'], renew_hook: 'echo "a, b"' };

function facts({ params = saved, args = '', file = '', lineage = {}, jobs = [timer], ...more }: Partial<Omit<WhyFacts, 'lineage'>> & { params?: Record<string, unknown>; args?: string; file?: string; lineage?: Partial<WhyFacts['lineage']['renewal']>; jobs?: readonly (typeof timer)[] } = {}): WhyFacts {
  const parsed = parse({ args: ['why', 'example.com', ...args.split(' ').filter(Boolean)], env: {}, program: 'certwright', plugins: builtInPlugins, readFile: (path) => (path === '/etc/letsencrypt/cli.ini' ? file : null) });
  if (parsed.kind !== 'settings') throw new Error(parsed.text);
  return {
    now,
    lineage: { name: 'example.com', names: ['example.com'], askAgain: null, renewal: { now, notBefore: now, notAfter: now + 90 * DAY, renewable: true, renewBefore: null, ...lineage } },
    revoked: false,
    advice: null,
    partner: null,
    settings: renewalSettings(parsed.settings, 'example.com', params),
    authenticators: ['standalone', 'webroot', 'manual'],
    hooks: { pre: ['/hooks/pre/a'], deploy: ['echo "a, b"'], post: [] },
    schedule: { starter: 'systemd', cronRuns: false, jobs, own: {}, packaged: [] },
    ...more,
  };
}

const said = (about: WhyFacts): string => whyLines(whyReport(about)).join('\n');

describe('N24: the answer and what stands in the way', () => {
  it.each<[string, Parameters<typeof facts>[0], string, string[]]>([
    ['later by its dates', {}, 'It will be renewed at the first `renew` after 2027-01-2', ['a third of its life is left then', 'certwright.timer, next 2026-11-24']],
    ['a short life', { lineage: { notAfter: now + 6 * DAY } }, 'It will be renewed at the first', ['half of its short life']],
    ['renew_before_expiry', { lineage: { renewBefore: 80 * DAY } }, 'It will be renewed at the first', ['renew_before_expiry in its renewal file']],
    ['due', { lineage: { notBefore: now - 80 * DAY, notAfter: now + 10 * DAY } }, 'It is renewed at the next `renew`: it is due by its dates.', []],
    ['revoked', { revoked: true }, 'It is renewed at the next `renew`: it was revoked.', []],
    ['advised', { advice: { serial: '1', start: now - DAY, end: now, moment: now - 1000, explanation: 'https://ca.example/why' } }, 'its certificate authority asks for it', ['because https://ca.example/why']],
    ['advised later', { advice: { serial: '1', start: now + DAY, end: now + 2 * DAY, moment: now + DAY } }, 'the moment its certificate authority asks for', ['drawn for this certificate: 2026-11-25']],
    ['autorenew = False', { lineage: { renewable: false } }, 'It will not be renewed.', ['certwright reconfigure --cert-name example.com --autorenew']],
    ['by hand', { params: { ...saved, authenticator: 'manual' } }, 'It cannot be renewed by itself.', ['--manual-auth-hook COMMAND']],
    ['by hand, with a script', { params: { ...saved, authenticator: 'manual', manual_auth_hook: '/bin/true' } }, 'It will be renewed', ['manual_auth_hook = /bin/true   (its renewal file)']],
    ['a plugin that is not here', { params: { ...saved, authenticator: 'dns-nobody' } }, 'It cannot be renewed by itself.', ['proved by the dns-nobody plugin']],
    ['no authenticator', { params: { server: 'https://ca.example/dir' } }, 'It cannot be renewed by itself.', ['does not say how its names are proved']],
    ['nobody starts it', { jobs: [] }, ', if somebody starts `renew`', ['certwright schedule install']],
  ])('%s', (_, about, answer, others) => {
    const text = said(facts(about));
    expect(text).toContain(answer);
    for (const other of others) expect(text).toContain(other);
  });
});

describe('U23: the other half of a pair', () => {
  const half = (more: Partial<WhyFacts['lineage']['renewal']>, revoked = false): WhyFacts['partner'] => ({ name: 'example.com-rsa', revoked, advised: null, renewal: { now, notBefore: now, notAfter: now + 90 * DAY, renewable: true, renewBefore: null, ...more } });
  it.each<[string, Parameters<typeof facts>[0], string, string]>([
    ['due later', { partner: half({ notBefore: now + DAY, notAfter: now + 91 * DAY }) }, 'after 2027-01-23', 'example.com-rsa has the same names and a key of the other type and is renewed along with it; by itself it is not due before it'],
    ['due earlier', { partner: half({ notBefore: now - 40 * DAY, notAfter: now + 50 * DAY }) }, 'after 2026-12-14 12:00, along with its partner example.com-rsa: a third', 'by itself it is due first, after 2026-12-14'],
    ['revoked', { partner: half({}, true) }, 'It is renewed at the next `renew`, along with its partner example.com-rsa: it was revoked.', 'by itself it is due first, now'],
    ['not renewed', { partner: half({ notAfter: now - DAY, renewable: false }) }, 'after 2027-01-23', 'its renewal file says autorenew = False'],
    ['renewed alone', { partner: half({}, true), lineage: { renewable: false } }, 'It will not be renewed.', 'it is renewed without this one'],
  ])('%s', (_, about, answer, pair) => {
    const text = said(facts(about));
    expect(text).toContain(answer);
    expect(text).toContain(pair);
  });
});

it('N24: each option with where it comes from, over all sources', () => {
  const text = said(facts({ args: '--rsa-key-size 4096 --reuse-key', file: 'preferred-chain = Root X\nrsa-key-size = 3072\n' }));
  for (const line of ['rsa_key_size = 4096   (this command line)', 'reuse_key = true   (this command line)', 'preferred_chain = Root X   (cli.ini)', 'server = https://ca.example/dir   (its renewal file)', 'deploy_hook = echo "a, b"   (its renewal file)', 'webroot_path = /var/www   (its renewal file)']) expect(text).toContain(line);
  expect(said(facts({ params: { authenticator: 'webroot' } }))).toContain('server = https://acme-v02.api.letsencrypt.org/directory   (default)');
  expect(text.indexOf('/hooks/pre/a')).toBeGreaterThan(0);
});

it('N24: the commands that would change it name the directories that were named; when the CA is asked again is said without advice too', () => {
  const elsewhere = (args: string): string => said(facts({ jobs: [], args }));
  expect(elsewhere('--config-dir /srv/le')).toContain('certwright schedule install --config-dir /srv/le');
  expect(elsewhere('--user-dirs')).toMatch(/certwright schedule install --user-dirs$/m);
  const about = facts();
  expect(said({ ...about, lineage: { ...about.lineage, askAgain: '2026-11-24T18:00:00' } })).toContain('  The CA       is asked again after 2026-11-24 18:00:00');
});
