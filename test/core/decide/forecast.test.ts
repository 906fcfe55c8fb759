import fc from 'fast-check';
import { expect, it } from 'vitest';
import { forecast, type ForecastLineage } from '../../../src/core/decide/forecast.js';
import { renewalReason } from '../../../src/core/decide/renewal-reason.js';

const DAY = 86_400_000;
const EVERY = DAY / 2;
const now = Date.UTC(2026, 10, 24, 12);

const lineage = fc.record({
  days: fc.integer({ min: 1, max: 200 }),
  age: fc.integer({ min: 0, max: 250 }),
  before: fc.option(fc.integer({ min: 1, max: 120 }), { nil: null }),
  advised: fc.option(fc.integer({ min: -5, max: 100 }), { nil: null }),
  renewable: fc.boolean(),
  paired: fc.boolean(),
  server: fc.constantFrom('https://a.example/dir', 'https://b.example/dir'),
});

it('N25: what is foretold is what the decision says when the clock gets there', () => {
  fc.assert(
    fc.property(fc.array(lineage, { maxLength: 6 }), fc.integer({ min: 1, max: 400 }), (wanted, days) => {
      const lineages = wanted.map(({ days: life, age, before, advised, renewable, paired, server }, index): ForecastLineage => ({
        name: `line${index}`,
        server,
        deployHooks: 0,
        advised: advised === null ? null : now + advised * DAY,
        renewal: { notBefore: now - age * DAY, notAfter: now + (life - age) * DAY, renewable, renewBefore: before === null ? null : before * DAY, ...(paired && (index ^ 1) < wanted.length ? { partner: `line${index ^ 1}` } : {}) },
      }));
      const until = now + days * DAY;
      // The real thing, run by run.
      const happened: string[] = [];
      const state = lineages.map((one) => ({ ...one }));
      for (let at = now; at <= until; at += EVERY) {
        const due = new Set(state.filter((one) => renewalReason({ ...one.renewal, now: at, revoked: false, advised: one.advised, forced: false }) !== null));
        for (const one of state) {
          if (!due.has(one) && !(one.renewal.renewable && state.some((other) => due.has(other) && other.renewal.partner === one.name))) continue;
          happened.push(`${at} ${one.name}`);
          const life = one.renewal.notAfter - one.renewal.notBefore;
          one.renewal = { ...one.renewal, notBefore: at, notAfter: at + life };
          one.advised = null;
        }
      }
      const { renewals, busiest, never } = forecast(lineages, { now, until, every: EVERY });
      expect(renewals.map(({ at, name }) => `${at} ${name}`)).toEqual(happened);
      expect(never).toEqual(lineages.filter(({ renewal }) => !renewal.renewable).map(({ name }) => name));
      for (const { server, certificates } of busiest) {
        const times = renewals.filter((renewal) => renewal.server === server).map(({ at }) => at);
        expect(certificates).toBe(Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 7 * DAY).length)));
      }
    }),
    { numRuns: 120 },
  );
});

it('U23: a pair is two orders at the one time, when the first of the two is due; autorenew = False holds for either', () => {
  const half = (name: string, partner: string, daysLeft: number, renewable = true): ForecastLineage => ({ name, server: null, deployHooks: 0, advised: null, renewal: { notBefore: now - (90 - daysLeft) * DAY, notAfter: now + daysLeft * DAY, renewable, renewBefore: null, partner } });
  const { renewals, busiest } = forecast([half('a', 'a-rsa', 80), half('a-rsa', 'a', 40)], { now, until: now + 60 * DAY, every: EVERY });
  expect(renewals.map(({ at, name }) => `${(at - now) / DAY} ${name}`)).toEqual(['10 a', '10 a-rsa']);
  expect(busiest[0]?.certificates).toBe(2);
  expect(forecast([half('a', 'a-rsa', 80, false), half('a-rsa', 'a', 40)], { now, until: now + 60 * DAY, every: EVERY }).renewals.map(({ name }) => name)).toEqual(['a-rsa']);
});
