import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readConfigFile } from '../../src/cli/config-file.js';
import { runProgram } from './certwright.js';

const COUNT = Number(process.env['CERTWRIGHT_CONFIG_FILES'] ?? 3000);

/** Python's own parser, as certbot uses it: what each text gives, or null when it is refused. */
const ORACLE = `
import sys, json, io, configargparse
out = []
for text in json.load(sys.stdin):
    try:
        out.append([[k, v] for k, v in configargparse.DefaultConfigFileParser().parse(io.StringIO(text)).items()])
    except Exception:
        out.append(None)
json.dump(out, sys.stdout)
`;

function ours(text: string): unknown {
  try {
    // Later lines of the same name replace earlier ones, in the place of the first.
    return [...new Map(readConfigFile(text, '/x.ini').map(({ key, value }) => [key, value]))];
  } catch {
    return null;
  }
}

it(`${COUNT} texts of cli.ini mean what the parser of certbot takes them for (S150–S154)`, async () => {
  const piece = fc.constantFrom('email', 'agree-tos', 'domains', 'key_type', ' = ', '=', ': ', ':', ' ', '  ', '\t', '\n', '\n\n', '#', ' # why', ' ; why', ';', '"', "'", '[', ']', '[a, b]', '["x", "y"]', '{"a": "/b"}', 'a,b', 'true', '--', '---', '/bin/sh -c \'echo "x"; y\'', '\\', '%(x)s', 'é');
  const texts = fc.sample(fc.array(piece, { maxLength: 12 }).map((parts) => parts.join('')), { numRuns: COUNT, seed: Number(process.env['CERTWRIGHT_SEED'] ?? 2026) });
  const { stdout, stderr, code } = await runProgram('/usr/bin/python3', ['-c', ORACLE], { input: JSON.stringify(texts), timeout: 60_000 });
  expect(code, stderr).toBe(0);
  const theirs = JSON.parse(stdout) as unknown[];
  const different = texts.flatMap((text, index) => (JSON.stringify(ours(text)) === JSON.stringify(theirs[index]) ? [] : [{ text, ours: ours(text), theirs: theirs[index] }]));
  expect(theirs.filter((entries) => entries !== null).length).toBeGreaterThan(COUNT / 3);
  expect(different).toEqual([]);
});
