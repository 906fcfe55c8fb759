import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { binary, runProgram, unattended } from './certwright.js';
import { httpPort, place, sandbox, sandboxOfEachTest } from './sandbox-of-test.js';

const DAY = 86_400_000;
sandboxOfEachTest();

interface Outcome {
  name: string;
  state: string;
  because?: string;
  next?: { at: string; by: string } | null;
}
const run = (...args: string[]) => runProgram(process.execPath, [binary, ...args, ...place.directories], { env: { HOME: place.folder, REQUESTS_CA_BUNDLE: join(place.folder, 'root.pem') } });
const obtain = async (name: string) => expect((await run('certonly', ...unattended(sandbox.directoryUrl), '--standalone', '--http-01-port', String(httpPort), '-d', name)).code).toBe(0);
const conf = (name: string) => join(place.folder, 'config/renewal', `${name}.conf`);
const edit = (name: string, change: (text: string) => string) => writeFileSync(conf(name), change(readFileSync(conf(name), 'utf8')));
const forgetRetryAfter = (name: string) => edit(name, (text) => text.replace(/^ari_retry_after = .*$/m, 'ari_retry_after = 2020-01-01T00:00:00'));

/** Outcomes by name, and how often the CA was asked for renewal information. */
async function renew(...args: string[]): Promise<{ by: Record<string, Outcome>; asked: number; stderr: string }> {
  const before = sandbox.requests.length;
  const { code, stdout, stderr } = await run('renew', '-n', '--no-random-sleep-on-renew', '--json', ...args);
  expect(code, stdout + stderr).toBe(0);
  const events = stdout.trim().split('\n').map((line) => JSON.parse(line) as { type: string; message?: string; outcomes?: Outcome[] });
  const outcomes = events.find(({ type }) => type === 'renewals')?.outcomes ?? [];
  return {
    by: Object.fromEntries(outcomes.map((outcome) => [outcome.name, outcome])),
    asked: sandbox.requests.slice(before).filter(({ path }) => path.includes('renewal-info')).length,
    stderr: events.flatMap(({ type, message }) => (type === 'log' ? (message ?? '') : [])).join('\n'),
  };
}

it('C04, T12: the moment is drawn once, Retry-After is kept, and nobody is asked in vain', async () => {
  const [a, b] = ['a.example.com', 'b.example.com'];
  for (const name of [a, b]) await obtain(name);
  sandbox.setRenewalWindow({ start: Date.now() + DAY, end: Date.now() + 30 * DAY });

  // Not for a rehearsal, nor with --force-renewal, nor for autorenew = False.
  edit(b, (text) => text.replace('[renewalparams]', '[renewalparams]\nautorenew = False'));
  expect((await renew('--dry-run', '--cert-name', a)).asked).toBe(0);
  const first = await renew();
  expect(first.asked).toBe(1);
  expect(first.by[a]).toMatchObject({ state: 'not-due', next: { by: 'advised' } });
  expect(first.by[b]).toMatchObject({ state: 'not-due', next: null });
  expect(readFileSync(conf(a), 'utf8')).toMatch(/\[acme_renewal_info\]\nari_retry_after = \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\n/);

  // Before Retry-After is over nobody is asked, after it the same window gives the same moment.
  const second = await renew();
  expect([second.asked, second.by[a]?.next]).toEqual([0, first.by[a]?.next]);
  forgetRetryAfter(a);
  const third = await renew();
  expect([third.asked, third.by[a]?.next]).toEqual([1, first.by[a]?.next]);

  // Another window, another moment; when it has passed it is renewed, although the CA need not be asked yet.
  const end = Date.now() + 6000;
  sandbox.setRenewalWindow({ start: end - 100, end });
  forgetRetryAfter(a);
  const fourth = await renew();
  expect(fourth.by[a]?.next?.at).not.toBe(first.by[a]?.next?.at);
  // Until it has passed.
  await new Promise((resolve) => setTimeout(resolve, end + 1000 - Date.now()));
  const fifth = await renew();
  expect(fifth.by[a]).toMatchObject({ state: 'renewed', because: 'advised' });
  expect(fifth.asked).toBe(0);

  // What its dates make due is not asked about; a CA that cannot be reached is a warning and no failure.
  forgetRetryAfter(a);
  edit(a, (text) => `renew_before_expiry = 400 days\n${text}`);
  expect(await renew()).toMatchObject({ asked: 0, by: { [a]: { state: 'renewed', because: 'date' } } });
  edit(a, (text) => text.replace(/^renew_before_expiry.*\n/, '').replace(/^server = .*$/m, 'server = https://127.0.0.1:9/directory'));
  const offline = await renew();
  expect([offline.by[a]?.state, offline.asked]).toEqual(['not-due', 0]);
  expect(offline.stderr).toContain(`Renewal information for ${a} could not be had`);
});
