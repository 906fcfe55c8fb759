import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigSyntaxError } from '../../../src/system/config-syntax-error.js';
import { quoted, readApache, type Node } from '../../../src/plugins/apache/syntax.js';

const shape = (nodes: readonly Node[]): unknown[] => nodes.map((node) => (node.kind === 'comment' ? '#' : [node.name, ...node.args.map(({ text }) => text), ...(node.kind === 'section' ? [shape(node.children)] : [])]));
const read = (text: string): unknown[] => shape(readApache(text));

describe('lines and words, by the rules of Apache (ap_cfg_getline, ap_getword_conf)', () => {
  it.each([
    ['A b c\n', [['A', 'b', 'c']]],
    ['  A\tb  \r\n\r\nC\r\n', [['A', 'b'], ['C']]],
    ['A "x y" \'z\' w', [['A', 'x y', 'z', 'w']]],
    ['A "in \\" quotes" b\\ c', [['A', 'in " quotes', 'b\\', 'c']]],
    ['A "back\\\\slash" a\\\\b "c\\d"', [['A', 'back\\slash', 'a\\b', 'c\\d']]],
    ['A it"s not', [['A', 'it"s', 'not']]],
    ['A "never closed', [['A', 'never closed']]],
    ['A b # no comment', [['A', 'b', '#', 'no', 'comment']]],
    ['# one\n   # two\nA', ['#', '#', ['A']]],
    ['A b \\\n  c \\\r\n  d\nE', [['A', 'b', 'c', 'd'], ['E']]],
    ['Server\\\nName x', [['ServerName', 'x']]],
    ['# goes on \\\nA b\nC', ['#', ['C']]],
    ['A b\\', [['A', 'b\\']]],
    ['# x \\\\\n\nA b\nC', ['#', ['C']]],
    ['# x \\\\\r\n\r\n\nA b', ['#', ['A', 'b']]],
    ['"ServerName" x', [['ServerName', 'x']]],
    ['<A b>\nC\n</A>', [['A', 'b', [['C']]]]],
    ['<A>\n</A>', [['A', []]]],
    ['<A b> not read\n</a> nor this\nC', [['A', 'b', []], ['C']]],
    ['<A "x>y" z>\n</A>', [['A', 'x>y', 'z', []]]],
    ['<If "%{X} > 3">\n</If>', [['If', '%{X} > 3', []]]],
    ['<A>\n<B>\n</B> </A>\n</A>', [['A', [['B', []]]]]],
    ['<Perl>\n<nonsense\n} $x = "</a>";\n</Perl>\nA', [['Perl', []], ['A']]],
    ['A caf\xc3\xa0 x\xa0y', [['A', 'caf\xc3\xa0', 'x\xa0y']]],
    ['', []],
  ])('%j', (text, expected) => expect(read(text)).toEqual(expected));

  it.each([
    ['<A>\nB\n', 1, '<A> was not closed.'],
    ['A\n</B>\n', 2, '</B> without matching <B> section'],
    ['<A>\n</B>\n', 2, 'Expected </A> but saw </B>'],
    ['<A>\n<B>\n</B></A>\n</A>', 3, 'Expected </B> but saw </B></A>'],
    ['<A>\n</A\n', 2, "</A> directive missing closing '>'"],
  ])('%j is refused with its line', (text, line, reason) => {
    try {
      readApache(text);
      expect.fail('it was read');
    } catch (error) {
      if (!(error instanceof ConfigSyntaxError)) throw error;
      expect([error.line, error.reason]).toEqual([line, reason]);
    }
  });

  it('sections without end do not end the stack', () => {
    expect(() => readApache('<A>\n'.repeat(100_000))).toThrow('sections are nested too deep');
  });

  it('places are those of the text, with lines joined too', () => {
    const text = '<VirtualHost *:80>\n  ServerName \\\n    "exa mple"\n</VirtualHost>';
    const [section] = readApache(text);
    if (section?.kind !== 'section') throw new Error('no section');
    const [directive] = section.children;
    if (directive?.kind !== 'directive') throw new Error('no directive');
    expect(text.slice(directive.start, directive.end)).toBe('ServerName \\\n    "exa mple"');
    expect(text.slice(directive.args[0]?.start, directive.args[0]?.end)).toBe('"exa mple"');
    expect(text.slice(section.open, section.open + 2)).toBe('>\n');
    expect(text.slice(section.close)).toBe('</VirtualHost>');
  });

  it('a quoted word is read as that word', () => {
    fc.assert(fc.property(fc.string({ unit: fc.integer({ min: 32, max: 255 }).map((code) => String.fromCharCode(code)), minLength: 1 }), (word) => {
      expect(read(`A ${quoted(word)}`)).toEqual([['A', word]]);
    }), { numRuns: 500 });
  });
});

it('what the real server says of sections and lines is what this reader says', () => {
  const root = mkdtempSync(join(tmpdir(), 'certwright-apache-'));
  try {
    const texts = ['<IfModule a.c>\n</IfModule>', '<IfModule a.c>\n<x>\n</x> </IfModule>\n</IfModule>', '<IfModule a.c>\n<x>\n</x></IfModule>', '<IfModule a.c>\n</IfModule junk', '<IfModule a.c>\n</ifmodule>', '<IfModule a.c>\n', '</IfModule>', '<IfModule a.c>\n</IfDefine>', '# x \\\nnonsense\n', '# x \\\\\n\n</IfModule>\n', '# x \\\\\n\n\n</IfModule>\n', 'Server\\\nName x\n', '<IfModule a.c> x\nnonsense "\n</IfModule> x\n'];
    for (const text of texts) {
      writeFileSync(join(root, 'site.conf'), text);
      writeFileSync(join(root, 'apache2.conf'), `LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so\nErrorLog ${root}/e\nServerName x\nInclude ${root}/site.conf\n`);
      const { status, stderr } = spawnSync('/usr/sbin/apache2', ['-d', root, '-t'], { encoding: 'utf8', timeout: 20_000 });
      let ours = true;
      try {
        readApache(text);
      } catch {
        ours = false;
      }
      expect(ours, `${JSON.stringify(text)}: ${stderr}`).toBe(status === 0);
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
