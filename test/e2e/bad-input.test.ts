import { lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makePlace, type Place } from './certwright.js';

/** How many bad inputs of each kind. */
const RUNS = Number(process.env['CERTWRIGHT_BAD_INPUTS'] ?? 8);
const SEED = Number(process.env['CERTWRIGHT_SEED'] ?? 2026);

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

/** Everything on disk but the log. */
function snapshot(): string {
  return readdirSync(place.folder, { recursive: true, withFileTypes: true })
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.startsWith(join(place.folder, 'logs')))
    .sort()
    .map((path) => {
      const stat = lstatSync(path);
      const content = stat.isFile() ? readFileSync(path, 'base64') : stat.isSymbolicLink() ? readlinkSync(path) : '';
      return `${path} ${stat.mode.toString(8)} ${content}`;
    })
    .join('\n');
}

async function refused(args: readonly string[], env: Record<string, string> = {}): Promise<void> {
  const { code, signal, stdout, stderr } = await place.certwright(args, { env, timeout: 20_000 });
  const said = `${JSON.stringify(args)}\n${stdout}\n${stderr}`;
  expect(signal, said).toBeNull();
  expect([1, 2], said).toContain(code);
  expect(`${stdout}${stderr}`, said).not.toMatch(/^\s+at .*[:(]\d+:\d+|node:internal|TypeError|RangeError|SyntaxError|ReferenceError|unexpected happened/m);
  expect(stderr.trim().length, said).toBeGreaterThan(10);
  expect(stderr, said).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
}

async function campaign<T>(inputs: fc.Arbitrary<T>, check: (input: T) => Promise<void>): Promise<void> {
  expect((await place.certwright(['certificates'])).code).toBe(0);
  const before = snapshot();
  await fc.assert(
    fc.asyncProperty(inputs, async (input) => {
      await check(input);
      expect(snapshot()).toBe(before);
    }),
    { numRuns: RUNS, seed: SEED, endOnFailure: true },
  );
}

const CERTONLY = ['certonly', '-n', '--standalone', '--agree-tos', '-m', 'admin@example.com', '--server', 'https://127.0.0.1:9/dir'];
const junk = fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }).filter((text) => !text.includes('\u0000'));
const word = fc.stringMatching(/^[a-z]{3,12}$/);

const badArguments = fc.oneof(
  word.map((flag) => ['certonly', `--zz-${flag}`]),
  word.map((verb) => [`zz${verb}`]),
  fc.constantFrom('--http-01-port', '--rsa-key-size', '--max-log-backups', '--https-port', '--issuance-timeout').chain((flag) => fc.constantFrom('x', '-5', '99999999999', '', '1e3', '0x10').map((value) => [...CERTONLY, '-d', 'example.com', `${flag}=${value}`])).filter(([, , , , , , , , , , last]) => !/issuance-timeout=9|max-log-backups=9/.test(last ?? '')),
  fc.constantFrom('--key-type', '--elliptic-curve', '--preferred-challenges', '--authenticator', '--eab-hmac-alg').chain((flag) => word.map((value) => [...CERTONLY, '-d', 'example.com', flag, `zz${value}`])),
  fc.constantFrom('-d', '--email', '--server', '--cert-name', '--config', '-w').map((flag) => ['certonly', flag]),
  fc.constantFrom(['certonly', '-n'], ['certonly', '-n', '--standalone', '-d', 'example.com'], ['certonly', '-n', '--webroot', '-d', 'example.com', '--agree-tos', '-m', 'a@example.com'], ['--quiet', '--force-interactive', 'certonly'], ['certonly', '--csr', '/nonexistent.csr', '-n', '--standalone'], ['certonly', '--webroot-map', '{"a":']),
  junk.filter((text) => !text.startsWith('-')).map((text) => [text]),
);

const badNames = fc.oneof(
  fc.constantFrom('exa mple..com', '-a.example.com', 'a-.example.com', '*', '*.*.example.com', 'a.*.example.com', 'localhost', 'under_score.example.com', 'https://example.com/', 'me@example.com', '256.256.256.256', '.example.com', 'example..com', `${'a'.repeat(64)}.example.com`, `${'abcdefgh.'.repeat(32)}example.com`, '[::1', '1.2.3'),
  junk.map((text) => `${text.replaceAll(',', '').trim()}_.example.com`),
);

const badConfig = fc.oneof(
  word.map((key) => `zz-${key} = 1\n`),
  fc.constantFrom('http-01-port = x\n', 'key-type = dsa\n', 'rsa-key-size = 12\n', 'rsa-key-size\n', 'domains = bad_name.example.com\n', 'agree-tos = maybe\n', 'authenticator = nobody\n'),
  junk.map((text) => `${text.replace(/[\n\r#;]/g, '')}zz = \u001b[31m\n`),
);

const badRenewal = fc.oneof(
  fc.constantFrom('', 'version = 1\n', '[renewalparams\n', '[[x]]\n', 'cert = /a\nprivkey = /b\n', "cert = '''never closed\n", '[renewalparams]\nauthenticator = standalone\n', '[renewalparams]\nx = "a\n', '= 5\n', 'cert /a\n', '[a]\n[a]\n'),
  junk.map((text) => `cert = ${text}\n`),
);

const many = { timeout: 120_000 + RUNS * 2500 };

it(`N07: ${RUNS} bad argument lists`, many, () => campaign(badArguments, (args) => refused(args)));

it(`N07: ${RUNS} bad names, each named in the message`, many, () =>
  campaign(badNames, (name) => refused([...CERTONLY, '-d', `fine.example.com,${name.replaceAll(',', '')}`])));

it(`N07: ${RUNS} bad cli.ini files, each named in the message`, many, async () => {
  const folder = join(place.folder, 'ini');
  mkdirSync(join(folder, 'letsencrypt'), { recursive: true });
  const path = join(folder, 'letsencrypt', 'cli.ini');
  for (const text of fc.sample(badConfig, { numRuns: RUNS, seed: SEED })) {
    writeFileSync(path, text);
    const { stdout, stderr } = await place.certwright(['certificates'], { env: { XDG_CONFIG_HOME: folder } });
    expect(`${stdout}${stderr}`, JSON.stringify(text)).not.toMatch(/^\s+at /m);
    await refused(['certonly', '-n', '--standalone', '-d', 'example.com'], { XDG_CONFIG_HOME: folder });
  }
});

it(`N07: ${RUNS} bad renewal files: the certificate is refused, not overwritten`, many, async () => {
  expect((await place.certwright(['certificates'])).code).toBe(0);
  const path = join(place.folder, 'config', 'renewal', 'example.com.conf');
  for (const text of fc.sample(badRenewal, { numRuns: RUNS, seed: SEED })) {
    writeFileSync(path, text);
    const before = snapshot();
    await refused([...CERTONLY, '--cert-name', 'example.com', '-d', 'example.com', '--force-renewal']);
    expect(snapshot()).toBe(before);
    const listed = await place.certwright(['certificates']);
    expect(`${listed.stdout}${listed.stderr}`).toContain('example.com.conf');
    expect(`${listed.stdout}${listed.stderr}`).not.toMatch(/^\s+at /m);
  }
});
