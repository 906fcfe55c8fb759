import { spawn } from 'node:child_process';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { binary, runProgram, unattended } from './certwright.js';
import { httpPort, place, sandbox, sandboxOfEachTest } from './sandbox-of-test.js';

let command: readonly string[];
// Time to die in: the CA takes a while to sign.
sandboxOfEachTest({ issueDelayMs: 2500 });
beforeEach(() => {
  command = ['certonly', ...unattended(sandbox.directoryUrl), '--standalone', '--http-01-port', String(httpPort), '-d', 'example.com,www.example.com'];
});

const run = (args: readonly string[]) => runProgram(process.execPath, [binary, ...args, ...place.directories], { env: { HOME: place.folder, REQUESTS_CA_BUNDLE: join(place.folder, 'root.pem') } });
const count = (end: string) => sandbox.requests.filter(({ path, status }) => path.endsWith(end) && status < 300).length;

/** Runs the command and kills it when the CA has been asked to sign. */
async function killAfterFinalize(): Promise<void> {
  const child = spawn(process.execPath, [binary, ...command, ...place.directories], { stdio: 'ignore', env: { ...process.env, HOME: place.folder, REQUESTS_CA_BUNDLE: join(place.folder, 'root.pem') } });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const until = Date.now() + 20_000;
  while (count('/finalize') === 0 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(count('/finalize')).toBe(1);
  child.kill('SIGKILL');
  await ended;
  expect(existsSync(place.live('example.com', 'cert.pem'))).toBe(false);
}

function saved(): void {
  const certificate = new X509Certificate(readFileSync(place.live('example.com', 'cert.pem')));
  expect(certificate.checkPrivateKey(createPrivateKey(readFileSync(place.live('example.com', 'privkey.pem'))))).toBe(true);
  expect([count('/new-order'), count('/finalize')]).toEqual([1, 1]);
  expect(existsSync(join(place.folder, 'config/.certwright/pending/example.com'))).toBe(false);
}

it('N09: killed after the CA was asked to sign, `resume` fetches the certificate and orders nothing', async () => {
  await killAfterFinalize();
  const { code, stderr, stdout } = await run(['resume', '-n']);
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('Successfully received certificate.');
  saved();
});

it('N09: the same command again does so too', async () => {
  await killAfterFinalize();
  const { code, stderr } = await run(command);
  expect(code, stderr).toBe(0);
  expect(stderr).toContain('Going on with the order of an earlier run');
  saved();
});

it('an order that can no longer become a certificate is forgotten, and a new one is made', async () => {
  await killAfterFinalize();
  sandbox.setFaults({ orderInvalid: { rate: 1 } });
  await new Promise((resolve) => setTimeout(resolve, 3000));
  sandbox.setFaults({});
  const { code, stderr } = await run(command);
  expect(code, stderr).toBe(0);
  expect(existsSync(place.live('example.com', 'cert.pem'))).toBe(true);
  expect(existsSync(join(place.folder, 'config/.certwright/pending/example.com'))).toBe(false);
});
