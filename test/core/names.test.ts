import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseName, parseNameList } from '../../src/core/names.js';

it.each([
  ['example.com', 'example.com'],
  ['Example.COM.', 'example.com'],
  ['*.example.com', '*.example.com'],
  ['münchen.example', 'xn--mnchen-3ya.example'],
  ['*.münchen.example', '*.xn--mnchen-3ya.example'],
  ['xn--mnchen-3ya.example', 'xn--mnchen-3ya.example'],
  [`${'a'.repeat(63)}.example`, `${'a'.repeat(63)}.example`],
  ['1.example', '1.example'],
  ['a\u3002example', 'a.example'],
  ['0x7f.example', '0x7f.example'],
])('%s is the name %s', (text, value) => {
  expect(parseName(text)).toEqual({ type: 'dns', value, shown: text.toLowerCase().replace(/\.$/, '') });
});

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['2001:DB8:0:0::1', '2001:db8::1'],
  ['[::1]', '::1'],
])('%s is the address %s', (text, value) => {
  expect(parseName(text)).toEqual({ type: 'ip', value, shown: value });
});

it.each([
  ['under_score.example.com', 'underscore'],
  ['https://example.com/', 'web address'],
  ['me@example.com', 'e-mail'],
  ['example.com/path', 'slash'],
  ['example.com:443', 'port'],
  ['localhost', 'two parts'],
  ['*', '*.example.com'],
  ['a.*.example.com', '*.example.com'],
  ['*.*.example.com', '*.example.com'],
  ['example..com', 'empty part'],
  ['.example.com', 'empty part'],
  ['-a.example.com', 'hyphen'],
  ['a-.example.com', 'hyphen'],
  [`${'a'.repeat(64)}.example.com`, '63'],
  [`${'abcdefgh.'.repeat(32)}example.com`, '253'],
  ['1.2.3', 'IP address'],
  ['exa\u202emple.com', 'characters'],
  ['exa\u0007mple.com', 'characters'],
  ['example.123', 'number'],
  ['0x7f.0x1', 'number'],
  ['\uff11.\uff12.\uff13.\uff14', 'number'],
  ['a\u3002\u3002example', 'empty part'],
  ['fe80::1%eth0', 'zone'],
  ['[fe80::1%eth0]', 'zone'],
])('%s is refused: %s', (text, why) => {
  const { message } = parseName(text) as { message: string };
  expect(message).toContain(why);
  expect(message).toContain(text.replace(/[\u0007\u202e]/g, '\ufffd').slice(0, 70));
  expect(message).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
});

it('a dot of another script at the end goes too', () => {
  expect(parseName('a.example\u3002')).toEqual({ type: 'dns', value: 'a.example', shown: 'a.example' });
});

it('a list has each name once, in order, and every fault', () => {
  const { identifiers, errors } = parseNameList('a.example.com, b.example.com\nA.example.com.\tbad_one.example,localhost');
  expect(identifiers.map(({ value }) => value)).toEqual(['a.example.com', 'b.example.com']);
  expect(errors.map(({ text }) => text)).toEqual(['bad_one.example', 'localhost']);
});

it('whatever is typed: what is taken is a name the CA can read, and stays itself when read again', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.domain()), (text) => {
      for (const { type, value, shown } of parseNameList(text).identifiers) {
        if (type === 'dns') expect(value).toMatch(/^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/);
        expect(parseName(value)).toMatchObject({ type, value });
        expect(parseName(shown)).toMatchObject({ type, value });
      }
    }),
    { numRuns: 1000, seed: Number(process.env['CERTWRIGHT_SEED'] ?? 2026) },
  );
});
