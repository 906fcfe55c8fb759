import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { acquireLocks } from '../../src/store/lock.js';
import { unattended, type Ended } from './certwright.js';
import { httpPort, place, sandbox, sandboxOfEachTest } from './sandbox-of-test.js';

let receiver: Server;
let webhook: string;
let received: Record<string, unknown>[];
/** What the webhook answers; null = nothing at all. */
let answer: number | null;
sandboxOfEachTest();
beforeAll(async () => {
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      received.push({ method: request.method, path: request.url, ...(JSON.parse(body) as object) });
      if (answer !== null) response.writeHead(answer).end('fine');
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  webhook = `http://127.0.0.1:${(receiver.address() as { port: number }).port}/T0/secret`;
});
afterAll(async () => {
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
});
beforeEach(() => {
  received = [];
  answer = 200;
  // Stands in for a mail system: what it is given lies in the file `mail`.
  mkdirSync(join(place.folder, 'bin'));
  writeFileSync(join(place.folder, 'bin/sendmail'), `#!/bin/sh\n{ echo "args $*"; cat; } > ${join(place.folder, 'mail')}\n`);
  chmodSync(join(place.folder, 'bin/sendmail'), 0o755);
});

const run = (...args: string[]) => place.certwright(args, { env: { REQUESTS_CA_BUNDLE: join(place.folder, 'root.pem'), PATH: `${join(place.folder, 'bin')}:${process.env['PATH'] ?? ''}` } });
const certonly = (...args: string[]) => run('certonly', ...unattended(sandbox.directoryUrl), '--standalone', '--http-01-port', String(httpPort), ...args);
const renew = (...args: string[]) => run('renew', '-n', '--no-random-sleep-on-renew', ...args);
const text = (file: string): string => (existsSync(join(place.folder, file)) ? readFileSync(join(place.folder, file), 'utf8') : '');
async function fine(ended: Promise<Ended>): Promise<Ended> {
  const { code, stderr } = await ended;
  expect(code, stderr).toBe(0);
  return ended;
}

it('one digest for a whole renewal, by mail, webhook and command from cli.ini; the failure hook for each that failed (U17)', async () => {
  await fine(certonly('-d', 'good.example.com'));
  await fine(certonly('-d', 'bad.example.com,www.bad.example.com'));
  const renewal = join(place.folder, 'config/renewal/bad.example.com.conf');
  writeFileSync(renewal, readFileSync(renewal, 'utf8').replace(/^http01_port = .*$/m, `http01_port = ${httpPort + 1}`));
  const ini = join(place.folder, 'our.ini');
  const targets = ['mail:admin@example.com', webhook, `exec:cat > ${join(place.folder, 'exec')}; echo "$CERTWRIGHT_SUMMARY" >> ${join(place.folder, 'exec')}`];
  writeFileSync(ini, `notify = ${JSON.stringify(targets)}\nfailure-hook = printf '%s|' "$FAILED_DOMAINS" "$RENEWED_LINEAGE" "$CERTWRIGHT_REASON" "$RENEWED_DOMAINS" >> ${join(place.folder, 'failure')}\n`);
  const { code, stderr } = await renew('-c', ini, '--force-renewal');
  expect(code).toBe(1);
  expect(stderr).toContain('Notified mail:admin@example.com\n');
  expect(received).toHaveLength(1);
  expect(received[0]).toMatchObject({
    method: 'POST', path: '/T0/secret', schema: 1, command: 'renew', rehearsal: false, result: 'failure', failedHooks: [],
    certificates: [{ name: 'bad.example.com', state: 'failed', names: ['bad.example.com', 'www.bad.example.com'] }, { name: 'good.example.com', state: 'renewed' }],
  });
  expect(received[0]?.['summary']).toMatch(/^1 of 2 certificates could not be renewed on /);
  expect(text('mail')).toMatch(/^args -i -t\nTo: admin@example\.com\nSubject: certwright: 1 of 2 certificates could not be renewed on [^]*\nAuto-Submitted: auto-generated\n[^]*\n\n1 of 2 certificates[^]*\nNot renewed\n {2}bad\.example\.com: its certificate is valid until 20[^]*\n {4}Some challenges have failed\.\n {4}bad\.example\.com: [^]*\nRenewed\n {2}good\.example\.com\n/);
  const [json = '', summary = ''] = text('exec').trim().split('\n');
  expect(JSON.parse(json)).toMatchObject({ result: 'failure', summary });
  const [names, lineage, reason, leaked] = text('failure').split('|');
  expect([names, lineage, leaked]).toEqual(['bad.example.com www.bad.example.com', join(place.folder, 'config/live/bad.example.com'), '']);
  expect(reason).toMatch(/^Some challenges have failed\.\nbad\.example\.com: /);
  // The address of a webhook is a password: it is not in what is logged or said.
  expect(stderr).not.toContain('secret');
  const said = await renew('--notify', webhook, '--notify-on', 'always');
  expect(said.stderr).toContain(`Notified ${new URL(webhook).origin}\n`);
  expect(received[1]).toMatchObject({ result: 'nothing' });
  expect(readFileSync(join(place.folder, 'logs/letsencrypt.log'), 'utf8')).not.toContain('T0/secret');
});

it('--notify-on, a failed certonly -n, a failed hook; and what cannot be told changes nothing', async () => {
  const failed = await certonly('-d', 'bad.example.com', '--http-01-port', String(httpPort + 1), '--notify', webhook, '--failure-hook', `echo "$FAILED_DOMAINS $CERTWRIGHT_REASON" > ${join(place.folder, 'failure')}`);
  expect(failed.code).toBe(1);
  expect(received).toMatchObject([{ command: 'certonly', result: 'failure', certificates: [{ name: 'bad.example.com', state: 'failed' }] }]);
  expect(text('failure')).toMatch(/^bad\.example\.com Some challenges have failed\.\nbad\.example\.com: /);
  await fine(certonly('-d', 'good.example.com', '--deploy-hook', 'exit 5', '--disable-hook-validation', '--notify', webhook));
  expect(received[1]).toMatchObject({ result: 'failure', failedHooks: [{ kind: 'deploy-hook', command: 'exit 5', exitCode: 5, certificate: 'good.example.com' }] });
  await fine(renew('--force-renewal', '--deploy-hook', 'true', '--notify', webhook));
  await fine(renew('--force-renewal', '--notify', webhook, '--notify-on', 'renewal'));
  await fine(renew('--notify', webhook, '--notify-on', 'renewal'));
  expect(received.slice(2)).toMatchObject([{ result: 'renewal', certificates: [{ state: 'renewed' }] }]);
  answer = 404;
  const { stderr } = await fine(renew('--notify-on', 'always', '--notify', webhook, '--notify', 'http://127.0.0.1:9/x', '--notify', 'exec:echo no >&2; exit 6', '--notify', `file:${join(place.folder, 'none')}`));
  expect(stderr).toContain(`The notification to ${new URL(webhook).origin} could not be sent: it answered with status 404\n`);
  expect(stderr).toContain('The notification to http://127.0.0.1:9 could not be sent: connect ECONNREFUSED');
  expect(stderr).toContain('could not be sent: error code 6: no\n');
  expect(stderr).toContain('there is no such file');
  expect((await renew('--notify', 'http://example.com/')).code).toBe(2);
});

it('U17: a renew that ends before it comes to any certificate is told too: nothing of that name, another program at work', async () => {
  expect((await renew('--cert-name', 'nobody.example.com', '--notify', webhook)).code).toBe(1);
  mkdirSync(join(place.folder, 'config'), { recursive: true });
  const lock = await acquireLocks([join(place.folder, 'config')], { waitSeconds: 0 });
  expect((await renew('--notify', webhook)).code).toBe(1);
  expect((await run('certificates', '--notify', webhook)).code).toBe(1);
  await lock.release();
  expect(received).toMatchObject([
    { command: 'renew', result: 'failure', certificates: [], reason: expect.stringContaining('No certificate found with name nobody.example.com') as string },
    { command: 'renew', result: 'failure', certificates: [], reason: expect.stringContaining('Another instance') as string },
  ]);
  expect(received[0]?.['summary']).toMatch(/^renew ended early on /);
});
