import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parse } from '../../src/cli/parser.js';
import { collect, type LookUp } from '../../src/core/collect.js';
import type { Answer } from '../../src/core/decide/answers.js';
import type { LineageFact } from '../../src/core/decide/facts.js';
import type { Question } from '../../src/core/decide/question.js';
import { CertwrightError, Refused } from '../../src/core/errors.js';
import { back, type Interaction } from '../../src/core/interaction.js';
import type { Settings } from '../../src/core/settings.js';
import { builtInPlugins } from '../../src/plugins/registry.js';
import { facts, lineage, lookUp as found, SERVER } from './facts-for-tests.js';

const NAMES = ['example.com', 'www.example.com', 'api.example.com', '*.example.com'];

function settings(args: readonly string[]): Settings {
  const parsed = parse({ args: ['--server', SERVER, ...args], env: {}, program: 'certwright', plugins: builtInPlugins, readFile: () => null });
  if (parsed.kind !== 'settings') throw new Error(parsed.kind);
  return parsed.settings;
}

/** A person who answers each question by `choose`, and goes back where `backAt` says so; what stands in the field is kept by Enter. */
function person(choose: (question: Question) => Answer['value'], backAt: (turn: number) => boolean): Interaction & { asked: string[]; kept: number } {
  let turn = 0;
  const self = {
    asked: [] as string[],
    kept: 0,
    ask(question: Question, { canGoBack, initial }: { canGoBack: boolean; initial?: Answer['value'] }) {
      turn += 1;
      // Somebody who insists on what cannot be is asked for ever.
      if (turn > 150) return Promise.reject(new Refused('cannot be'));
      if (canGoBack && turn < 60 && backAt(turn)) return Promise.resolve(back as typeof back);
      self.asked.push(question.id);
      if (initial !== undefined) self.kept += 1;
      return Promise.resolve(initial ?? choose(question));
    },
    review(_plan: unknown, { canGoBack }: { canGoBack: boolean }) {
      turn += 1;
      return Promise.resolve(canGoBack && turn < 60 && backAt(turn) ? (back as typeof back) : ('do' as const));
    },
    recover: () => Promise.resolve('quit' as const),
    instruct: () => Promise.resolve(),
    report: () => undefined,
    close: () => Promise.resolve(),
  };
  return self;
}

const lookUp: LookUp = (known, needed) => Promise.resolve(found(known, needed));

it('N01: however often a person goes back, forward again by Enter leads to the same plan', async () => {
  let kept = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom<readonly string[]>([], ['certonly'], ['certonly', '--webroot'], ['certonly', '--manual'], ['certonly', '--key-type', 'rsa']),
      fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1 }),
      fc.array(fc.record({ names: fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1 }), due: fc.boolean() }), { maxLength: 2 }),
      fc.array(fc.nat(9), { minLength: 30, maxLength: 30 }),
      fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }),
      async (args, names, existing, picks, backs) => {
        const known = facts({ accounts: [], lineages: existing.map(({ names: has, due }, index): LineageFact => lineage(`line${index}`, has, { due })) });
        // The same question gets the same answer, however often it comes.
        const choose = (question: Question): Answer['value'] => {
          const pick = picks[question.id.length % picks.length] ?? 0;
          if (question.kind === 'names') return names;
          if (question.kind === 'text') return pick % 2 === 0 ? '' : 'admin@example.com';
          if (question.kind === 'folders') return Object.fromEntries(question.names.map((name) => [name, `/srv/${pick}`]));
          if (question.kind === 'fields') return Object.fromEntries(question.fields.map(({ key }) => [key, `text ${pick}`]));
          if (question.kind === 'checklist') return question.initial;
          const open = question.choices.filter(({ disabled, value }) => disabled === undefined && value !== 'no' && value !== 'quit');
          return open[pick % open.length]?.value ?? question.recommended;
        };
        const walk = async (backAt: (turn: number) => boolean) => {
          const one = person(choose, backAt);
          try {
            const { plan, command } = await collect(settings(args), known, one, lookUp);
            return { plan, command, one };
          } catch (error) {
            if (!(error instanceof CertwrightError)) throw error;
            return { plan: null, command: [], one };
          }
        };
        const straight = await walk(() => false);
        const wandering = await walk((turn) => backs[turn] ?? false);
        expect(wandering.plan).toEqual(straight.plan);
        expect(wandering.command).toEqual(straight.command);
        kept += wandering.one.kept;
      },
    ),
    { numRuns: 300, seed: Number(process.env['CERTWRIGHT_SEED'] ?? 2026) },
  );
  expect(kept).toBeGreaterThan(300);
});
