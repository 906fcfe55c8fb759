// Makes the checkout ready: dependencies from the lock file, then dist/. Does nothing that is done already.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const top = join(dirname(fileURLToPath(import.meta.url)), '..');

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`certwright needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

const say = (text) => process.stderr.write(`${text}\n`);

function digest(paths) {
  const hash = createHash('sha256');
  const visit = (path) => {
    if (statSync(path).isDirectory()) for (const entry of readdirSync(path).sort()) visit(join(path, entry));
    else hash.update(path).update('\0').update(readFileSync(path)).update('\0');
  };
  for (const path of paths) visit(join(top, path));
  return hash.digest('hex');
}

const stampOf = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** Installs from the lock file when node_modules is missing or older than it. */
export function install() {
  const stamp = join(top, 'node_modules', '.certwright-lock');
  const want = digest(['package-lock.json']);
  if (stampOf(stamp) === want) return;
  say('Installing dependencies from the lock file …');
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: top, stdio: ['ignore', 'ignore', 'inherit'] });
  writeFileSync(stamp, want);
}

/** Builds dist/ when a source is newer than it. */
export function buildDist() {
  const stamp = join(top, 'dist', '.sources');
  const want = digest(['src', '.ci/build.mjs', 'package.json']);
  if (stampOf(stamp) === want) return;
  say('Building …');
  execFileSync(process.execPath, [join(top, '.ci', 'build.mjs')], { cwd: top, stdio: ['ignore', 'inherit', 'inherit'] });
  writeFileSync(stamp, want);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  install();
  buildDist();
}
