import { expect, it } from 'vitest';
import { momentMeant } from '../../../src/core/decide/moment.js';

const now = Date.parse('2026-11-03T08:05:09Z');

it.each([
  ['90m', '2026-11-03T06:35:09.000Z'],
  ['2 h', '2026-11-03T06:05:09.000Z'],
  ['3d', '2026-10-31T08:05:09.000Z'],
  ['2026-11-02', '2026-11-02T00:00:00.000Z'],
  ['2026-11-02 07:30', '2026-11-02T07:30:00.000Z'],
  ['2026-11-02 07:30 UTC', '2026-11-02T07:30:00.000Z'],
  ['2026-11-02T07:30:05+02:00', '2026-11-02T05:30:05.000Z'],
  ['yesterday', null],
  ['2026-13-40', null],
  ['', null],
])('%s', (text, wanted) => {
  const moment = momentMeant(text, now);
  expect(moment === null ? null : new Date(moment).toISOString()).toBe(wanted);
});
