import { expect, it } from 'vitest';
import { defaultName } from '../../../src/core/decide/lineage-choice.js';
import { decide } from '../../../src/core/decide/decide.js';
import type { Decision } from '../../../src/core/decide/decide.js';
import { parse } from '../../../src/cli/parser.js';
import { builtInPlugins } from '../../../src/plugins/registry.js';
import { dns, facts, lineage, lookUp, REVOKED, SERVER } from '../facts-for-tests.js';

it.each([
  [['example.com', '*.example.com'], 'example.com'],
  [['*.example.com', 'example.com'], 'example.com'],
  [['b.example.com', 'a.example.com'], 'b.example.com'],
])('F21: %j is saved as %s', (names, name) => {
  expect(defaultName(dns(...names))).toBe(name);
});

function decided(args: readonly string[], ...lineages: ReturnType<typeof lineage>[]): { decision: Decision; asked: string[] } {
  const parsed = parse({ args: ['certonly', '--server', SERVER, '--standalone', ...args], env: {}, program: 'certwright', plugins: builtInPlugins, readFile: () => null });
  if (parsed.kind !== 'settings') throw new Error(parsed.kind);
  let known = facts({ lineages });
  const asked: string[] = [];
  for (;;) {
    const decision = decide(parsed.settings, known, []);
    if (!('lookup' in decision)) return { decision, asked };
    asked.push(decision.lookup);
    known = lookUp(known, decision);
  }
}

it('C19: what is revoked is renewed without a question, with --keep-until-expiring too; what is not is asked about or kept', () => {
  const revoked = lineage('example.com', ['example.com', 'www.example.com'], { version: REVOKED });
  const names = ['-d', 'www.example.com,example.com'];
  for (const args of [names, [...names, '--keep-until-expiring'], [...names, '--cert-name', 'example.com']]) {
    expect(decided(args, revoked).decision).toMatchObject({ plan: { kind: 'obtain', reason: 'revoked', lineage: { name: 'example.com', exists: true } } });
  }
  const good = { ...revoked, version: 1 };
  expect(decided(names, good).decision).toMatchObject({ ask: { id: 'same-names' } });
  expect(decided([...names, '--keep-until-expiring'], good).decision).toMatchObject({ plan: { kind: 'keep' } });
});

it('nobody is asked whether it is revoked when something else decides: --force-renewal, a rehearsal, its dates, autorenew = False', () => {
  const plain = lineage('example.com', ['example.com']);
  const names = ['-d', 'example.com'];
  expect(decided(names, plain).asked).toEqual(['early']);
  for (const [args, more] of [[['--force-renewal'], {}], [['--dry-run'], {}], [[], { due: true }], [[], { renewable: false, version: REVOKED }]] as const) {
    expect(decided([...names, ...args], { ...plain, ...more }).asked).not.toContain('early');
  }
});

it('U23: a revoked half of a pair is renewed although the other one is kept, and it is said why', () => {
  const halves = [lineage('example.com', ['example.com'], { partner: 'example.com-rsa' }), lineage('example.com-rsa', ['example.com'], { partner: 'example.com', keyType: 'rsa', savedKeyType: 'rsa', version: REVOKED })];
  const { decision } = decided(['-d', 'example.com', '--keep-until-expiring'], ...halves);
  expect(decision).toMatchObject({ plan: { kind: 'obtain', reason: 'revoked', lineage: { name: 'example.com-rsa' } } });
});
