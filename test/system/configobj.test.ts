import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ConfigSyntaxError } from '../../src/system/config-syntax-error.js';
import { addSection, configText, configTree, parseConfig, removeValue, setValue, type ConfigSection, type ConfigValue } from '../../src/system/configobj.js';

/** Python's configobj, which certbot reads with: one document a line in, its tree or its error a line out. */
const ORACLE = `
import sys, json, configobj
def plain(section): return {k: (plain(v) if isinstance(v, dict) else v) for k, v in section.items()}
for line in sys.stdin:
    try: print(json.dumps({'tree': plain(configobj.ConfigObj(json.loads(line).split('\\n'), interpolation=False))}))
    except configobj.ConfigObjError as error: print(json.dumps({'error': str(error)}))
`;
type Tree = { [name: string]: string | string[] | Tree };

function oracle(documents: readonly string[]): ({ tree: Tree } | { error: string })[] {
  const { stdout, stderr, status } = spawnSync('/usr/bin/python3', ['-c', ORACLE], { input: `${documents.map((text) => JSON.stringify(text)).join('\n')}\n`, encoding: 'utf8', timeout: 30_000, maxBuffer: 1 << 26 });
  expect(status, `python3-configobj is needed: ${stderr}`).toBe(0);
  return stdout.trim().split('\n').map((line) => JSON.parse(line) as { tree: Tree });
}

const plain = ({ values, sections }: ConfigSection): object => ({ ...values, ...Object.fromEntries(Object.entries(sections).map(([name, section]) => [name, plain(section)])) });
const SEED = Number(process.env['CERTWRIGHT_SEED'] ?? 2026);

it('every value that is written is read back by certbot’s own parser, and by ours', () => {
  const text = fc.string({ unit: fc.constantFrom(...`abc 01,#;='"%()[]\\/$é-:\n`), maxLength: 14 });
  const values = fc.sample(fc.oneof(text, fc.array(text.filter((item) => item.trim() !== ''), { maxLength: 4 })), { numRuns: 1500, seed: SEED });
  const written: { value: ConfigValue; document: string }[] = [];
  for (const value of values) {
    try {
      written.push({ value, document: configText(setValue(parseConfig('before = 1\n[renewalparams]\n'), ['renewalparams'], 'hook', value)) });
    } catch (error) {
      // What the format cannot hold is refused, never changed.
      expect(error).toBeInstanceOf(ConfigSyntaxError);
    }
  }
  expect(written.length).toBeGreaterThan(1000);
  const answers = oracle(written.map(({ document }) => document));
  for (const [index, { value, document }] of written.entries()) {
    expect(answers[index], document).toEqual({ tree: { before: '1', renewalparams: { hook: value } } });
    expect(configTree(parseConfig(document)).sections['renewalparams']?.values['hook']).toEqual(value);
  }
});

it('every document is read as certbot reads it, and comes back to the byte', () => {
  // Items of nothing but white space are the one difference that is known: nobody writes them.
  const value = fc.string({ unit: fc.constantFrom(...`ab ,#='"`), maxLength: 10 }).filter((text) => !/,\s+,|,\s*$|^\s*,/.test(text) && !/["'],?\s*["']/.test(text));
  const line = fc.oneof(value.map((text) => `k = ${text}`), value.map((text) => `  k2=${text}`), fc.constantFrom('# c', '', '[s]', '[[t]]', '[s] # x', '[[[u]]]', '"q k" = 1', "k3 = '''a\nb''' # z", 'k4 = """x"""', 'no value', 'l = a, b', 'l1 = a,', 'l0 = ,'));
  const documents = fc.sample(fc.array(line, { maxLength: 7 }).map((lines) => lines.join('\n')), { numRuns: 1500, seed: SEED });
  const answers = oracle(documents);
  for (const [index, document] of documents.entries()) {
    let own: object;
    try {
      const parsed = parseConfig(document);
      expect(configText(parsed)).toBe(document);
      own = { tree: plain(configTree(parsed)) };
    } catch (error) {
      if (!(error instanceof ConfigSyntaxError)) throw error;
      own = { error: expect.any(String) as unknown };
    }
    expect(answers[index], JSON.stringify(document)).toEqual(own);
  }
});

it('a change keeps every other byte: comments, order, indentation, line ends', () => {
  const text = '# head\r\nversion = 1 # kept\r\n\r\n[renewalparams]\r\n  a = 1 # why\r\n  # about b\r\n  b = x, y\r\n[[webroot_map]]\r\nexample.com = /a\r\n[other]\r\nz = 1\r\n';
  expect(configText(setValue(parseConfig(text), ['renewalparams'], 'a', '2'))).toBe(text.replace('a = 1', 'a = 2'));
  expect(configText(setValue(parseConfig(text), ['renewalparams'], 'a', '1'))).toBe(text);
  expect(configText(setValue(parseConfig(text), ['renewalparams'], 'c', ['d']))).toBe(text.replace('b = x, y\r\n', 'b = x, y\r\n  c = d,\r\n'));
  expect(configText(removeValue(parseConfig(text), ['renewalparams'], 'b'))).toBe(text.replace('  b = x, y\r\n', ''));
  expect(configText(setValue(parseConfig(text), ['new'], 'k', 'v'))).toBe(`${text}[new]\r\nk = v\r\n`);
  expect(configText(addSection(parseConfig(text), ['renewalparams', 'more']))).toBe(text.replace('/a\r\n', '/a\r\n[[more]]\r\n'));
});

it('errors name the line', () => {
  for (const [text, line] of [['a = 1\nnonsense\n', 2], ['a = "x\n', 1], ["\n\na = '''x\n", 3], ['a = 1\na = 2\n', 2], ['[[deep]]\n', 1], ['[a\n', 1]] as const) {
    expect(() => parseConfig(text)).toThrow(expect.objectContaining({ line }) as Error);
  }
});
