import { expect, it } from 'vitest';
import { extendedPath } from '../../src/system/hook-command.js';
import { runShell } from '../../src/system/process.js';
import { printable, printableLine } from '../../src/system/printable.js';

const env = { PATH: process.env['PATH'] };

it('gives exit code and output, whatever they are', async () => {
  expect(await runShell('echo out; echo err >&2; exit 3', { env })).toEqual({ exitCode: 3, stdout: 'out\n', stderr: 'err\n' });
  expect((await runShell('no-such-program-anywhere', { env })).exitCode).toBe(127);
  expect((await runShell('head -c 3000000 /dev/zero | tr "\\0" x', { env })).stdout.length).toBe(1 << 20);
});

it('a command never sees our stdin; what it is given may stay unread', async () => {
  expect(await runShell('cat; echo end', { env })).toMatchObject({ exitCode: 0, stdout: 'end\n' });
  expect((await runShell('cat', { env, input: 'for you' })).stdout).toBe('for you');
  expect((await runShell('exec 0<&-; sleep 0.1', { env, input: 'x'.repeat(1 << 20) })).exitCode).toBe(0);
});

it('a time limit ends the command and its children', async () => {
  // Longer than this test may last.
  const { exitCode, stderr } = await runShell('sleep 100 & sleep 100', { env, timeoutMs: 200 });
  expect(exitCode).toBe(137);
  expect(stderr).toContain('stopped after 0.2 s');
});

it('an abort ends it too', async () => {
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 100);
  expect((await runShell('sleep 100', { env, signal: abort.signal })).exitCode).toBe(137);
});

it('the administration folders are always in PATH (F56)', () => {
  expect(extendedPath('/a')).toBe('/a:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin');
  expect(extendedPath(undefined).startsWith('/usr/local/sbin')).toBe(true);
});

it('text from outside loses everything that could move a cursor or turn the reading', () => {
  expect(printable('a\u001b[31mb\u001b]0;title\u0007c\u009b1md\u202ee\u0000f\tg\nh\r')).toBe('abcdef g\nh');
  expect(printableLine(`x\n${'y'.repeat(30)}`, 10)).toBe('x yyyyyyy…');
});

it('a time limit holds for a child that left the process group, too', async () => {
  const { stderr } = await runShell('setsid sleep 100 & wait', { env, timeoutMs: 200 });
  expect(stderr).toContain('stopped after 0.2 s');
});

it('letters of several bytes stay whole wherever the output is cut into pieces', async () => {
  const { stdout } = await runShell('printf "\\303"; sleep 0.2; printf "\\274"', { env });
  expect(stdout).toBe('ü');
});
