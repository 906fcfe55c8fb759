import { expect, it } from 'vitest';
import { defaultName } from '../../../src/core/decide/lineage-choice.js';
import { dns } from '../facts-for-tests.js';

it.each([
  [['example.com', '*.example.com'], 'example.com'],
  [['*.example.com', 'example.com'], 'example.com'],
  [['b.example.com', 'a.example.com'], 'b.example.com'],
])('F21: %j is saved as %s', (names, name) => {
  expect(defaultName(dns(...names))).toBe(name);
});
