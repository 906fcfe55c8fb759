import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { conf as apacheConf } from '../plugins/apache/corpus.js';
import { conf as nginxConf } from '../plugins/nginx/corpus.js';
import { layOut } from '../plugins/server-tree.js';
import { makePlace, type Place } from './certwright.js';

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

/** The way certbot locks, from Python. */
const CERTBOT = 'from certbot import errors\nfrom certbot._internal import lock\n';

/** The server's program, which first tries certbot's lock of this folder and notes how that went. */
function watchful(program: string, root: string): { path: string; tries(): readonly string[] } {
  const path = join(place.folder, 'ctl');
  const notes = join(place.folder, 'notes');
  writeFileSync(path, `#!/usr/bin/python3\nimport os, sys\n${CERTBOT}try:\n    lock.lock_dir("${root}").release()\n    said = "free"\nexcept errors.LockError:\n    said = "held"\nopen("${notes}", "a").write(said + "\\n")\nos.execv("${program}", ["${program}", *sys.argv[1:]])\n`, { mode: 0o755 });
  return { path, tries: () => (existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n') : []) };
}

/** Python holds certbot's lock of this folder until the returned function is called. */
async function heldByCertbot(root: string): Promise<() => Promise<void>> {
  const child = spawn('/usr/bin/python3', ['-c', `import sys\n${CERTBOT}held = lock.lock_dir("${root}")\nprint("held", flush=True)\nsys.stdin.read()\nheld.release()`], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await Promise.race([new Promise((resolve) => child.stdout.once('data', resolve)), ended]);
  return () => {
    child.stdin.end();
    return ended;
  };
}

it.each([
  ['nginx', '/usr/sbin/nginx', { 'nginx.conf': nginxConf('') }],
  ['apache', '/usr/sbin/apache2ctl', { 'apache2.conf': `${apacheConf('')}Listen 127.0.0.1:{H}\n` }],
])('%s: whoever reads or edits its configuration keeps certbot out, and is kept out by it (S147, F50)', async (name, program, files) => {
  const root = join(place.folder, 'root');
  mkdirSync(root, { mode: 0o755 });
  layOut(root, { files }, { http: 18_080, https: 18_443 }, { cert: '', key: '' });
  const ctl = watchful(program, root);
  const look = (...more: string[]) => place.certwright(['plugins', '--prepare', '--installers', `--${name}-server-root`, root, `--${name}-ctl`, ctl.path, '--json', ...more]);
  const prep = (stdout: string): string | undefined => new RegExp(`\\* ${name}\\\\n(?:(?!Prep).)*Prep: ((?:(?!\\\\n).)*)`).exec(stdout)?.[1];
  expect(prep((await look()).stdout)).toMatch(/^True/);
  expect(new Set(ctl.tries())).toEqual(new Set(['held']));
  // Nothing is left of it.
  expect(existsSync(join(root, '.certbot.lock'))).toBe(false);
  const before = ctl.tries().length;
  const release = await heldByCertbot(root);
  expect(prep((await look()).stdout)).toMatch(/^Another instance of Certbot is already running/);
  // The server itself was not even asked.
  expect(ctl.tries()).toHaveLength(before);
  const waiting = look('--wait-for-lock', '20');
  await release();
  expect(prep((await waiting).stdout)).toMatch(/^True/);
});
