import { spawn } from 'node:child_process';
import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { binary, runProgram, unattended } from './certwright.js';
import { httpPort, place, sandbox, sandboxOfEachTest } from './sandbox-of-test.js';

sandboxOfEachTest();

const env = () => ({ HOME: place.folder, REQUESTS_CA_BUNDLE: join(place.folder, 'root.pem') });
const run = (args: readonly string[], directories = place.directories) => runProgram(process.execPath, [binary, ...args, ...directories], { env: env() });
const obtain = (name: string, directories = place.directories) => run(['certonly', ...unattended(sandbox.directoryUrl), '--standalone', '--http-01-port', String(httpPort), '-d', name], directories);
const until = async (true_: () => boolean): Promise<void> => {
  for (let tries = 0; !true_() && tries < 400; tries += 1) await sleep(25);
  expect(true_()).toBe(true);
};

it('one "later" of the CA stops the whole run until then: all lineages, of several accounts and with other user agents', async () => {
  const names = [0, 1].map((index) => `line${index}.example.com`);
  for (const name of names) expect((await obtain(name)).code).toBe(0);
  // A second account at the same CA, made elsewhere; and a lineage that introduces itself differently.
  const other = ['--config-dir', join(place.folder, 'other'), '--work-dir', join(place.folder, 'other/work'), '--logs-dir', join(place.folder, 'other/logs')];
  expect((await obtain('other.example.com', other)).code).toBe(0);
  for (const folder of ['accounts', 'archive', 'live']) cpSync(join(place.folder, 'other', folder), join(place.folder, 'config', folder), { recursive: true, verbatimSymlinks: true });
  const conf = readFileSync(join(place.folder, 'other/renewal/other.example.com.conf'), 'utf8').replaceAll(join(place.folder, 'other'), join(place.folder, 'config'));
  writeFileSync(join(place.folder, 'config/renewal/other.example.com.conf'), conf.replace('[renewalparams]', '[renewalparams]\nuser_agent = somebody else'));

  const before = sandbox.requests.length;
  const since = () => sandbox.requests.slice(before);
  // Slow enough that all are in the middle of something for the next seconds.
  sandbox.setFaults('429:retry-after=5:times=1:on=new-order,latency=200ms');
  const running = run(['renew', '-n', '--no-random-sleep-on-renew', '--force-renewal', '--max-parallel', '5']);
  await until(() => since().some(({ status }) => status === 429));
  // What was on its way arrives.
  await sleep(1200);
  const asked = since().length;
  await sleep(1800);
  expect(since().length).toBe(asked);
  sandbox.setFaults('');
  const { code, stdout, stderr } = await running;
  expect(code, stdout + stderr).toBe(0);
  expect(since().filter(({ status }) => status === 429)).toHaveLength(1);
  expect(stderr.match(/asks for a pause: everything that concerns it waits 5 seconds, until \d\d:\d\d:\d\d/g)).toHaveLength(1);
  for (const name of [...names, 'other.example.com']) expect(readdirSync(join(place.folder, 'config/archive', name)).filter((file) => file.startsWith('cert')), name).toHaveLength(2);

  // A limit that lasts for hours is an error of the certificate it concerns, told at once; the others go on.
  sandbox.setFaults('429:retry-after=7200:times=1:on=new-order');
  const limited = await run(['renew', '-n', '--no-random-sleep-on-renew', '--force-renewal', '--json']);
  expect(limited.code).toBe(1);
  const outcomes = limited.stdout.trim().split('\n').map((line) => JSON.parse(line) as { type: string; outcomes?: { state: string; reason?: string }[] }).find(({ type }) => type === 'renewals')?.outcomes ?? [];
  expect(outcomes.map(({ state }) => state).sort()).toEqual(['failed', 'renewed', 'renewed']);
  expect(outcomes.find(({ state }) => state === 'failed')?.reason).toContain('rateLimited');
});

it('U28, C34: the random sleep of renew is told with its length and its end, and a signal ends it at once', async () => {
  expect((await obtain('a.example.com')).code).toBe(0);
  const before = sandbox.requests.length;
  const child = spawn(process.execPath, [binary, 'renew', '--force-renewal', ...place.directories], { env: { ...process.env, ...env() }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  try {
    await until(() => /random delay of \d+ seconds, until \d\d:\d\d:\d\d/.test(said));
    const seconds = Number(/random delay of (\d+)/.exec(said)?.[1]);
    expect(seconds).toBeGreaterThanOrEqual(1);
    expect(seconds).toBeLessThanOrEqual(480);
    child.kill('SIGTERM');
    expect(await ended).toBe(1);
    expect(said).toContain('Exiting due to user request');
    expect(sandbox.requests).toHaveLength(before);
  } finally {
    child.kill('SIGKILL');
  }
});
