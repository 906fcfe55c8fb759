import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { unifiedDiff } from '../../src/system/unified-diff.js';

const folder = mkdtempSync(join(tmpdir(), 'diff-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const names = { before: 'a', after: 'b' };

it('what patch makes of the diff is the other text, for any two texts', () => {
  const text = fc.array(fc.constantFrom('server {\n', '}\n', 'listen 80;\n', '\n', '# x\n', 'root /var;\n'), { maxLength: 30 }).chain((all) => fc.constantFrom(all.join(''), `${all.join('')}no newline`));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const diff = unifiedDiff(before, after, names);
      if (before === after) {
        expect(diff).toBe('');
        return;
      }
      writeFileSync(join(folder, 'a'), before);
      writeFileSync(join(folder, 'diff'), `${diff}\n`);
      const patched = execFileSync('patch', ['--quiet', '-o', '-', join(folder, 'a'), join(folder, 'diff')], { encoding: 'utf8', timeout: 5000 });
      expect(patched).toBe(after);
    }),
    { numRuns: 60 },
  );
});

it('leaves private keys out, on both sides and also one that is cut off', () => {
  const pem = (secret: string) => `-----BEGIN CERTIFICATE-----\npublic\n-----END CERTIFICATE-----\n-----BEGIN EC PRIVATE KEY-----\n${secret}\n-----END EC PRIVATE KEY-----\n`;
  const diff = unifiedDiff(pem('old+secret'), `${pem('new+secret')}-----BEGIN PRIVATE KEY-----\ncut+secret\n`, names);
  expect(diff).toContain('+-----BEGIN PRIVATE KEY-----\n+(not shown)');
  expect(diff).not.toContain('secret');
  expect(unifiedDiff(null, pem('one+secret'), names)).toContain('+public');
  expect(unifiedDiff(null, pem('one+secret'), names)).not.toContain('secret');
});

it('shows three lines around a change, and files that are on one side only', () => {
  const lines = Array.from({ length: 12 }, (_, index) => `line ${index}\n`);
  expect(unifiedDiff(lines.join(''), lines.with(6, 'other\n').join(''), names).split('\n')).toEqual(['--- a', '+++ b', '@@ -4,7 +4,7 @@', ' line 3', ' line 4', ' line 5', '-line 6', '+other', ' line 7', ' line 8', ' line 9']);
  expect(unifiedDiff(null, 'new\n', names)).toBe('--- /dev/null\n+++ b\n@@ -0,0 +1 @@\n+new');
  expect(unifiedDiff('old', null, names)).toBe('--- a\n+++ /dev/null\n@@ -1 +0,0 @@\n-old\n\\ No newline at end of file');
});
