import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parse } from '../../src/cli/parser.js';
import { commandLine } from '../../src/core/decide/command-line.js';
import { decide } from '../../src/core/decide/decide.js';
import type { Answer } from '../../src/core/decide/answers.js';
import type { Facts, LineageFact } from '../../src/core/decide/facts.js';
import type { Plan } from '../../src/core/decide/plan.js';
import type { Question } from '../../src/core/decide/question.js';
import { CertwrightError } from '../../src/core/errors.js';
import type { Settings } from '../../src/core/settings.js';
import { builtInPlugins } from '../../src/plugins/registry.js';
import { facts, factsWithNginx, lineage, lookUp, REVOKED, SERVER } from './facts-for-tests.js';

const RUNS = Number(process.env['CERTWRIGHT_WALKS'] ?? 300);
const POOL = ['example.com', 'www.example.com', 'api.example.com', '*.example.com', 'münchen.example', 'shop.example.org'];
const punycode = (name: string) => (name === 'münchen.example' ? 'xn--mnchen-3ya.example' : name);

function settingsFor(args: readonly string[]): Settings {
  const parsed = parse({ args: ['--server', SERVER, ...args], env: {}, program: 'certwright', plugins: builtInPlugins, readFile: () => null });
  if (parsed.kind !== 'settings') throw new Error(parsed.kind);
  return parsed.settings;
}

/** An answer to any question, chosen by `pick` (a stream of numbers). */
function answerFor(question: Question, pick: () => number, names: readonly string[]): Answer['value'] {
  switch (question.kind) {
    case 'choice': {
      const open = question.choices.filter((choice) => choice.disabled === undefined);
      // One of many at the first question, and many more questions come after it.
      if (question.id === 'task' && open.some(({ value }) => value === 'change-names') && pick() % 2 === 0) return 'change-names';
      if (question.id === 'serve-too' && pick() % 2 === 0) return 'yes';
      return open[pick() % open.length]?.value ?? question.recommended;
    }
    case 'checklist':
      return question.choices.filter((_, index) => index < question.least || pick() % 2 === 0).map(({ value }) => value);
    case 'names':
      return question.present && pick() % 3 > 0 ? [...question.present, ...names.filter((name) => !name.startsWith('*.')), 'new.example.com'] : names;
    case 'text':
      return question.check === 'email' ? ['', 'admin@example.com'][pick() % 2] ?? '' : 'word';
    case 'fields':
      return Object.fromEntries(question.fields.map(({ key }) => [key, 'word']));
    case 'folders':
      return Object.fromEntries(question.names.map((name) => [name, ['/var/www/html', '/srv/other site'][pick() % 2] ?? '']));
  }
}

interface Walk {
  plan: Plan | null;
  settings: Settings;
  facts: Facts;
  answers: Answer[];
  asked: string[];
}

/** Walks from these words to a plan; now and then Back, which drops the last answer. Null plan: the walk was refused. */
function walk(args: readonly string[], known: Facts, pick: () => number, names: readonly string[]): Walk {
  const settings = settingsFor(args);
  let world = known;
  const answers: Answer[] = [];
  const asked: string[] = [];
  for (let step = 0; step < 200; step += 1) {
    let decision;
    try {
      decision = decide(settings, world, answers);
    } catch (error) {
      if (!(error instanceof CertwrightError)) throw error;
      return { plan: null, settings, facts: world, answers, asked };
    }
    if ('plan' in decision) return { plan: decision.plan, settings, facts: world, answers, asked };
    if ('lookup' in decision) world = lookUp(world, decision);
    else if (answers.length > 0 && step < 60 && pick() % 5 === 0) answers.pop();
    else {
      asked.push(decision.ask.id);
      answers.push({ id: decision.ask.id, value: answerFor(decision.ask, pick, names) });
    }
  }
  throw new Error(`no end: ${asked.join(' ')}`);
}

const subset = fc.uniqueArray(fc.constantFrom(...POOL), { minLength: 1, maxLength: 4 });
const lineages = fc.array(fc.record({ names: subset, rsa: fc.boolean(), due: fc.boolean(), reuse: fc.boolean(), by: fc.constantFrom('standalone', 'manual', 'webroot', 'nginx'), installed: fc.boolean(), folders: fc.integer({ min: 1, max: 2 }) }), { maxLength: 3 }).map((drafts) =>
  drafts.map(({ names, rsa, due, reuse, by, installed, folders }, index): LineageFact =>
    lineage(`line${index}`, names.map(punycode), {
      due,
      version: reuse && rsa ? REVOKED : 1,
      params: { authenticator: by, ...(installed ? { installer: 'nginx' } : {}), server: SERVER, key_type: rsa ? 'rsa' : 'ecdsa', ...(by === 'webroot' ? { webroot_map: Object.fromEntries(names.map((name, at) => [punycode(name), `/srv/${at % folders}`])) } : {}) },
      reuseKey: reuse,
      ...(rsa ? { keyType: 'rsa' as const, savedKeyType: 'rsa' as const, rsaKeySize: 4096, curve: undefined } : {}),
    }),
  ),
).map(paired);

/** As it would be on a machine that has no nginx. */
function withoutNginx(one: LineageFact): LineageFact {
  const { installer: _none, ...params } = one.params;
  return { ...one, params: { ...params, authenticator: params['authenticator'] === 'nginx' ? 'standalone' : params['authenticator'] } };
}

/** Where the first two have keys of different types, they are a pair. */
function paired([first, second, ...others]: LineageFact[]): LineageFact[] {
  if (!first || !second || first.keyType === second.keyType) return [first, second, ...others].filter((one) => one !== undefined);
  return [{ ...first, partner: second.name }, { ...second, identifiers: first.identifiers, partner: first.name }, ...others];
}

const start = fc.constantFrom<readonly string[]>([], [], [], [], [], [], [], [], [], [], ['export', '--legacy'], ['export', '--reload-command', 'true'], ['certonly'], ['run', '--manual'], ['run', '-i', 'nginx'], ['run', '-i', 'nginx'], ['certonly', '--webroot'], ['certonly', '--key-type', 'rsa'], ['certonly', '--cert-name', 'line0'], ['certonly', '--dual'], ['certonly', '--dual', '--cert-name', 'line0'], ['certonly', '--cert-name', 'line0', '--add-domain', 'extra.example.com', '--remove-domain', 'example.com'], ['certonly', '--cert-name', 'line0', '--webroot', '--add-domain', 'extra.example.com,192.0.2.7,more.example.com'], ['certonly', '--cert-name', 'line0', '-d', 'example.com,other.example.com']);

it('N02: the command printed for a walk through the wizard gives the same plan and asks nothing', () => {
  const seen = new Set<string>();
  let changes = 0;
  let pairs = 0;
  let installed = 0;
  let served = 0;
  let plans = 0;
  fc.assert(
    fc.property(start, subset, lineages, fc.boolean(), fc.boolean(), fc.infiniteStream(fc.nat(1000)), (args, names, existing, account, nginx, numbers) => {
      const pick = () => numbers.next().value as number;
      const known = (nginx ? factsWithNginx : facts)({ lineages: nginx ? existing : existing.map(withoutNginx), ...(account ? {} : { accounts: [] }) });
      const walked = walk(args, known, pick, names);
      for (const id of walked.asked) seen.add(id);
      if (walked.plan === null || walked.plan.kind === 'command') return;
      const [, ...words] = commandLine(walked.settings, walked.facts, walked.answers, walked.plan);
      plans += 1;
      if (walked.asked.includes('names-change')) changes += 1;
      if (walked.plan.kind === 'obtain' && walked.plan.installer === 'nginx') installed += 1;
      if (walked.plan.kind === 'obtain' && walked.plan.pair) pairs += 1;
      if (walked.answers.some(({ id, value }) => id === 'serve-too' && value === 'yes')) {
        served += 1;
        // Never the redirect that `run` makes unasked.
        expect(words.filter((word) => word === '--redirect' || word === '--no-redirect')).toHaveLength(1);
      }
      const again = walk(words, known, () => 0, names);
      // A typed password is in no command; where it is kept is.
      const typed = walked.plan.kind === 'export' && walked.plan.password?.source === null ? walked.plan.password : null;
      expect([...new Set(again.asked)]).toEqual(typed?.keptIn === null ? ['export-password', 'export-password-again'] : []);
      expect(again.plan).toEqual(typed?.keptIn ? { ...walked.plan, password: { source: `file:${typed.keptIn}`, keptIn: null } } : walked.plan);
    }),
    { numRuns: RUNS, seed: Number(process.env['CERTWRIGHT_SEED'] ?? 2026), endOnFailure: true },
  );
  expect(plans).toBeGreaterThan(RUNS / 3);
  expect(pairs).toBeGreaterThan(RUNS / 60);
  expect(changes).toBeGreaterThan(RUNS / 100);
  expect(installed).toBeGreaterThan(RUNS / 60);
  expect(served).toBeGreaterThan(RUNS / 60);
  for (const id of ['task', 'names', 'authenticator', 'authenticator-plain', 'authenticator-wildcards', 'challenge', 'webroots', 'email', 'terms', 'certificate', 'names-change', 'places', 'serve-too', 'redirect-too', 'redirect', 'same-names', 'superset', 'other-names', 'key-type', 'export-format', 'export-path', 'export-keep', 'export-password-again']) expect(seen).toContain(id);
});
