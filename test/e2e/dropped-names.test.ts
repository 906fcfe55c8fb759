import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { binary, runProgram, unattended } from './certwright.js';
import { httpPort, place, sandbox, sandboxOfEachTest } from './sandbox-of-test.js';

sandboxOfEachTest();

const run = async (...args: string[]) => {
  const ended = await runProgram(process.execPath, [binary, ...args, ...place.directories], { env: { HOME: place.folder, REQUESTS_CA_BUNDLE: join(place.folder, 'root.pem') } });
  expect(ended.code, ended.stdout + ended.stderr).toBe(0);
  return ended;
};
const renew = (...more: string[]) => run('renew', '-n', '--no-random-sleep-on-renew', '--force-renewal', ...more);
const sans = () => new X509Certificate(readFileSync(place.live('good.example.com', 'cert.pem'))).subjectAltName?.split(', ').map((name) => name.replace('DNS:', '')).sort();
const outcome = (stdout: string) => stdout.trim().split('\n').map((line) => JSON.parse(line) as { type: string; outcomes?: object[] }).find(({ type }) => type === 'renewals')?.outcomes?.[0];

it('U30: names dropped by --allow-subset-of-names are named in the summary and the events, told to hooks, and tried again by every renewal', async () => {
  const posts = join(place.folder, 'posts');
  sandbox.failName('bad.example.com', 2);
  const first = await run('certonly', ...unattended(sandbox.directoryUrl), '--standalone', '--http-01-port', String(httpPort), '-d', 'good.example.com,bad.example.com', '--allow-subset-of-names', '--post-hook', `echo "$RENEWED_DOMAINS/$FAILED_DOMAINS" >> ${posts}`);
  expect(first.stdout).toContain('Not in it: bad.example.com');
  expect(sans()).toEqual(['good.example.com']);

  // Still bad: the same again, and it is said again.
  expect((await renew()).stdout).toMatch(/not in the certificate; every renewal tries them again:\n {2}good\.example\.com: bad\.example\.com/);
  expect(outcome((await renew('--json')).stdout)).toMatchObject({ state: 'renewed', names: ['good.example.com'], dropped: ['bad.example.com'] });
  expect(sans()).toEqual(['good.example.com']);
  expect(readFileSync(posts, 'utf8').trim().split('\n')).toEqual(Array(3).fill('good.example.com/bad.example.com'));

  // The name works again: a rehearsal says so and changes nothing, the next renewal has it.
  sandbox.failName('bad.example.com', undefined);
  await renew('--dry-run');
  expect(sans()).toEqual(['good.example.com']);
  const healed = outcome((await renew('--json')).stdout);
  expect(healed).toMatchObject({ state: 'renewed', names: expect.arrayContaining(['good.example.com', 'bad.example.com']) });
  expect(healed).not.toHaveProperty('dropped');
  expect(sans()).toEqual(['bad.example.com', 'good.example.com']);

  // Left out by will is not left out by failure.
  await run('certonly', ...unattended(sandbox.directoryUrl), '--standalone', '--http-01-port', String(httpPort), '--cert-name', 'good.example.com', '-d', 'good.example.com', '--renew-with-new-domains');
  await renew();
  expect(sans()).toEqual(['good.example.com']);
});
