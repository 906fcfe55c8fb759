import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer as createPlain, type Server } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseFaults } from '../../src/sandbox/faults.js';
import { binary, runProgram } from './certwright.js';
import { httpPort, place, sandbox, sandboxOfEachTest } from './sandbox-of-test.js';

/** How many lineages are renewed at a CA with faults. */
const COUNT = Number(process.env['CERTWRIGHT_LINEAGES'] ?? 5);
const FAULTS = `badNonce=20%,5xx=10%,drop=5%,429=5%:retry-after=1,seed=${process.env['CERTWRIGHT_SEED'] ?? 7}`;

sandboxOfEachTest();

const run = (args: readonly string[], timeout = 60_000) => runProgram(process.execPath, [binary, ...args, ...place.directories], { timeout, env: { HOME: place.folder, REQUESTS_CA_BUNDLE: join(place.folder, 'root.pem') } });
const obtain = (name: string, server = sandbox.directoryUrl) => run(['certonly', '-n', '--agree-tos', '-m', 'a@example.com', '--server', server, '--standalone', '--http-01-port', String(httpPort), '-d', name]);
const versions = (name: string) => readdirSync(join(place.folder, 'config/archive', name)).filter((file) => file.startsWith('cert')).length;

it(`${COUNT} renewals at a CA with ${FAULTS}: every one is renewed`, { timeout: 120_000 + COUNT * 8000 }, async () => {
  for (let index = 0; index < COUNT; index += 1) expect((await obtain(`line${index}.example.com`)).code).toBe(0);
  sandbox.setFaults(parseFaults(FAULTS));
  const { code, stdout, stderr } = await run(['renew', '-n', '--no-random-sleep-on-renew', '--force-renewal'], 60_000 + COUNT * 4000);
  expect(code, `${stdout}${stderr}`).toBe(0);
  for (let index = 0; index < COUNT; index += 1) expect(versions(`line${index}.example.com`)).toBe(2);
});

/** A server that takes connections and never answers, or answers rubbish. */
function strange(answer: string | null): Promise<Server & { url: string }> {
  const server = createPlain((socket) => {
    socket.on('error', () => undefined);
    if (answer !== null) socket.end(answer);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(Object.assign(server, { url: `https://127.0.0.1:${(server.address() as { port: number }).port}/dir` }))));
}

it('a CA that is down, hangs, or talks rubbish: renew ends in time, says so for each, and nothing on disk changed', { timeout: 150_000 }, async () => {
  for (const name of ['a.example.com', 'b.example.com']) expect((await obtain(name)).code).toBe(0);
  const [hanging, rubbish] = [await strange(null), await strange('HTTP/1.1 200 OK\r\n\r\nrubbish')];
  const file = (name: string) => join(place.folder, 'config/renewal', `${name}.conf`);
  const before = [readFileSync(file('a.example.com'), 'utf8'), readFileSync(file('b.example.com'), 'utf8')];
  for (const url of ['https://127.0.0.1:9/dir', rubbish.url, hanging.url]) {
    const changed = before.map((text) => text.replace(/^server = .*$/m, `server = ${url}`));
    writeFileSync(file('a.example.com'), changed[0] ?? '');
    writeFileSync(file('b.example.com'), changed[1] ?? '');
    const { code, stdout, signal } = await run(['renew', '-n', '--no-random-sleep-on-renew', '--force-renewal'], 100_000);
    expect(signal).toBeNull();
    expect(code).toBe(1);
    expect(stdout).toContain('a.example.com (failure)');
    expect(stdout).toContain('b.example.com (failure)');
    expect([readFileSync(file('a.example.com'), 'utf8'), readFileSync(file('b.example.com'), 'utf8')]).toEqual(changed);
    expect([versions('a.example.com'), versions('b.example.com')]).toEqual([1, 1]);
  }
  hanging.close();
  rubbish.close();
});
