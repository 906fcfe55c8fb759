// npm test: makes ready what the tests need, then types, lint and every test. CI adds the newer Nodes.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianPackages } from './debian-packages.mjs';
import { buildDist, install, top } from './prepare.mjs';

install();
const newerNodes = process.env.CERTWRIGHT_NEWER_NODES === '1' ? ['22', '24'].map(fetchNode) : [];
debianPackages();
buildDist();

const bin = (name) => join(top, 'node_modules', name);
const config = ['--config', 'test/vitest.config.ts'];

function step(what, node, script, args, env = {}) {
  console.log(`\n== ${what}`);
  const { status } = spawnSync(node, [script, ...args], { cwd: top, env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) {
    console.error(`${what}: failed`);
    process.exit(status ?? 1);
  }
}

/** Fetches the newest Node of a major version from npm's package of it, beside what else is done. */
function fetchNode(major) {
  const folder = mkdtempSync(join(tmpdir(), `node-${major}-`));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const npm = spawn('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', folder, `node-linux-${process.arch}@${major}`], { stdio: ['ignore', 'ignore', 'inherit'] });
  return { major, node: join(folder, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node'), fetched: new Promise((resolve) => npm.on('close', resolve)) };
}

const vitest = bin('vitest/vitest.mjs');
step('types', process.execPath, bin('typescript/bin/tsc'), ['-p', '.']);
step('lint', process.execPath, bin('oxlint/bin/oxlint'), []);
step('tests', process.execPath, vitest, ['run', ...config, ...process.argv.slice(2)]);

for (const { major, node, fetched } of newerNodes) {
  if ((await fetched) !== 0) {
    console.error(`Node ${major} could not be fetched.`);
    process.exit(1);
  }
  step(`unit and wizard tests on Node ${major}`, node, vitest, ['run', ...config, '--project', 'unit', '--project', 'pty'], { CERTWRIGHT_REPEATED: '1' });
}
