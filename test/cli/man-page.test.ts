import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { manPage } from '../../src/cli/man-page.js';
import { cliOptions } from '../../src/cli/options.js';
import { builtInPlugins } from '../../src/plugins/registry.js';

const page = manPage(cliOptions, builtInPlugins, '1.2.3');

it('the manual page is what mandoc calls good roff, and shows every option that has a help text', () => {
  const lint = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning'], { input: page, encoding: 'utf8', timeout: 20_000 });
  // A page without a date is meant: it would be another one at each build.
  expect(lint.stdout.split('\n').filter((line) => line !== '' && !line.includes('missing date'))).toEqual([]);
  const shown = spawnSync('mandoc', ['-T', 'ascii', '-O', 'width=100'], { input: page, encoding: 'utf8', timeout: 20_000 }).stdout.replace(/.\u0008/g, '');
  for (const { flags, help } of cliOptions) if (help !== '') expect(shown).toContain(flags.at(-1));
  expect(shown).toMatch(/--key-type KEY_TYPE\s+Kind of the private key\./);
});

it('text that roff would take for a request is shown as it is', () => {
  const odd = manPage([{ kind: 'set', dest: 'quiet', value: true, topic: 'general', flags: ['--odd'], help: ".TH 'x' \\fB-y" }], [], '1');
  expect(odd).toContain("\\&.TH 'x' \\efB\\-y");
});
