import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { binary, runProgram } from './certwright.js';
import { place, sandbox, sandboxOfEachTest } from './sandbox-of-test.js';

const MAC = 'bWFjLWtleS1vZi10aGUtc2FuZGJveC0zMi1ieXRlcw';
sandboxOfEachTest({ requireEab: true, eabKeys: [{ kid: 'customer-17', key: MAC }] });
beforeEach(() => writeFileSync(join(place.folder, 'hmac'), `${MAC}\n`, { mode: 0o600 }));

const register = (kid: string, key: string, ...more: string[]) =>
  runProgram(process.execPath, [binary, 'register', '-n', '--agree-tos', '-m', 'a@example.com', '--server', sandbox.directoryUrl, '--eab-kid', kid, '--eab-hmac-key', key, ...more, ...place.directories], {
    env: { HOME: place.folder, REQUESTS_CA_BUNDLE: join(place.folder, 'root.pem'), CUSTOMER: 'customer-17', CREDENTIALS_DIRECTORY: place.folder },
  });

/** Everything that is on disk or was printed afterwards, the key's own file apart. */
function told(printed: string): string {
  const files = readdirSync(place.folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && entry.name !== 'hmac');
  return printed + files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8')).join('\n');
}

it.each([
  ['a file', () => `file:${place.folder}/hmac`],
  ['a command', () => `cmd:cat ${place.folder}/hmac`],
  ['a systemd credential', () => 'credential:hmac'],
])('U31: an external account is bound with a key out of %s, which is told and kept nowhere', async (_, source) => {
  const { code, stdout, stderr } = await register('env:CUSTOMER', source(), '-vvv');
  expect(code, stderr).toBe(0);
  const everything = told(stdout + stderr);
  expect(everything).toContain('/acme/acct/');
  expect(everything).not.toContain(MAC);
});

it('U31: a source without a value is named, and no account is made', async () => {
  const { code, stderr } = await register('env:NOBODY', `file:${place.folder}/hmac`);
  expect(code).toBe(1);
  expect(stderr).toContain('The value of --eab-kid cannot be had from env:NOBODY: there is nothing in it.');
  expect(sandbox.requests.filter(({ path }) => path.includes('new-acct'))).toEqual([]);
});
