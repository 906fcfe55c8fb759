import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lateKeys, readKeys, type Key } from '../../../src/ui/tui/keys.js';
import { edit, textField } from '../../../src/ui/tui/text-field.js';

const ESC = '\u001b';

/** The keys of an input that arrives in these chunks. */
function read(chunks: readonly string[]): Key[] {
  let rest = '';
  const keys: Key[] = [];
  for (const chunk of chunks) {
    const result = readKeys(rest + chunk);
    keys.push(...result.keys);
    rest = result.rest;
  }
  return [...keys, ...lateKeys(rest)];
}

it('reads arrows, Enter, Escape, control keys and text from one chunk, in order', () => {
  expect(read([`a${ESC}[B${ESC}OA\r\u007f\u0003é${ESC}`])).toEqual([
    { name: 'char', text: 'a' }, { name: 'down' }, { name: 'up' }, { name: 'enter' }, { name: 'backspace' }, { name: 'ctrl', letter: 'c' }, { name: 'char', text: 'é' }, { name: 'escape' },
  ]);
});

it('takes a paste whole, also over chunks; its line breaks are not Enter', () => {
  expect(read([`${ESC}[20`, `0~a.example\r\nb.exam`, `ple${ESC}[201~\r`])).toEqual([{ name: 'paste', text: 'a.example\nb.example' }, { name: 'enter' }]);
});

it('ignores sequences it does not know, and control characters', () => {
  expect(read([`${ESC}[1;5C${ESC}[I\u0080x`])).toEqual([{ name: 'char', text: 'x' }]);
});

it('however an input is cut into chunks, its keys are the same', () => {
  const piece = fc.constantFrom('a', 'ü', '\r', `${ESC}[A`, `${ESC}[B`, `${ESC}OC`, `${ESC}[3~`, '\t', ' ', `${ESC}[200~x, y\nz${ESC}[201~`);
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.array(fc.nat(40), { maxLength: 8 }), (pieces, cuts) => {
      const whole = pieces.join('');
      const places = [...new Set(cuts.filter((cut) => cut < whole.length))].sort((a, b) => a - b);
      const chunks = [0, ...places].map((from, index) => whole.slice(from, places[index] ?? whole.length));
      expect(read(chunks)).toEqual(read([whole]));
    }),
    { numRuns: 300 },
  );
});

it('edits a line at its cursor: insert, delete, words, ends, whole characters', () => {
  const keys = (text: string) => read([text]);
  const type = (start: string, text: string) => keys(text).reduce((field, key) => edit(field, key, ' '), textField(start));
  expect(type('', 'exmple').text).toBe('exmple');
  expect(type('exmple', `${ESC}[D${ESC}[D${ESC}[D${ESC}[Da`).text).toBe('example');
  expect(type('münchen', '\u007f\u007f').text).toBe('münch');
  expect(type('a.example b.example', '\u0017').text).toBe('a.example ');
  expect(type('abc', '\u0001x\u0005y').text).toBe('xabcy');
  expect(type('abc', '\u0015').text).toBe('');
  expect(type('a ', `${ESC}[200~b\n c\u0007${ESC}[201~`).text).toBe('a b c');
});
