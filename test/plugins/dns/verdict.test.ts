import { expect, test } from 'vitest';
import { verdict, type View } from '../../../src/plugins/dns/verdict.js';

const bounds = { usual: 10_000, limit: 120_000 };
const at = (elapsed: number, ...views: readonly View[]): string => verdict(views, { ...bounds, elapsed });

test('U09: the CA is asked when every nameserver has every value, and not before', () => {
  expect(at(0, 'seen', 'seen')).toBe('go-on');
  expect(at(0, 'seen', 'no-route')).toBe('go-on');
  expect(at(119_999, 'seen', 'not-yet')).toBe('wait');
  expect(at(120_000, 'seen', 'not-yet')).toBe('give-up');
});

test('U09: servers that do not answer hold it up for the usual time only, also when none answers', () => {
  expect(at(9_999, 'seen', 'silent')).toBe('wait');
  expect(at(10_000, 'seen', 'silent')).toBe('go-on');
  expect(at(9_999, 'silent', 'no-route')).toBe('wait');
  expect(at(10_000, 'silent', 'no-route')).toBe('go-on');
  // One that answers without the record counts, whoever is silent beside it.
  expect(at(10_000, 'not-yet', 'silent')).toBe('wait');
  // A limit below the usual time is the limit of both.
  expect(verdict(['silent'], { elapsed: 2000, usual: 10_000, limit: 2000 })).toBe('go-on');
});
