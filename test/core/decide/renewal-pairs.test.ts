import { expect, it } from 'vitest';
import { inPairs, partnersAlong } from '../../../src/core/decide/renewal-pairs.js';

const half = (name: string, partner?: string) => ({ name, renewal: partner === undefined ? {} : { partner } });
const all = [half('a', 'a-rsa'), half('b'), half('a-rsa', 'a'), half('c', 'gone')];

it('U23: the partner of what is due comes along, unless it is due itself, is gone, or its renewal file says autorenew = False', () => {
  const along = (due: readonly string[], never: readonly string[] = []) => [...partnersAlong(all, (name) => due.includes(name), ({ name }) => !never.includes(name))];
  expect(along(['a', 'b', 'c'])).toEqual([['a-rsa', 'a']]);
  expect(along(['a-rsa'])).toEqual([['a', 'a-rsa']]);
  expect(along(['a', 'a-rsa'])).toEqual([]);
  expect(along(['a'], ['a-rsa'])).toEqual([]);
});

it('U23: the two of a pair stand together, also when only one of them says so', () => {
  const names = (lineages: typeof all) => inPairs(lineages).map((group) => group.map(({ name }) => name));
  expect(names(all)).toEqual([['a', 'a-rsa'], ['b'], ['c']]);
  expect(names([half('x'), half('y', 'x')])).toEqual([['x', 'y']]);
  expect(names([half('y', 'x'), half('z'), half('x')])).toEqual([['y', 'x'], ['z']]);
});
