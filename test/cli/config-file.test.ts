import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readConfigFile } from '../../src/cli/config-file.js';
import { UsageError } from '../../src/core/errors.js';

const read = (text: string) => readConfigFile(text, '/etc/cli.ini').map(({ key, value }) => [key, value]);

// What ConfigArgParse 1.5.3 makes of the same lines.
it.each([
  ['email = a@example.com', ['email', 'a@example.com']],
  ['email: a@example.com', ['email', 'a@example.com']],
  ['email a@example.com', ['email', 'a@example.com']],
  ['--email a@example.com', ['--email', 'a@example.com']],
  ['agree-tos', ['agree-tos', 'true']],
  ['agree-tos =', ['agree-tos', '']],
  ['key = value # why', ['key', 'value']],
  ['key = value ; why', ['key', 'value']],
  ['key = va#lue', ['key', 'va#lue']],
  ['key = "quoted # text" ; c', ['key', 'quoted # text']],
  ["key = '  spaces '", ['key', '  spaces ']],
  ['hook = /bin/sh -c \'echo "x"; y\'', ['hook', '/bin/sh -c \'echo "x"; y\'']],
  ['list = [a, b]', ['list', ['a', 'b']]],
  ['list = ["x", "y"]', ['list', ['x', 'y']]],
  ['map = {"example.com": "/var/www"}', ['map', '{"example.com": "/var/www"}']],
  ['  key=value  ', ['key', 'value']],
] as const)('S150: %s', (line, entry) => {
  expect(read(line)).toEqual([entry]);
});

it('S150: comments, sections, rules and empty lines say nothing; lines are counted from 1, also with CRLF and a byte order mark', () => {
  const text = '\ufeff# c\r\n; c\r\n[section]\r\n---\r\n-----\r\n\r\nkey = 1\r\n';
  expect(readConfigFile(text, '/x.ini')).toEqual([{ key: 'key', value: '1', path: '/x.ini', line: 7 }]);
});

it.each(['= value', ': value', 'key#value', 'a\nkey;x'])('what is no line of a configuration file names file and line: %j', (text) => {
  expect(() => readConfigFile(text, '/etc/cli.ini')).toThrow(`/etc/cli.ini, line ${text.split('\n').length}`);
});

it('N07: no text ends in anything but entries or an error in words', () => {
  const piece = fc.oneof(fc.constantFrom('key', ' = ', ':', '#', ';', '[', ']', '"', "'", '\n', '\r', '\u2028', '---', ' '), fc.string({ unit: 'binary', maxLength: 8 }));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      try {
        for (const { key, line } of readConfigFile(pieces.join(''), '/x.ini')) {
          expect(key).not.toBe('');
          expect(line).toBeGreaterThan(0);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
        expect((error as UsageError).message).toContain('/x.ini, line ');
      }
    }),
    { numRuns: 500, seed: Number(process.env['CERTWRIGHT_SEED'] ?? 2026) },
  );
});
