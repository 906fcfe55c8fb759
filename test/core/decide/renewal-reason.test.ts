import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dueAt, nextRenewal, renewalReason, type RenewalFacts } from '../../../src/core/decide/renewal-reason.js';

const DAY = 86_400_000;
const start = Date.UTC(2026, 0, 1);
const facts = (more: Partial<RenewalFacts>): RenewalFacts => ({ now: start, notBefore: start, notAfter: start + 90 * DAY, renewable: true, renewBefore: null, revoked: false, advised: null, forced: false, ...more });

describe('C06: due by its dates', () => {
  it.each([
    ['90 days: a third', 90, null, 60],
    ['45 days: a third', 45, null, 30],
    ['10 days: a third', 10, null, 10 - 10 / 3],
    ['6 days: half', 6, null, 3],
    ['renew_before_expiry = 10 days', 90, 10, 80],
    ['renew_before_expiry longer than its life', 90, 100, -10],
  ])('%s', (_, days, before, expected) => {
    const about = facts({ notAfter: start + days * DAY, renewBefore: before === null ? null : before * DAY });
    expect((dueAt(about) - start) / DAY).toBeCloseTo(expected, 9);
    expect(renewalReason({ ...about, now: dueAt(about) - 1 })).toBeNull();
    expect(renewalReason({ ...about, now: dueAt(about) })).toBe('date');
  });
});

it.each<[string, Partial<RenewalFacts>, ReturnType<typeof renewalReason>]>([
  ['nothing', {}, null],
  ['forced', { forced: true, renewable: false }, 'forced'],
  ['autorenew = False', { renewable: false, now: start + 89 * DAY, revoked: true, advised: start }, null],
  ['revoked', { revoked: true }, 'revoked'],
  ['advised, its moment has come', { advised: start }, 'advised'],
  ['advised later', { advised: start + 1 }, null],
  ['the advice cannot make it later', { advised: start + 80 * DAY, now: start + 70 * DAY }, 'date'],
])('%s', (_, more, expected) => expect(renewalReason(facts(more))).toBe(expected));

it('N25: the moment foretold is the first at which the decision says yes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), fc.option(fc.integer({ min: 1, max: 100 })), fc.option(fc.integer({ min: -10, max: 400 })), fc.boolean(), (days, before, advised, renewable) => {
      const about = facts({ notAfter: start + days * DAY, renewBefore: before === null ? null : before * DAY, advised: advised === null ? null : start + advised * DAY, renewable });
      const next = nextRenewal(about);
      expect(next === null).toBe(!renewable);
      if (next === null) return;
      expect(renewalReason({ ...about, now: next.at - 1 })).toBeNull();
      expect(renewalReason({ ...about, now: next.at })).toBe(next.by === 'date' ? 'date' : 'advised');
    }),
  );
});
