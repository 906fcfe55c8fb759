import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fakeCertificate, startFake, startProxy, type Fake } from './fakes/fake.js';
import { table, type Row } from './fakes/table.js';

/** The stand-ins are judged by clients that are not ours: what these do must be right there, so that what we do is judged by more than us. */
const judged = table.flatMap((row) => (row.judge === null ? [] : [{ ...row, judge: row.judge }]));
const fakes = new Map<string, Fake>();
let folder: string;
let proxy: Awaited<ReturnType<typeof startProxy>>;
let judge: { ask(request: unknown): Promise<{ error?: string }>; process: ChildProcess; errors: () => string };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'certwright-judges-'));
  for (const { description, behaviour } of judged) fakes.set(description.name, await startFake(behaviour, ['other.test', 'example.test', 'another.test'], { pageSize: 100 }));
  proxy = await startProxy([...fakes.values()]);
  const roots = join(folder, 'roots.pem');
  writeFileSync(roots, fakeCertificate().cert);
  judge = startJudge({ HTTPS_PROXY: proxy.address, https_proxy: proxy.address, NO_PROXY: '', REQUESTS_CA_BUNDLE: roots, AWS_CA_BUNDLE: roots, HTTPLIB2_CA_CERTS: roots, SSL_CERT_FILE: roots, AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'aws-secret-0123456789/abc', AWS_EC2_METADATA_DISABLED: 'true', HOME: folder, PYTHONWARNINGS: 'ignore' });
});
afterAll(async () => {
  judge.process.kill('SIGKILL');
  await Promise.all([proxy.stop(), ...[...fakes.values()].map((fake) => fake.stop())]);
  rmSync(folder, { recursive: true, force: true });
});

function startJudge(env: Readonly<Record<string, string>>): typeof judge {
  const child = spawn('/usr/bin/python3', [join(import.meta.dirname, 'fakes', 'judge.py')], { env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: 'pipe' });
  const waiting: ((answer: { error?: string }) => void)[] = [];
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  createInterface(child.stdout).on('line', (line) => waiting.shift()?.(JSON.parse(line) as { error?: string }));
  child.on('exit', () => waiting.splice(0).map((answer) => answer({ error: `the judge ended: ${errors}` })));
  return {
    process: child,
    errors: () => errors,
    ask: (request) =>
      new Promise((resolve) => {
        waiting.push(resolve);
        child.stdin.write(`${JSON.stringify(request)}\n`);
      }),
  };
}

function requestFor({ description, credentials, judge: by }: Row): Record<string, unknown> {
  if (by === null) return {};
  if ('lexicon' in by) return by;
  const file = join(folder, `${description.name}.ini`);
  if (credentials !== null) writeFileSync(file, `${(by.credentials ?? credentials).join('\n')}\n`);
  if (credentials !== null) chmodSync(file, 0o600);
  return { certbot: by.certbot, plugin: description.name, credentials: credentials === null ? null : file };
}

test.each(judged)('S33: the stand-in of $description.name takes what $judge does', async (row) => {
  const fake = fakes.get(row.description.name) as Fake;
  const request = { ...requestFor(row), domain: 'example.test', values: ['apex', 'wildcard'] };
  const name = '_acme-challenge.example.test';
  expect(await judge.ask({ ...request, action: 'add' })).toEqual({});
  expect(fake.txt(name)).toEqual(['apex', 'wildcard']);
  expect(await judge.ask({ ...request, action: 'remove' })).toEqual({});
  expect(fake.txt(name), judge.errors()).toEqual([]);
  expect(fake.faults).toEqual([]);
  expect(proxy.refused).toEqual([]);
}, 30_000);
