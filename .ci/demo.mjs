// The main job, end to end, on the embedded sandbox CA: the wizard in a terminal, by flags without one.
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildDist, install, top } from './prepare.mjs';

install();
buildDist();

const folder = mkdtempSync(join(tmpdir(), 'certwright-demo-'));
const terminal = process.stdin.isTTY && process.stdout.isTTY;
const directories = ['--config-dir', join(folder, 'config'), '--work-dir', join(folder, 'work'), '--logs-dir', join(folder, 'logs')];
const args = terminal
  ? ['--sandbox', ...directories]
  : ['certonly', '--sandbox', '--standalone', '-n', '--agree-tos', '-d', 'example.com,www.example.com', ...directories];
if (!terminal) console.log(`$ certwright ${args.join(' ')}\n`);
const { status, signal } = spawnSync(process.execPath, [join(top, 'bin', 'certwright.js'), ...args], { stdio: 'inherit' });
if (!terminal && status === 0) {
  console.log(`\n$ certwright certificates --sandbox ${directories.join(' ')}\n`);
  const listed = spawnSync(process.execPath, [join(top, 'bin', 'certwright.js'), 'certificates', '--sandbox', ...directories], { stdio: 'inherit' });
  process.exitCode = listed.status ?? 1;
} else {
  process.exitCode = signal ? 1 : (status ?? 1);
}
