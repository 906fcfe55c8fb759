import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { debianTree, makeApache } from './apache.js';
import { binary, runProgram, unattended, type Ended } from './certwright.js';
import { CALLS, callsIn, isChange, killAt, spread, type Call } from './kill-points.js';
import { makeNginx } from './nginx.js';
import { caAndPlaceForWebServer, old, pebble, place, ports } from './web-server.js';

/** How many points of a run are killed, for each server; `npm run campaign:server-kills` takes many, `npm test` a few. */
const POINTS = Number(process.env['CERTWRIGHT_SERVER_KILLS'] ?? 2);

caAndPlaceForWebServer();

/** One of the servers, running. */
interface Server {
  root: string;
  flags: readonly string[];
  /** What it says against its configuration; null = it is good. */
  fault(): string | null;
  stop(): Promise<void>;
}

const NGINX_SITE = 'server {\n    listen {H};\n    server_name example.com www.example.com;\n    location / { return 200 site; }\n}\nserver {\n    listen {H} default_server;\n    server_name other.example.com;\n}\n';

async function startNginx(): Promise<Server> {
  const nginx = makeNginx({ title: 'site', files: { 'site.conf': NGINX_SITE } }, ports, old);
  await nginx.start();
  return { root: nginx.root, flags: ['--nginx', '--nginx-server-root', nginx.root], fault: () => nginx.test(), stop: () => nginx.stop() };
}

async function startApache(): Promise<Server> {
  const apache = makeApache({ title: 'tree', ...debianTree() }, ports, old);
  await apache.start();
  return { root: apache.root, flags: ['--apache', '--apache-server-root', apache.root, '--apache-logs-root', apache.root], fault: () => apache.fault(), stop: () => apache.stop() };
}

/** What of a server's folder is no configuration: what it writes while it runs, and a2enmod's notes; certbot too leaves its lock when it is killed. */
const RUNTIME = /^(?:\.certbot\.lock|state(?:\/|$)|.*_temp(?:\/|$)|logs?(?:\/|$)|.*\.(?:log|pid)$|cgisock)/;

/** Every file and link below a folder: path → bytes as latin1, or `-> target`. */
function filesOf(root: string): Record<string, string> {
  const entries = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => !RUNTIME.test(path));
  return Object.fromEntries(
    entries.flatMap((path): [string, string][] => {
      const stats = lstatSync(join(root, path));
      if (stats.isSymbolicLink()) return [[path, `-> ${readlinkSync(join(root, path))}`]];
      return stats.isFile() ? [[path, readFileSync(join(root, path), 'latin1')]] : [];
    }),
  );
}

function putBack(root: string, files: Record<string, string>): void {
  for (const path of Object.keys(filesOf(root))) unlinkSync(join(root, path));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (text.startsWith('-> ')) symlinkSync(text.slice(3), join(root, path));
    else writeFileSync(join(root, path), text, 'latin1');
  }
}

/** What must be found right by whatever command comes next. */
const NEXT: readonly (readonly string[])[] = [['certificates'], ['renew', '-n', '--no-random-sleep-on-renew'], ['config_changes', '-n'], ['plugins', '-n'], ['resume', '-n'], ['show_account', '-n']];

/** A point of time, or a system call. */
type Point = Call | { after: number };

/** Points all over the run, most of them where the server's files are changed, and some at any moment. */
function pointsOf(trace: string, ms: number): readonly Point[] {
  const calls = callsIn(trace);
  const first = calls.findIndex(({ line }) => line.includes('temp_checkpoint'));
  expect(first).toBeGreaterThan(0);
  const chosen = spread(calls.slice(first).filter(isChange), Math.ceil(POINTS * 0.6));
  const anywhere = spread(calls, Math.ceil(POINTS * 0.15));
  return [...chosen, ...anywhere, ...Array.from({ length: Math.max(0, POINTS - chosen.length - anywhere.length) }, () => ({ after: ms * (0.15 + 0.7 * Math.random()) }))];
}

/** Runs the program and kills it there: that process only, as the kernel's out-of-memory killer would. */
async function killed(point: Point, args: readonly string[]): Promise<Ended> {
  const env = { HOME: place.folder, REQUESTS_CA_BUNDLE: pebble.caPath };
  if ('after' in point) return runProgram(process.execPath, [binary, ...args], { env, timeout: point.after });
  return runProgram('strace', ['-qq', '-o', join(place.folder, 'trace'), ...killAt(point), process.execPath, binary, ...args], { env, timeout: 60_000 });
}

const FOLDERS = ['config', 'work', 'logs'];

it.each([
  ['nginx', startNginx],
  ['Apache', startApache],
])(`kill -9 at ${POINTS} points of a run with %s: the next command, whichever, leaves the old configuration or the new one, byte for byte`, { timeout: 120_000 + POINTS * 12_000 }, async (name, start) => {
  const server = await start();
  try {
    const args = ['run', ...unattended(pebble.directoryUrl), ...server.flags, '--redirect', '--http-01-port', String(ports.http), '--https-port', String(ports.https), '-d', 'example.com,www.example.com', ...place.directories];
    const program = (words: readonly string[]) => runProgram(process.execPath, [binary, ...words], { env: { HOME: place.folder, REQUESTS_CA_BUNDLE: pebble.caPath } });
    const fine = async (words: readonly string[]): Promise<void> => {
      const { code, stdout, stderr } = await program(words);
      expect(code, `${words[0]}: ${stdout}${stderr}`).toBe(0);
    };
    await fine(['register', ...unattended(pebble.directoryUrl), ...place.directories]);
    const pristine = join(place.folder, 'pristine');
    for (const folder of FOLDERS) cpSync(join(place.folder, folder), join(pristine, folder), { recursive: true, verbatimSymlinks: true });
    const before = filesOf(server.root);
    const afresh = (): void => {
      putBack(server.root, before);
      for (const folder of FOLDERS) {
        rmSync(join(place.folder, folder), { recursive: true, force: true });
        cpSync(join(pristine, folder), join(place.folder, folder), { recursive: true, verbatimSymlinks: true });
      }
    };
    const started = performance.now();
    await fine(args);
    const ms = performance.now() - started;
    const after = filesOf(server.root);
    expect(after).not.toEqual(before);
    afresh();
    const traced = await runProgram('strace', ['-qq', '-o', join(place.folder, 'trace'), '-e', `trace=${CALLS}`, process.execPath, binary, ...args], { env: { HOME: place.folder, REQUESTS_CA_BUNDLE: pebble.caPath } });
    expect(traced.code, traced.stderr).toBe(0);
    expect(filesOf(server.root)).toEqual(after);
    const counts = { killed: 0, half: 0, old: 0, new: 0 };
    const points = pointsOf(readFileSync(join(place.folder, 'trace'), 'utf8'), ms);
    for (const [index, point] of points.entries()) {
      afresh();
      const { signal, code } = await killed(point, args);
      if (signal === 'SIGKILL' || code === 137) counts.killed += 1;
      const left = JSON.stringify(filesOf(server.root));
      if (left !== JSON.stringify(before) && left !== JSON.stringify(after)) counts.half += 1;
      const next = NEXT[index % NEXT.length] ?? [];
      const at = `${JSON.stringify(point)}, then ${next[0]}`;
      const { stdout, stderr } = await program([...next, ...(next[0] === 'certificates' || next[0] === 'plugins' ? [] : ['--server', pebble.directoryUrl]), ...place.directories]);
      const now = filesOf(server.root);
      const which = JSON.stringify(now) === JSON.stringify(before) ? 'old' : 'new';
      counts[which] += 1;
      expect(now, `${at}: ${stdout}${stderr}`).toEqual(which === 'old' ? before : after);
      expect(server.fault(), at).toBeNull();
      const work = readdirSync(join(place.folder, 'work'));
      expect(work.filter((entry) => !['.certbot.lock', 'backups', 'http_challenges'].includes(entry)), at).toEqual([]);
      expect(existsSync(join(place.folder, 'work', 'http_challenges')) ? readdirSync(join(place.folder, 'work', 'http_challenges')) : [], at).toEqual([]);
      // And the way on is open: the same command again.
      if (index % 5 !== 4) continue;
      await fine(args);
      expect(filesOf(server.root), at).toEqual(after);
    }
    console.log(`${name}: ${counts.killed} kills at ${points.length} points; ${counts.half} left a change half made; after the next command ${counts.old} old, ${counts.new} new, of ${points.length}`);
    // A moment may come after the end, and which call closes what differs a little from run to run.
    expect(counts.killed).toBeGreaterThan(points.length * 0.6);
  } finally {
    await server.stop();
  }
});
