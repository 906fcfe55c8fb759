import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { binary, makePlace, runProgram, unattended, type Ended, type Place } from './certwright.js';
import { forgetProofs } from './forget-proofs.js';
import { startPebble, type Pebble } from './pebble.js';

let pebble: Pebble;
let place: Place;
let log: string;
beforeAll(async () => {
  pebble = await startPebble({ env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0', PEBBLE_AUTHZREUSE: '0' } });
  place = makePlace({ REQUESTS_CA_BUNDLE: pebble.caPath });
  log = join(place.folder, 'calls');
});
afterAll(async () => {
  place.remove();
  await pebble.stop();
});

const script = (name: string, text: string): string => {
  const path = join(place.folder, name);
  writeFileSync(path, text, { mode: 0o755 });
  return path;
};
const setTxt = (record: string, value: string): string => `curl -sf -m 10 -d "{\\"host\\":\\"${record}.\\",\\"value\\":\\"${value}\\"}" ${pebble.challtestUrl}/set-txt`;
const clearTxt = (record: string): string => `curl -sf -m 10 -d "{\\"host\\":\\"${record}.\\"}" ${pebble.challtestUrl}/clear-txt`;
const calls = (): string[] => {
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  rmSync(log);
  return lines;
};
const renew = async (...more: string[]): Promise<Ended> => {
  await forgetProofs(pebble, place);
  return place.certwright(['renew', '-n', '--force-renewal', '--no-random-sleep-on-renew', ...more]);
};
const run = (verb: string, ...more: string[]) => place.certwright([verb, ...unattended(pebble.directoryUrl), ...more]);

it('S184: handler mode by the old names, then renewed: every command with its fields in the environment', async () => {
  const handler = script(
    'handler',
    `#!/bin/sh
echo "$1 $domain $cbot_domain" >> ${log}
case $1 in
  perform) [ "$txt_domain" = "$cbot_txt_domain" ] && ${setTxt('$txt_domain', '$cbot_validation')} && echo "$cbot_json" > ${log}.json;;
  cleanup) ${clearTxt('$txt_domain')};;
  deploy_cert) [ -f "$key_path" ] && grep -q CERTIFICATE "$cbot_fullchain_path";;
  *) echo NotImplemented; exit 1;;
esac
`,
  );
  const ended = await run('run', '-a', 'certbot-external-auth:out', '-i', 'certbot-external-auth:out', '--certbot-external-auth:out-public-ip-logging-ok', '--certbot-external-auth:out-handler', handler, '-d', 'handler.example.com');
  expect(ended.code, ended.stderr).toBe(0);
  const all = ['pre-perform  ', 'perform handler.example.com handler.example.com', 'post-perform  ', 'pre-cleanup  ', 'cleanup handler.example.com handler.example.com', 'post-cleanup  ', 'deploy_cert handler.example.com handler.example.com'].map((line) => line.trimEnd());
  expect(calls().map((line) => line.trimEnd())).toEqual(all);
  const told = JSON.parse(readFileSync(`${log}.json`, 'utf8')) as Record<string, string>;
  expect(Object.keys(told).sort()).toEqual(['cmd', 'domain', 'key_auth', 'token', 'txt_domain', 'type', 'validation']);
  expect(told).toMatchObject({ cmd: 'perform', type: 'dns-01', txt_domain: '_acme-challenge.handler.example.com' });
  expect(told['key_auth']?.split('.')[0]).toBe(told['token']);
  const renewal = readFileSync(join(place.folder, 'config/renewal/handler.example.com.conf'), 'utf8');
  for (const line of ['authenticator = out', 'installer = out', `out_handler = ${handler}`]) expect(renewal).toContain(`${line}\n`);
  const renewed = await renew('--cert-name', 'handler.example.com');
  expect(renewed.code, renewed.stderr).toBe(0);
  expect(calls().map((line) => line.trimEnd())).toEqual(all);
  // Files of another client's time: the plugin's own package name stands in them.
  const path = join(place.folder, 'config/renewal/handler.example.com.conf');
  writeFileSync(path, renewal.replace('authenticator = out', 'authenticator = certbot-external-auth:out').replace('installer = out', 'installer = certbot-external-auth:out').replace('out_handler', 'certbot_external_auth:out_handler'));
  const old = await renew('--cert-name', 'handler.example.com');
  expect(old.code, old.stderr).toBe(0);
  expect(calls().map((line) => line.trimEnd())).toEqual(all);
});

it('S184: install tells a certificate that was there before as unchanged; a handler that fails is an error in its words', async () => {
  const handler = script('install', `#!/bin/sh\necho "$1 $domain $port" >> ${log}\n`);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const install = ['install', '-n', '-i', 'out', '--out-handler', handler, '--cert-name', 'handler.example.com'];
  const planned = await place.certwright([...install, '--plan']);
  expect(`${planned.stdout}${planned.stderr}`).toContain('The certificate would be handed over by the out installer');
  expect(existsSync(log)).toBe(false);
  expect((await place.certwright(install)).code).toBe(0);
  expect(calls()).toEqual([expect.stringMatching(/^unchanged_cert handler\.example\.com \d{10}$/)]);
  const bad = script('bad', '#!/bin/sh\necho "no way in" >&2\nexit 3\n');
  const ended = await place.certwright(['install', '-n', '-i', 'out', '--out-handler', bad, '--cert-name', 'handler.example.com']);
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(/The handler ended with 3: .*bad unchanged_cert \(handler\.example\.com\)\n\s+no way in/);
});

it('what could not be handed over at a renewal is told, and handed over by the next renew that has nothing else to do; so is what a killed one had not handed over', { timeout: 60_000 }, async () => {
  const [broken, deadly] = [join(place.folder, 'broken'), join(place.folder, 'deadly')];
  // Killed while it waits for its handler: the certificate is saved, and nobody was given it.
  const handler = script(
    'sometimes',
    `#!/bin/sh
echo "$1 $domain" >> ${log}
case $1 in
  perform) ${setTxt('$txt_domain', '$validation')};;
  cleanup) ${clearTxt('$txt_domain')};;
  deploy_cert) if [ -e ${deadly} ]; then kill -9 $(cat ${deadly}); exit 1; fi; if [ -e ${broken} ]; then echo "no way in" >&2; exit 3; fi;;
  *) echo NotImplemented;;
esac
`,
  );
  const name = 'late.example.com';
  const ended = await run('run', '-a', 'out', '-i', 'out', '--out-handler', handler, '-d', name);
  expect(ended.code, ended.stderr).toBe(0);
  expect(calls()).toContain(`deploy_cert ${name}`);
  const plain = (...more: string[]) => place.certwright(['renew', '-n', '--no-random-sleep-on-renew', ...more]);
  const told = (): string[] => (existsSync(log) ? calls().filter((line) => line.includes('_cert')) : []);
  const notes = (): unknown => (JSON.parse(readFileSync(join(place.folder, 'config/.certwright/renewal-notes/table.json'), 'utf8')) as Record<string, unknown>)[name];

  writeFileSync(broken, '');
  const failing = await renew('--cert-name', name);
  expect(failing.code).toBe(1);
  expect(failing.stderr).toContain('no way in');
  expect(failing.stderr).toContain('0 renew failure(s), 0 parse failure(s), 1 installation failure(s)');
  expect(failing.stdout).toMatch(/not been given to what uses them yet; every renew tries again:\n {2}late\.example\.com: out \(since \d{4}-\d\d-\d\d\): The handler ended with 3/);
  expect(told()).toEqual([`deploy_cert ${name}`]);
  expect((await plain()).code).toBe(1);
  expect(told()).toEqual([`deploy_cert ${name}`]);
  // Without updates it waits on, and is no failure.
  const withheld = await plain('--disable-renew-updates');
  expect([withheld.code, told()]).toEqual([0, []]);
  expect(withheld.stdout).toContain('every renew tries again:\n  late.example.com: out');
  rmSync(broken);
  const mended = await plain();
  expect(mended.code, mended.stderr).toBe(0);
  expect(mended.stdout).toMatch(/had not been given to what uses them, and now are:\n {2}late\.example\.com: out/);
  expect([told(), notes()]).toEqual([[`deploy_cert ${name}`], undefined]);
  const after = await plain();
  expect([after.code, told()]).toEqual([0, []]);

  // The program itself writes its number where the handler finds it.
  const words = [process.execPath, binary, 'renew', '-n', '--no-random-sleep-on-renew', '--force-renewal', '--cert-name', name, ...place.directories];
  await runProgram('sh', ['-c', `echo $$ > ${deadly}; exec "$@"`, 'sh', ...words], { env: { HOME: place.folder, REQUESTS_CA_BUNDLE: pebble.caPath } });
  expect(existsSync(join(place.folder, `config/archive/${name}/cert3.pem`))).toBe(true);
  expect(told()).toEqual([`deploy_cert ${name}`]);
  rmSync(deadly);
  expect((await plain()).code).toBe(0);
  expect(told()).toEqual([`deploy_cert ${name}`]);
  // certbot reads the renewal files as before.
  const listed = await place.certbot(['certificates']);
  expect(listed.code, listed.stderr).toBe(0);
  expect(listed.stdout).toContain(`Certificate Name: ${name}`);
  expect(`${listed.stdout}${listed.stderr}`).not.toMatch(/invalid|parsefail/i);
});

it('S184: a hook of dehydrated, for a wildcard', async () => {
  const hook = script(
    'dehydrated',
    `#!/bin/sh
command=$1; shift
echo "$command $# $1" >> ${log}
case $command in
  deploy_challenge) ${setTxt('_acme-challenge.$1', '$3')};;
  clean_challenge) ${clearTxt('_acme-challenge.$1')};;
  deploy_cert) [ -f "$2" ] && [ -f "$3" ] && [ -f "$4" ] && [ -f "$5" ] && [ "$6" -gt 1000000000 ];;
esac
`,
  );
  const ended = await run('run', '-a', 'out', '-i', 'out', '--out-handler', hook, '--out-dehydrated-dns', '-d', '*.hook.example.com');
  expect(ended.code, ended.stderr).toBe(0);
  const all = ['deploy_challenge 3 hook.example.com', 'clean_challenge 3 hook.example.com', 'deploy_cert 6 *.hook.example.com'];
  expect(calls()).toEqual(all);
  expect((await renew('--cert-name', 'hook.example.com')).code).toBe(0);
  expect(calls()).toEqual(all);
});

it('S184: JSON lines, answered by a script with newlines; then by renew with --out-test-mode', async () => {
  // It starts the program given to it, reads its lines and answers each challenge.
  const reader = script(
    'reader',
    `#!/bin/bash
coproc RUN { exec "$@" 2>${log}.errors; }
pid=$RUN_PID
exec 5<&\${RUN[0]} 6>&\${RUN[1]}
field() { sed -n "s/.*\\"$1\\":\\"\\([^\\"]*\\)\\".*/\\1/p" <<< "$line"; }
while IFS= read -r line <&5; do
  echo "$line" >> ${log}
  [ "$(field cmd)" = perform_challenge ] || continue
  ${setTxt('$(field txt_domain)', '$(field validation)')}
  echo >&6
done
wait $pid
`,
  );
  const through = (...args: string[]) => runProgram(reader, [process.execPath, binary, ...args, ...place.directories], { env: { HOME: place.folder, REQUESTS_CA_BUNDLE: pebble.caPath } });
  const lines = (): Record<string, unknown>[] => calls().filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, unknown>);
  const told = ({ cmd, domain }: Record<string, unknown>): string => `${String(cmd)} ${String(domain)}`;
  const cmds = ['perform_challenge b', 'perform_challenge a', 'cleanup b', 'cleanup a', 'deploy_cert a', 'deploy_cert b', 'save -', 'restart -'];
  // In which order the names are proved is the CA's.
  const short = (all: Record<string, unknown>[]): string[] => [...all.slice(0, 4).sort((x, y) => (told(x) < told(y) ? 1 : -1)), ...all.slice(4)].map(({ cmd, domain }) => `${String(cmd)} ${typeof domain === 'string' ? domain.charAt(0) : '-'}`);
  const [, ...words] = unattended(pebble.directoryUrl);
  await through('run', ...words, '-a', 'certbot-external-auth:out', '-i', 'certbot-external-auth:out', '-d', 'a.json.example.com', '-d', 'b.json.example.com');
  const first = lines();
  expect(short(first), readFileSync(`${log}.errors`, 'utf8')).toEqual(cmds);
  expect(first[4]).toEqual({ cmd: 'deploy_cert', domain: 'a.json.example.com', cert_path: place.live('a.json.example.com', 'cert.pem'), key_path: place.live('a.json.example.com', 'privkey.pem'), chain_path: place.live('a.json.example.com', 'chain.pem'), fullchain_path: place.live('a.json.example.com', 'fullchain.pem'), cert_timestamp: expect.any(Number), port: expect.any(Number) });
  expect(existsSync(place.live('a.json.example.com', 'cert.pem'))).toBe(true);
  const nobody = await renew('--cert-name', 'a.json.example.com');
  expect(nobody.code).toBe(1);
  expect(`${nobody.stdout}${nobody.stderr}`).toContain('Without --out-handler nobody answers in a non-interactive run.');
  await forgetProofs(pebble, place);
  await through('renew', '-q', '--out-test-mode', '--force-renewal', '--no-random-sleep-on-renew', '--cert-name', 'a.json.example.com');
  // With -q nothing else is on standard output.
  expect(short(calls().map((line) => JSON.parse(line) as Record<string, unknown>)), readFileSync(`${log}.errors`, 'utf8')).toEqual(cmds);
  expect(existsSync(join(place.folder, 'config/archive/a.json.example.com/cert2.pem'))).toBe(true);
});

it('S12: --help and plugins tell of it', async () => {
  expect((await place.certwright(['--help', 'out'])).stdout).toContain('--certbot-external-auth:out-handler, --out-handler PROGRAM');
  expect((await place.certwright(['plugins'])).stdout).toMatch(/\* out\n.*\nInterfaces: Authenticator, Installer, Plugin/);
});
