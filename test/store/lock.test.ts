import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LockHeld, StoreError } from '../../src/core/errors.js';
import { perlLock } from '../../src/store/lock-perl.js';
import { acquireLocks, type TakeLock } from '../../src/store/lock.js';
import { makeProgram } from './program.js';

const ways: readonly { way: string; take: TakeLock | undefined }[] = [
  { way: 'compiled library', take: undefined },
  { way: 'perl process', take: (path) => perlLock(path) },
];

let folder: string;
let children: ChildProcess[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'));
  for (const name of ['config', 'work']) mkdirSync(join(folder, name));
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const config = () => join(folder, 'config');
const lockFile = () => join(config(), '.certbot.lock');

/** Whether certbot's way of locking (lockf, exclusive, not waiting) gets the lock. */
function pythonGets(): boolean {
  const program = 'import fcntl,sys\nf=open(sys.argv[1],"a")\ntry: fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB); print("free")\nexcept OSError: print("held")';
  return execFileSync('python3', ['-c', program, lockFile()], { encoding: 'utf8' }).trim() === 'free';
}

/** Python holds the lock until the returned function is called. */
async function heldByPython(): Promise<() => Promise<void>> {
  const program = 'import fcntl,sys\nf=open(sys.argv[1],"w")\nfcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB)\nprint("held", flush=True)\nsys.stdin.read()';
  const child = spawn('python3', ['-c', program, lockFile()], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return async () => {
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.stdin.end();
    await ended;
  };
}

describe.each(ways)('F50 by $way', ({ take }) => {
  const acquire = (paths: string[], more: { waitSeconds?: number; signal?: AbortSignal } = {}) => acquireLocks(paths, { waitSeconds: 0, ...more, ...(take ? { take } : {}) });

  it('keeps a real fcntl lock out while held, and lets it in after', async () => {
    const lock = await acquire([config(), join(folder, 'work')]);
    expect(statSync(lockFile()).mode & 0o777).toBe(0o600);
    expect(pythonGets()).toBe(false);
    await lock.release();
    expect(existsSync(lockFile())).toBe(false);
    expect(pythonGets()).toBe(true);
  });

  it('is kept out by a real fcntl lock and says by whom; nothing else stays locked', async () => {
    const free = await heldByPython();
    const failure = await acquire([join(folder, 'work'), config()]).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(LockHeld);
    const { holder, hint, message } = failure as LockHeld;
    expect(message).toBe('Another instance of Certbot is already running.');
    expect(holder?.pid).toBe(children[0]?.pid);
    expect(holder?.command).toContain('fcntl.lockf');
    expect(hint).toContain(lockFile());
    expect(existsSync(join(folder, 'work', '.certbot.lock'))).toBe(false);
    await free();
    await (await acquire([config()])).release();
  });

  it('is kept out by another of ours, and finds which process that is', async () => {
    const lock = await acquire([config()]);
    const failure = (await acquire([config()]).catch((error: unknown) => error)) as LockHeld;
    expect(failure).toBeInstanceOf(LockHeld);
    expect(failure.holder?.command).toMatch(take ? /perl/ : /node/);
    await lock.release();
  });

  it('with waitSeconds takes it as soon as it is free', async () => {
    const free = await heldByPython();
    const waiting = acquire([config()], { waitSeconds: 20 });
    const early = await Promise.race([waiting.then(() => 'taken'), new Promise((resolve) => setTimeout(resolve, 400, 'waits'))]);
    expect(early).toBe('waits');
    await free();
    const lock = await waiting;
    expect(pythonGets()).toBe(false);
    await lock.release();
  });

  it('stops waiting when cancelled', async () => {
    const free = await heldByPython();
    const cancel = new AbortController();
    const waiting = acquire([config()], { waitSeconds: 60, signal: cancel.signal });
    setTimeout(() => cancel.abort(new Error('stop')), 100);
    await expect(waiting).rejects.toThrow('stop');
    await free();
  });

  it('two directories that are one are locked once', async () => {
    symlinkSync('config', join(folder, 'alias'));
    const lock = await acquire([config(), join(folder, 'alias')]);
    expect(pythonGets()).toBe(false);
    await lock.release();
  });

  it('does not remove a lock file that another program made meanwhile', async () => {
    const lock = await acquire([config()]);
    rmSync(lockFile());
    writeFileSync(lockFile(), '');
    await lock.release();
    expect(existsSync(lockFile())).toBe(true);
  });

  it('a link in place of the lock file is not followed', async () => {
    writeFileSync(join(folder, 'victim'), 'x');
    execFileSync('ln', ['-s', join(folder, 'victim'), lockFile()]);
    await expect(acquire([config()])).rejects.toThrow();
  });
});

it('the lock ends with the process that took it by perl, even when that is killed', async () => {
  const program = await makeProgram(folder, `import { perlLock } from './src/store/lock-perl.ts'; await perlLock(process.argv[2]); console.log('locked'); setInterval(() => {}, 1000);`);
  const child = spawn(process.execPath, [program, lockFile()], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const answer = await new Promise((resolve) => child.stdout.once('data', (chunk) => resolve(String(chunk).trim())));
  expect(answer).toBe('locked');
  expect(pythonGets()).toBe(false);
  child.kill('SIGKILL');
  await expect.poll(pythonGets).toBe(true);
});

it.skipIf(process.getuid?.() !== 0)('a missing right names the lock file, by either way', async () => {
  const program = await makeProgram(
    folder,
    `import { perlLock } from './src/store/lock-perl.ts'; import { acquireLocks } from './src/store/lock.ts';
    process.setuid(65534);
    for (const take of [undefined, (path) => perlLock(path)]) await acquireLocks([process.argv[2]], { waitSeconds: 0, ...(take ? { take } : {}) }).catch((error) => console.log(error.name, error.message));`,
  );
  chmodSync(folder, 0o755);
  const output = execFileSync(process.execPath, [program, config()], { encoding: 'utf8' });
  expect(output).toBe(`PermissionMissing Not allowed to write ${lockFile()}\n`.repeat(2));
});

it('without perl the caller hears of it; a folder that is not there is no lock', async () => {
  await expect(perlLock(join(folder, 'nowhere', '.certbot.lock'))).rejects.toBeInstanceOf(StoreError);
  await expect(perlLock(lockFile(), '/nowhere/perl')).rejects.toMatchObject({ code: 'ENOENT' });
});
