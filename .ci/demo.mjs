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
  console.log(`
That was a rehearsal: a certificate for example.com and www.example.com, issued by a certificate
authority inside certwright that no browser trusts. No web server was touched and no other machine asked;
what was made lies in ${folder}, which can be deleted.

Next, the same with questions, in a terminal:        node bin/certwright.js --sandbox
For real, on a server that has the name (as root):   node bin/certwright.js -d your.name.example`);
} else {
  process.exitCode = signal ? 1 : (status ?? 1);
}
