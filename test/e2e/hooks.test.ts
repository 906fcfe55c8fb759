import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { unattended, type Ended } from './certwright.js';
import { httpPort, place, sandbox, sandboxOfEachTest } from './sandbox-of-test.js';

sandboxOfEachTest();

// As if certwright itself ran in a hook: nothing of this may be seen by its own hooks (T07).
const LEAKS = { RENEWED_DOMAINS: 'leak', RENEWED_LINEAGE: 'leak', FAILED_DOMAINS: 'leak', CERTBOT_AUTH_OUTPUT: 'leak' };
const run = (...args: string[]) => place.certwright(args, { env: { ...LEAKS, REQUESTS_CA_BUNDLE: join(place.folder, 'root.pem') } });
const certonly = (...args: string[]) => run('certonly', ...unattended(sandbox.directoryUrl), '--standalone', '--http-01-port', String(httpPort), ...args);
const renew = (...args: string[]) => run('renew', '-n', '--no-random-sleep-on-renew', ...args);
const log = () => join(place.folder, 'log');
const logged = (): string[] => (existsSync(log()) ? readFileSync(log(), 'utf8').trim().split('\n') : []);
const live = (name: string) => join(place.folder, 'config/live', name);
const queues = (): string[] => (existsSync(join(place.folder, 'config/.certwright/deploys')) ? readdirSync(join(place.folder, 'config/.certwright/deploys')) : []);
async function fine(ended: Promise<Ended>): Promise<Ended> {
  const { code, stderr } = await ended;
  expect(code, stderr).toBe(0);
  return ended;
}
function hookFile(kind: string, name: string, body: string): string {
  const folder = join(place.folder, 'config/renewal-hooks', kind);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return join(folder, name);
}
function events(stdout: string, type: string): Record<string, unknown>[] {
  return stdout.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>).filter((event) => event['type'] === type);
}

it('certonly: directory hooks first, each with its own variables and nothing on stdin; output where certbot has it (S84–S92, C22–C24, F54, T07)', async () => {
  const vars = 'echo "$0 [$RENEWED_DOMAINS] [$FAILED_DOMAINS] [$RENEWED_LINEAGE] [$(cat)]" | sed "s|.*renewal-hooks/||"';
  for (const kind of ['pre', 'deploy', 'post']) for (const name of ['b', 'a', 'c~']) hookFile(kind, name, `${vars} >> ${log()}`);
  const own = join(place.folder, 'config/renewal-hooks/post/a');
  const { stdout, stderr } = await fine(certonly('-d', 'example.com,www.example.com', '--pre-hook', 'echo out; echo err >&2; exit 3', '--post-hook', own));
  const path = live('example.com');
  expect(logged()).toEqual([
    'pre/a [] [] [] []', 'pre/b [] [] [] []',
    `deploy/a [example.com www.example.com] [] [${path}] []`, `deploy/b [example.com www.example.com] [] [${path}] []`,
    'post/a [example.com www.example.com] [] [] []', 'post/b [example.com www.example.com] [] [] []',
  ]);
  expect(stdout).toContain("Hook 'pre-hook' ran with output:\n out\n");
  expect(stderr).toContain("Hook 'pre-hook' reported error code 3\nHook 'pre-hook' ran with error output:\n err\n");
  rmSync(log());
  // A failure: the post hooks run all the same and learn what failed; --no-directory-hooks leaves only the configured one.
  const failed = await certonly('-d', 'blocked.example.com', '--http-01-port', String(httpPort + 1), '--no-directory-hooks', '--post-hook', `echo "post [$RENEWED_DOMAINS] [$FAILED_DOMAINS]" >> ${log()}`);
  expect(failed.code).toBe(1);
  expect(logged()).toEqual(['post [] [blocked.example.com]']);
});

it('a hook that cannot run is found before anything is done; one that hangs is ended with all its children (F56, --hook-timeout)', async () => {
  const before = sandbox.requests.length;
  const { code, stderr } = await certonly('-d', 'example.com', '--deploy-hook', 'no-such-program now', '--pre-hook', `touch ${log()}`);
  expect(code).toBe(1);
  expect(stderr).toContain('Unable to find deploy-hook command no-such-program in the PATH.');
  const manual = await run('certonly', ...unattended(sandbox.directoryUrl), '--manual', '--manual-auth-hook', '/nonexistent/x', '--pre-hook', `touch ${log()}`, '-d', 'example.com');
  expect(manual.stderr).toContain('Unable to find manual-auth-hook command /nonexistent/x in the PATH.');
  expect(sandbox.requests.slice(before).filter(({ path }) => path.includes('order'))).toEqual([]);
  expect(logged()).toEqual([]);
  const slow = await fine(certonly('-d', 'example.com', '--disable-hook-validation', '--hook-timeout', '1', '--deploy-hook', `(sleep 4; echo late >> ${log()}) & sleep 30`));
  expect(slow.stderr).toContain("Hook 'deploy-hook' reported error code 137\nHook 'deploy-hook' ran with error output:\n stopped after 1 s");
  await new Promise((resolve) => setTimeout(resolve, 3200));
  expect(logged()).toEqual([]);
});

it('a deploy hook that fails runs at every renew until it works, is told in JSON, and is forgotten with its certificate (U18, N26)', async () => {
  const socket = join(place.folder, 'socket');
  const command = `test -e ${socket} && echo "$RENEWED_LINEAGE $RENEWED_DOMAINS" >> ${log()}`;
  const first = await certonly('-d', 'example.com', '--deploy-hook', command, '--strict-hooks');
  expect(first.code).toBe(1);
  expect(first.stdout).toContain('Successfully received certificate.');
  expect(first.stderr).toContain('1 hook failure(s): deploy-hook test -e');
  expect((await fine(renew('--json'))).stdout).toContain('"state":"failed"');
  const strict = await renew('--json', '--strict-hooks');
  expect(strict.code).toBe(1);
  expect(events(strict.stdout, 'renewals')[0]).toMatchObject({ outcomes: [{ name: 'example.com', state: 'not-due', deploys: [{ command, state: 'failed', exitCode: 1 }] }] });
  expect((await fine(renew())).stdout).toContain(`deploy hooks have not succeeded yet; every renew runs them again:\n  example.com: ${command} (error code 1, since 20`);
  writeFileSync(socket, '');
  const done = await fine(renew('--json', '--strict-hooks'));
  expect(events(done.stdout, 'renewals')[0]).toMatchObject({ outcomes: [{ state: 'not-due', deploys: [{ state: 'done', exitCode: 0 }] }] });
  expect(logged()).toEqual([`${live('example.com')} example.com`]);
  await fine(renew());
  expect(logged()).toHaveLength(1);
  rmSync(socket);
  await fine(renew('--force-renewal'));
  expect(queues()).toEqual(['example.com.json']);
  await fine(run('delete', '-n', '--cert-name', 'example.com'));
  expect(queues()).toEqual([]);
});

it('a manual hook that fails: the challenge is not answered, the order stays good and is gone on with (T08, U11)', async () => {
  const served = join(place.folder, 'mended');
  const command = `test -e ${served} -o $CERTBOT_DOMAIN = a.example.com || { echo "no such zone" >&2; exit 7; }`;
  const attempt = (...more: string[]) => run('certonly', ...unattended(sandbox.directoryUrl), '--manual', '--manual-auth-hook', command, '--manual-cleanup-hook', `echo "cleanup $CERTBOT_DOMAIN" >> ${log()}`, '-d', 'a.example.com,b.example.com', ...more);
  const asked = () => sandbox.requests.filter(({ method, path }) => method === 'POST' && path.includes('chall')).length;
  const orders = () => sandbox.requests.filter(({ path }) => path.endsWith('new-order')).length;
  const [before, ordered] = [asked(), orders()];
  const { code, stderr } = await attempt();
  expect(code).toBe(1);
  expect(stderr).toContain('The manual-auth-hook for b.example.com reported error code 7');
  expect(stderr).toContain('  no such zone');
  expect(stderr).toContain("Hook '--manual-auth-hook' for b.example.com reported error code 7");
  expect(logged()).toEqual(['cleanup a.example.com', 'cleanup b.example.com']);
  expect(asked()).toBe(before);
  // certbot's way: the CA looks, and the authorizations are used up.
  const old = await attempt('--no-self-check');
  expect(old.stderr).toContain('The certificate authority failed to verify these names:');
  expect(asked()).toBe(before + 2);
  expect(orders()).toBe(ordered + 1);
});

it('hooks test: the real hooks with the variables of a renewal, output, exit code and time of each, and no CA (N27)', async () => {
  await fine(certonly('-d', 'example.com,www.example.com', '--deploy-hook', 'echo "deploy $RENEWED_DOMAINS in $RENEWED_LINEAGE"', '--post-hook', 'head -c 10000000 /dev/zero | tr "\\0" "x"; exit 4'));
  const plain = hookFile('deploy', 'plain', 'true');
  chmodSync(plain, 0o644);
  const before = sandbox.requests.length;
  const deploy = await fine(run('hooks', 'test', 'deploy'));
  expect(deploy.stdout).toMatch(/^deploy-hook {2}echo "deploy .*"\n {2}exit code 0 after \d+\.\d+ s\n {2}output\n {4}deploy example\.com www\.example\.com in \/\S+live\/example\.com\nThe hook of example\.com succeeded\.\n$/);
  expect(deploy.stderr).toContain(`${plain} is never run`);
  const all = await run('hooks', 'test', '--json', '--pre-hook', 'sleep 60', '--hook-timeout', '4');
  expect(all.code).toBe(1);
  const tested = events(all.stdout, 'hook-tested');
  expect(tested.map(({ kind, exitCode }) => [kind, exitCode])).toEqual([['pre-hook', 137], ['deploy-hook', 0], ['post-hook', 4]]);
  expect(tested[0]).toMatchObject({ stderr: 'stopped after 4 s\n' });
  expect(String(tested[2]?.['stdout']).length).toBe(1 << 20);
  expect(events(all.stdout, 'failed')[0]).toMatchObject({ code: 'hook', message: '2 of 3 hooks failed.' });
  expect(sandbox.requests.length).toBe(before);
  expect((await run('hooks', 'tset')).code).toBe(2);
  expect((await run('hooks', 'test', 'renew')).stderr).toContain("invalid choice: 'renew'");
  await fine(certonly('-d', 'other.example.com'));
  expect((await run('hooks', 'test')).stderr).toContain('There are several certificates');
});

it('kill -9 in the middle of a deploy hook: the next renew runs it; --strict-hooks counts post hooks of renew; reconfigure tries deploy hooks when asked (U18, N26, C02)', async () => {
  const killed = join(place.folder, 'killed');
  const cut = await certonly('-d', 'example.com', '--disable-hook-validation', '--deploy-hook', `test -e ${killed} && echo "$RENEWED_LINEAGE" >> ${log()} || { touch ${killed}; kill -9 $PPID; }`);
  expect(cut.signal).toBe('SIGKILL');
  expect(queues()).toEqual(['example.com.json']);
  const { code, stdout, stderr } = await renew('--post-hook', 'false', '--strict-hooks');
  // Nothing was due, so that no post hook ran.
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('No renewals were attempted.');
  expect(logged()).toEqual([live('example.com')]);
  expect(queues()).toEqual([]);
  const strict = await renew('--force-renewal', '--post-hook', 'false', '--strict-hooks');
  expect(strict.code).toBe(1);
  expect(strict.stdout).toContain('all renewals succeeded');
  expect(strict.stderr).toContain('1 hook failure(s): post-hook false');
  rmSync(log());
  const tried = `echo "$RENEWED_DOMAINS" >> ${log()}`;
  await fine(run('reconfigure', '-n', '--cert-name', 'example.com', '--deploy-hook', tried));
  expect(logged()).toEqual([]);
  await fine(run('reconfigure', '-n', '--cert-name', 'example.com', '--deploy-hook', tried, '--run-deploy-hooks'));
  expect(logged()).toEqual(['example.com']);
});

it('what is said of hooks is what certbot says, on the same streams (F54); its manual example works (S133)', async () => {
  const folder = join(place.folder, 'web/.well-known/acme-challenge');
  mkdirSync(folder, { recursive: true });
  const server = createServer((request, response) => {
    const path = join(place.folder, 'web', request.url ?? '');
    response.writeHead(existsSync(path) ? 200 : 404).end(existsSync(path) ? readFileSync(path) : '');
  });
  await new Promise<void>((resolve) => server.listen(httpPort, '127.0.0.1', resolve));
  try {
    const words = (name: string) => [
      ...unattended(sandbox.directoryUrl), '--manual', '-d', name,
      '--manual-auth-hook', `echo $CERTBOT_VALIDATION > ${folder}/$CERTBOT_TOKEN; printf 'placed %s\n  for %s\n' "[$CERTBOT_AUTH_OUTPUT]" $CERTBOT_DOMAIN`,
      '--manual-cleanup-hook', `rm -f ${folder}/$CERTBOT_TOKEN; echo "it said: $CERTBOT_AUTH_OUTPUT"; false`,
      '--pre-hook', 'echo out; echo err >&2; true', '--post-hook', 'false', '--deploy-hook', 'echo deployed',
    ];
    const ours = await fine(run('certonly', ...words('a.example.com')));
    const theirs = await fine(place.certbot(['certonly', ...words('b.example.com')], { env: { REQUESTS_CA_BUNDLE: join(place.folder, 'root.pem') } }));
    const ofHooks = (text: string): string[] => text.replaceAll('b.example.com', 'a.example.com').split('\n').filter((line) => line.startsWith('Hook') || /^ .*\b(out|err|placed|for|deployed|said)\b/.test(line));
    expect(ofHooks(ours.stdout)).toEqual(ofHooks(theirs.stdout));
    expect(ofHooks(ours.stderr)).toEqual(ofHooks(theirs.stderr));
    expect(ofHooks(ours.stdout).length).toBeGreaterThan(8);
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
