import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { spliced } from '../../../src/plugins/server-configuration/edits.js';
import { ConfigSyntaxError } from '../../../src/system/config-syntax-error.js';
import { readNginx, type Node } from '../../../src/plugins/nginx/syntax.js';

const shape = (nodes: readonly Node[]): unknown[] => nodes.map((node) => (node.kind === 'comment' ? '#' : [node.name, ...node.args.map(({ text }) => text), ...(node.kind === 'block' ? [shape(node.children)] : [])]));
const read = (text: string): unknown[] => shape(readNginx(text));

describe('words, by the rules of nginx (ngx_conf_read_token)', () => {
  it.each([
    ['a;', [['a']]],
    ['a b\tc\r\n  d;', [['a', 'b', 'c', 'd']]],
    ['a "x ; y" \'{\';', [['a', 'x ; y', '{']]],
    ['a "in \\" quotes" b\\ c d\\;e;', [['a', 'in " quotes', 'b\\ c', 'd\\;e']]],
    ['a it"s" b\'c;', [['a', 'it"s"', "b'c"]]],
    ['a "\\t\\n\\\\";', [['a', '\t\n\\']]],
    ['return 301 https://$host${request_uri};', [['return', '301', 'https://$host${request_uri}']]],
    ['a x#y; # comment ; {\nb;', [['a', 'x#y'], '#', ['b']]],
    ['server{listen 80;}', [['server', [['listen', '80']]]]],
    ['if ($x = "a") { b; }', [['if', '($x', '=', 'a', ')', [['b']]]]],
    ['location ~ ^/a\\{2\\}$ { b; }', [['location', '~', '^/a\\{2\\}$', [['b']]]]],
    ['location ~ "^/a{2}$" { b; }', [['location', '~', '^/a{2}$', [['b']]]]],
    ['server # why\n { # more\n}', ['#', ['server', ['#']]]],
    ['map $a $b { default x; ~^q y; "}" z; }', [['map', '$a', '$b', [['default', 'x'], ['~^q', 'y'], ['}', 'z']]]]],
    ['content_by_lua_block { local s = "}" -- } in a comment\n local t = [[ } ]] --[==[ } ]==] if x then return {a={}} end } b;', [['content_by_lua_block', []], ['b']]],
    ["access_by_lua_block { ngx.say('\\'}') }", [['access_by_lua_block', []]]],
    ['', []],
  ])('%s', (text, expected) => expect(read(text)).toEqual(expected));

  it.each([
    ['a', 'line 1: a directive that ends with neither'],
    ['\n\n;', 'line 3: a ; without a directive'],
    ['{', 'a { without a name'],
    ['a }', 'a } inside a directive'],
    ['}', 'a } without its {'],
    ['a {', 'the block a is not closed'],
    ['a "b;', 'a quoted word that does not end'],
    ['a "b"c;', 'text right behind a closing quote'],
    ['x_by_lua_block { [[ }', 'does not end'],
    ['a{'.repeat(300), 'nested too deep'],
  ])('%s is refused with its line', (text, message) => expect(() => readNginx(text)).toThrow(message));
});

it('any text is read or refused, never anything else; spans nest and splicing nothing gives the same bytes', () => {
  const pieces = fc.constantFrom('server', 'listen', '80', ' ', '\n', ';', '{', '}', '"', "'", '\\', '$', '${', '#', 'é', '\r\n', '\t', 'a_by_lua_block', '[[', ']]', '--', '~^(.*)$', ')', '/*');
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join('')), (text) => {
      let nodes: readonly Node[];
      try {
        nodes = readNginx(text);
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigSyntaxError);
        return;
      }
      const check = (inside: readonly Node[], from: number, to: number): void => {
        for (const node of inside) {
          expect(node.start).toBeGreaterThanOrEqual(from);
          expect(node.end).toBeLessThanOrEqual(to);
          if (node.kind !== 'block') continue;
          expect(text[node.open]).toBe('{');
          expect(text[node.close]).toBe('}');
          check(node.children, node.open + 1, node.close);
        }
      };
      check(nodes, 0, text.length);
      expect(spliced(text, [])).toBe(text);
    }),
    { numRuns: 2000 },
  );
});
