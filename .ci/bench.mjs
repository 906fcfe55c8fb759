// Times certwright against certbot in the same run, turn by turn, and prints medians and ratios. Usage: npm run bench [-- ROUNDS]
import { spawnSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { top } from './prepare.mjs';

const rounds = Number(process.argv[2] ?? 5);
const bundled = join(top, 'node_modules', '.certwright-bench-pebble.mjs');
await build({ entryPoints: [join(top, 'test/e2e/pebble.ts')], outfile: bundled, bundle: true, platform: 'node', format: 'esm', packages: 'external', logLevel: 'error' });
const { startPebble } = await import(bundled);
rmSync(bundled);

const pebble = await startPebble({ env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0', PEBBLE_AUTHZREUSE: '0' } });
const folder = mkdtempSync(join(tmpdir(), 'certwright-bench-'));
const programs = { certwright: [process.execPath, join(top, 'bin', 'certwright.js')], certbot: ['/usr/bin/certbot'] };
// Both programs trust this CA and nothing else: bundles of the machine cost time that has nothing to do with them.
const { NODE_EXTRA_CA_CERTS: _extra, SSL_CERT_FILE: _roots, ...inherited } = process.env;
const env = { ...inherited, HOME: folder, REQUESTS_CA_BUNDLE: pebble.caPath };
const directories = (place) => ['--config-dir', join(folder, place, 'config'), '--work-dir', join(folder, place, 'work'), '--logs-dir', join(folder, place, 'logs')];
const obtain = (place, names) => ['certonly', '-n', '--agree-tos', '-m', 'admin@example.com', '--server', pebble.directoryUrl, '--standalone', '--http-01-port', String(pebble.httpPort), '--force-renewal', '--cert-name', names[0], '-d', names.join(','), ...directories(place)];
const names = (count) => Array.from({ length: count }, (_, index) => `host${index}.example.com`);

/** Milliseconds of one run; it must succeed. */
function time([program, ...first], args) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(program, [...first, ...args], { env, stdio: ['ignore', 'ignore', 'pipe'], timeout: 120_000 });
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.on('close', (code) => (code === 0 ? resolve(performance.now() - start) : reject(new Error(`${program} ${args.join(' ')}\n${stderr}`))));
  });
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function row(title, args) {
  const times = { certwright: [], certbot: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, program] of Object.entries(programs)) times[name].push(await time(program, args(name)));
  }
  const [ours, theirs] = [median(times.certwright), median(times.certbot)];
  console.log(`${title.padEnd(34)} ${ours.toFixed(0).padStart(7)} ms   certbot ${theirs.toFixed(0).padStart(7)} ms   ratio ${(ours / theirs).toFixed(3)}`);
}

try {
  const version = spawnSync('/usr/bin/certbot', ['--version'], { encoding: 'utf8' });
  console.log(`certwright against ${(version.stdout || version.stderr).trim()}, ${rounds} rounds, medians`);
  await row('--version', () => ['--version']);
  for (const name of Object.keys(programs)) await time(programs[name], obtain(name, names(1)));
  await row('issue, 1 name, account exists', (name) => obtain(name, names(1)));
  await row('issue, 100 names, account exists', (name) => obtain(name, names(100)));
  await row('certificates, 1 lineage', (name) => ['certificates', ...directories(name)]);
  for (const name of Object.keys(programs)) clone(name, 100);
  await row('certificates, 101 lineages', (name) => ['certificates', ...directories(name)]);
} finally {
  await pebble.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Copies of the one lineage under other names. */
function clone(place, count) {
  const config = join(folder, place, 'config');
  const script = `set -e; cd ${config}; for i in $(seq ${count}); do cp -a archive/host0.example.com archive/copy$i; mkdir -p live/copy$i; for k in cert chain fullchain privkey; do t=$(readlink live/host0.example.com/$k.pem); ln -s "$(echo "$t" | sed s/host0.example.com/copy$i/)" live/copy$i/$k.pem; done; sed s/host0.example.com/copy$i/g renewal/host0.example.com.conf > renewal/copy$i.conf; done`;
  const { status, stderr } = spawnSync('/bin/sh', ['-c', script], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}
