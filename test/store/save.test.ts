import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreError } from '../../src/core/errors.js';
import { readLineage } from '../../src/store/lineage.js';
import { kinds, type Directories } from '../../src/store/paths.js';
import { listPending, writePending } from '../../src/store/pending.js';
import { recover } from '../../src/store/recover.js';
import { saveNewLineage, saveNewVersion } from '../../src/store/save.js';
import { makePems } from './certificates.js';
import { makeProgram } from './program.js';
import { liveVersion, makeTree } from './tree.js';

let root: string;
let dirs: Directories;

beforeEach(() => {
  ({ root, dirs } = makeTree());
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const NAME = 'example.com';
const PARAMS = { server: 'https://ca.test/dir', key_type: 'ecdsa', authenticator: 'standalone', account: '0123456789abcdef0123456789abcdef' };
const at = (...parts: string[]) => join(dirs.config, ...parts);
const live = (...parts: string[]) => at('live', NAME, ...parts);
const modeOf = (path: string) => lstatSync(path).mode & 0o777;
const first = () => saveNewLineage(dirs, { name: NAME, mayChange: true }, makePems(NAME), PARAMS);
const next = (pems = makePems(NAME)) => saveNewVersion(dirs, NAME, pems, PARAMS);
const isRoot = process.getuid?.() === 0;

describe('a new lineage', () => {
  it('has certbot’s files, links, modes and texts (F04, F10-F12, F19, F25)', async () => {
    const pems = makePems(NAME);
    const saved = await saveNewLineage(dirs, { name: NAME, mayChange: true }, pems, PARAMS);
    expect(saved).toEqual({ name: NAME, version: 1, liveFolder: live(), files: Object.fromEntries(kinds.map((kind) => [kind, live(`${kind}.pem`)])) });
    expect(readdirSync(live()).sort()).toEqual(['README', 'cert.pem', 'chain.pem', 'fullchain.pem', 'privkey.pem']);
    expect(readdirSync(at('archive', NAME)).sort()).toEqual(['cert1.pem', 'chain1.pem', 'fullchain1.pem', 'privkey1.pem']);
    for (const kind of kinds) {
      expect(readlinkSync(live(`${kind}.pem`))).toBe(`../../archive/${NAME}/${kind}1.pem`);
      expect(readFileSync(live(`${kind}.pem`), 'utf8')).toBe(pems[kind]);
      expect(modeOf(at('archive', NAME, `${kind}1.pem`))).toBe(kind === 'privkey' ? 0o600 : 0o644);
    }
    expect([modeOf(at('archive')), modeOf(at('live')), modeOf(at('archive', NAME)), modeOf(live())]).toEqual([0o700, 0o700, 0o755, 0o755]);
    expect(modeOf(at('renewal', `${NAME}.conf`))).toBe(0o644);
    expect(readFileSync(at('live', 'README'), 'utf8')).toContain('[cert name]/privkey.pem');
    expect(readLineage(dirs, NAME)).toMatchObject({ name: NAME, version: 1, server: PARAMS.server });
    expect(readdirSync(at('.certwright', 'journal'))).toEqual([]);
    expect([modeOf(at('.certwright')), modeOf(at('.certwright', 'journal'))]).toEqual([0o700, 0o700]);
  });

  it('gets the next free name when its own is taken and may change (F20)', async () => {
    await first();
    expect((await first()).name).toBe(`${NAME}-0001`);
    expect((await first()).name).toBe(`${NAME}-0002`);
    expect(liveVersion(dirs, `${NAME}-0002`)).toBe(1);
    await expect(saveNewLineage(dirs, { name: NAME, mayChange: false }, makePems(NAME), PARAMS)).rejects.toThrow(`There is a certificate named ${NAME} already`);
  });

  it.each(['archive', 'live'])('is refused when its %s folder is in the way, and leaves nothing (F04)', async (what) => {
    mkdirSync(at(what, NAME), { recursive: true });
    writeFileSync(at(what, NAME, 'something'), 'x');
    await expect(first()).rejects.toThrow(`${what} directory exists for ${NAME}`);
    expect(existsSync(at('renewal', `${NAME}.conf`))).toBe(false);
    expect(readFileSync(at(what, NAME, 'something'), 'utf8')).toBe('x');
    rmSync(at(what, NAME, 'something'));
    expect((await first()).name).toBe(NAME);
  });

  it('without a key is refused', async () => {
    await expect(saveNewLineage(dirs, { name: NAME, mayChange: true }, { ...makePems(NAME), privkey: '' }, PARAMS)).rejects.toBeInstanceOf(StoreError);
  });
});

describe('a new version', () => {
  beforeEach(first);

  it('is numbered after every file there is, and comes into use (F13)', async () => {
    writeFileSync(at('archive', NAME, 'chain4.pem'), 'half written by somebody');
    const saved = await next();
    expect(saved.version).toBe(5);
    expect(liveVersion(dirs, NAME)).toBe(5);
    expect(readFileSync(at('archive', NAME, 'chain4.pem'), 'utf8')).toBe('half written by somebody');
    expect(readdirSync(at('live')).sort()).toEqual(['README', NAME]);
  });

  it.skipIf(!isRoot)('key: keeps the group and what F14 lets it keep of the mode', async () => {
    chmodSync(at('archive', NAME, 'privkey1.pem'), 0o647);
    chownSync(at('archive', NAME, 'privkey1.pem'), 1234, 4321);
    await next();
    const { mode, uid, gid } = statSync(at('archive', NAME, 'privkey2.pem'));
    expect([mode & 0o777, uid, gid]).toEqual([0o644, process.getuid?.(), 4321]);
  });

  it('keeps the newest six versions, and what links of others need (F15, F18)', async () => {
    await next();
    await next();
    // certbot --reuse-key of old: the key of version 3 is a link to that of version 1.
    renameSync(at('archive', NAME, 'privkey3.pem'), at('archive', NAME, 'privkey1.pem'));
    symlinkSync('privkey1.pem', at('archive', NAME, 'privkey3.pem'));
    for (let version = 4; version <= 8; version += 1) await next();
    const files = readdirSync(at('archive', NAME));
    expect(files.filter((file) => file.startsWith('cert')).sort()).toEqual(['cert3.pem', 'cert4.pem', 'cert5.pem', 'cert6.pem', 'cert7.pem', 'cert8.pem']);
    expect(files).toContain('privkey1.pem');
    expect(files).not.toContain('privkey2.pem');
    await next();
    expect(readdirSync(at('archive', NAME))).not.toContain('privkey1.pem');
  });

  it('renewal file: comments, unknown keys and mode stay, parameters are replaced (F31)', async () => {
    const path = at('renewal', `${NAME}.conf`);
    writeFileSync(path, `# mine\nmine = yes\n${readFileSync(path, 'utf8')}`);
    chmodSync(path, 0o640);
    writeFileSync(`${path}.new`, 'stale');
    await saveNewVersion(dirs, NAME, makePems(NAME), { ...PARAMS, authenticator: 'webroot' });
    const text = readFileSync(path, 'utf8');
    expect(text).toMatch(/^# mine\nmine = yes\n/);
    expect(text).toContain('authenticator = webroot');
    expect(modeOf(path)).toBe(0o640);
    expect(existsSync(`${path}.new`)).toBe(false);
  });

  it('keeps absolute links absolute (F11)', async () => {
    for (const kind of kinds) {
      rmSync(live(`${kind}.pem`));
      symlinkSync(at('archive', NAME, `${kind}1.pem`), live(`${kind}.pem`));
    }
    await next();
    expect(readlinkSync(live('privkey.pem'))).toBe(at('archive', NAME, 'privkey2.pem'));
    expect(liveVersion(dirs, NAME)).toBe(2);
  });

  it('the folder is the same one afterwards, with everything an administrator put there', async () => {
    const before = lstatSync(live());
    writeFileSync(live('combined.pem'), 'key and certificate', { mode: 0o640 });
    symlinkSync('../../../elsewhere', live('link'));
    mkdirSync(live('old'));
    writeFileSync(live('old', 'note'), 'text');
    const inodes = ['combined.pem', 'link', 'old', 'README'].map((entry) => lstatSync(live(entry)).ino);
    await next();
    expect(lstatSync(live()).ino).toBe(before.ino);
    expect(['combined.pem', 'link', 'old', 'README'].map((entry) => lstatSync(live(entry)).ino)).toEqual(inodes);
    expect(readFileSync(live('old', 'note'), 'utf8')).toBe('text');
    expect(lstatSync(live('combined.pem')).nlink).toBe(1);
    expect(readdirSync(at('live')).sort()).toEqual(['README', NAME]);
    expect(liveVersion(dirs, NAME)).toBe(2);
  });

  it('a folder that is a link elsewhere is left so', async () => {
    mkdirSync(at('elsewhere'));
    renameSync(live(), at('elsewhere', NAME));
    symlinkSync(at('elsewhere', NAME), live());
    await next();
    expect(lstatSync(live()).isSymbolicLink()).toBe(true);
    expect(readlinkSync(live('cert.pem'))).toBe(`../../archive/${NAME}/cert2.pem`);
    expect(liveVersion(dirs, NAME)).toBe(2);
  });

  it('a program that watches the folder goes on hearing of it', async () => {
    const watcher = spawn('python3', ['-c', WATCH, live()], { stdio: ['pipe', 'pipe', 'inherit'] });
    let seen = '';
    watcher.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    await expect.poll(() => seen).toContain('ready');
    await next();
    await next();
    await expect.poll(() => seen.split('fullchain.pem').length).toBeGreaterThanOrEqual(3);
    expect(seen).not.toContain('gone');
    watcher.kill('SIGKILL');
  });

  it('a file in place of a link is not replaced', async () => {
    rmSync(live('cert.pem'));
    writeFileSync(live('cert.pem'), 'mine');
    await expect(next()).rejects.toThrow(`expected ${live('cert.pem')} to be a symlink`);
    expect(readFileSync(live('cert.pem'), 'utf8')).toBe('mine');
    expect(readdirSync(at('archive', NAME))).not.toContain('cert2.pem');
  });
});

/** Watches a folder by inotify as server reloaders do; a moved folder ends the watch for many libraries. */
const WATCH = `
import ctypes, os, struct, sys
c = ctypes.CDLL(None)
fd = c.inotify_init()
c.inotify_add_watch(fd, sys.argv[1].encode(), 0x100 | 0x80 | 0x800 | 0x400)
print("ready", flush=True)
while True:
    data = os.read(fd, 65536)
    while data:
        wd, mask, cookie, size = struct.unpack("iIII", data[:16])
        print("gone" if mask & 0xC00 else data[16:16+size].rstrip(b"\\0").decode(), flush=True)
        data = data[16+size:]
`;

/** Calls that change something on disk. */
const CALLS = 'write,rename,renameat,renameat2,symlink,symlinkat,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir,fsync,chmod,fchmod';
const SAVE = (what: string) => `
import { readFileSync } from 'node:fs';
import { saveNewLineage, saveNewVersion } from './src/store/save.ts';
const { dirs, pems, params } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
await ${what};
`;
const POINTS = Number(process.env['CERTWRIGHT_SAVE_KILLS'] ?? 10);

describe.each([
  { what: 'a new version', call: `saveNewVersion(dirs, '${NAME}', pems, params)`, native: true, has: true },
  { what: 'a new version where folders cannot be exchanged', call: `saveNewVersion(dirs, '${NAME}', pems, params)`, native: false, has: true },
  { what: 'a new lineage', call: `saveNewLineage(dirs, { name: '${NAME}', mayChange: true }, pems, params)`, native: true, has: false },
])('kill -9 while saving $what', ({ call, native, has }) => {
  it(`at ${POINTS} points: the old is in use or the new, and the next run finishes it`, { timeout: 60_000 + POINTS * 3000 }, async () => {
    if (has) await first();
    if (has) writeFileSync(live('combined.pem'), 'mine');
    const program = await makeProgram(root, SAVE(call));
    if (!native) rmSync(join(root, 'node_modules'));
    const [input, pristine, trace] = [join(root, 'input.json'), join(root, 'pristine'), join(root, 'trace')];
    cpSync(dirs.config, pristine, { recursive: true, verbatimSymlinks: true });
    const pems = makePems(NAME);
    writeFileSync(input, JSON.stringify({ dirs, pems, params: PARAMS }));
    const run = (...options: string[]) => spawnSync('strace', ['-f', '-qq', '-o', trace, ...options, process.execPath, program, input], { encoding: 'utf8', timeout: 20_000 });
    const whole = run('-e', `trace=${CALLS}`);
    expect(whole.status, whole.stderr).toBe(0);
    const lines = readFileSync(trace, 'utf8').split('\n');
    const own = lines.filter((line) => line.split(' ')[0] === lines[0]?.split(' ')[0]);
    expect(own.some((line) => line.includes('RENAME_EXCHANGE'))).toBe(native && has);
    const begin = own.findIndex((line) => line.includes('.certwright')) + 1;
    const committed = own.findIndex((line) => line.includes('rename') && line.includes(`journal/${NAME}.json`)) + 1;
    // Disks are waited for by other threads, which strace counts by themselves: such a call kills the run somewhere.
    const elsewhere = new Set(lines.filter((line) => !own.includes(line)).map((line) => /^\d+ +(\w+)\(/.exec(line)?.[1]));
    expect([begin > 0, committed > 0, elsewhere.has('rename')]).toEqual([true, true, false]);
    const points = Array.from({ length: POINTS }, (_, index) => begin + Math.floor(((own.length - begin) * index) / Math.max(1, POINTS - 1)));
    let [torn, killed] = [0, 0];
    for (const point of new Set(points)) {
      rmSync(dirs.config, { recursive: true, force: true });
      cpSync(pristine, dirs.config, { recursive: true, verbatimSymlinks: true });
      await writePending(dirs, pendingFor(pems.privkey));
      // strace counts each call by itself: this one is the how manieth of its name?
      const [name = '', ...before] = own.slice(0, point).reverse().map((line) => /^\d+ +(\w+)\(/.exec(line)?.[1] ?? '');
      const when = 1 + before.filter((other) => other === name).length;
      const { signal, status } = run('-e', `trace=${name}`, '-e', `inject=${name}:signal=SIGKILL:when=${when}`);
      if (signal === 'SIGKILL' || status === 137) killed += 1;
      for (const path of execFileSync('grep', ['-rl', 'PRIVATE KEY', dirs.config], { encoding: 'utf8' }).trim().split('\n')) expect(modeOf(path) & 0o077, path).toBe(0);
      if (has) {
        for (const kind of kinds) expect(existsSync(live(`${kind}.pem`)), `${kind} at ${point}`).toBe(true);
        expect(readFileSync(live('combined.pem'), 'utf8')).toBe('mine');
        if (new Set(kinds.map((kind) => /\d+(?=\.pem$)/.exec(readlinkSync(live(`${kind}.pem`)))?.[0])).size > 1) torn += 1;
      } else if (existsSync(at('renewal', `${NAME}.conf`))) {
        expect(liveVersion(dirs, NAME)).toBe(1);
      }
      await recover(dirs);
      const saved = has ? liveVersion(dirs, NAME) === 2 : existsSync(at('renewal', `${NAME}.conf`));
      // Committed: saved, and the order forgotten. Before: nothing is there, and the order still waits.
      expect(saved, `point ${point} of ${begin}-${own.length}`).toBe(listPending(dirs).length === 0);
      if (point > committed && !elsewhere.has(name)) expect(saved, `point ${point}`).toBe(true);
      if (saved) expect(readFileSync(live('fullchain.pem'), 'utf8')).toBe(pems.fullchain);
      const hidden = readdirSync(dirs.config, { recursive: true, encoding: 'utf8' }).filter((path) => /certwright-tmp|\.new$|journal\/./.test(path));
      expect(hidden, `point ${point}`).toEqual([]);
      expect(await recover(dirs), `point ${point}`).toEqual([]);
      if (has) expect(readdirSync(at('live')).sort()).toEqual(['README', NAME]);
      if (has) expect(readFileSync(live('combined.pem'), 'utf8')).toBe('mine');
    }
    expect(killed).toBeGreaterThan(new Set(points).size * 0.8);
    if (native) expect(torn).toBe(0);
  });
});

function pendingFor(privateKey: string) {
  return { lineage: NAME, server: PARAMS.server, accountId: PARAMS.account, orderUrl: 'https://ca.test/order/1', names: [NAME], privateKey, created: new Date().toISOString(), command: ['certonly'] };
}

it('certbot lists the lineage as valid, also with a stand-in folder beside it', { timeout: 60_000 }, async () => {
  await first();
  await next();
  cpSync(live(), at('live', `.${NAME}.new`), { recursive: true, verbatimSymlinks: true });
  const output = execFileSync('certbot', ['certificates', '--config-dir', dirs.config, '--work-dir', dirs.work, '--logs-dir', dirs.logs], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  expect(output).toContain(`Certificate Name: ${NAME}`);
  expect(output).toMatch(/Expiry Date: .*\(VALID: \d+ days\)/);
  expect(output.match(/Certificate Name/g)).toHaveLength(1);
  await next();
  expect(readdirSync(at('live')).sort()).toEqual(['README', NAME]);
  expect(liveVersion(dirs, NAME)).toBe(3);
});
