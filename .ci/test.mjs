// npm test: makes ready what the tests need, then types, lint and every test. CI adds the newer Nodes.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianPackages } from './debian-packages.mjs';
import { buildDist, install, top } from './prepare.mjs';

install();
debianPackages();
buildDist();

const bin = (name) => join(top, 'node_modules', name);
const config = ['--config', 'test/vitest.config.ts'];

function step(what, node, script, args) {
  console.log(`\n== ${what}`);
  const { status } = spawnSync(node, [script, ...args], { cwd: top, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) {
    console.error(`${what}: failed`);
    process.exit(status ?? 1);
  }
}

const vitest = bin('vitest/vitest.mjs');
step('types', process.execPath, bin('typescript/bin/tsc'), ['-p', '.']);
step('lint', process.execPath, bin('oxlint/bin/oxlint'), []);
step('tests', process.execPath, vitest, ['run', ...config, ...process.argv.slice(2)]);

if (process.env.CERTWRIGHT_NEWER_NODES === '1') {
  for (const major of ['22', '24']) {
    const folder = mkdtempSync(join(tmpdir(), `node-${major}-`));
    const npm = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', folder, `node-linux-${process.arch}@${major}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (npm.status !== 0) process.exit(1);
    const node = join(folder, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
    step(`unit and wizard tests on Node ${major}`, node, vitest, ['run', ...config, '--project', 'unit', '--project', 'pty']);
    rmSync(folder, { recursive: true, force: true });
  }
}
