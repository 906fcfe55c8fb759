import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Deployment } from '../../../src/plugins/contract.js';
import { createExternalInstaller } from '../../../src/plugins/external-auth/installer.js';
import { context } from '../context.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'certwright-external-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Of an hour ago. */
function deployment(name: string, fresh: boolean): Deployment {
  const path = join(folder, `${name}.pem`);
  writeFileSync(path, '');
  utimesSync(path, Date.now() / 1000 - 3600, Date.now() / 1000 - 3600);
  return { names: [name], files: { cert: path, privkey: path, chain: path, fullchain: path }, ...(fresh ? { fresh: true } : {}) };
}

it('a certificate that the handler does not take stops none of the others; one of an earlier renewal is told as new, and only that', async () => {
  const [handler, log] = [join(folder, 'handler'), join(folder, 'log')];
  writeFileSync(handler, `#!/bin/sh\necho "$1 $domain" >> ${log}\n[ "$domain" != a.example.com ]\n`, { mode: 0o755 });
  const installer = createExternalInstaller();
  await installer.prepare(context({ options: { out_handler: handler } }));
  const given = [deployment('a.example.com', true), deployment('b.example.com', true), deployment('c.example.com', false)];
  await expect(installer.publish?.(given)).rejects.toThrow(/^The handler ended with 1: .* deploy_cert \(a\.example\.com\)/);
  expect(readFileSync(log, 'utf8').trim().split('\n')).toEqual(['deploy_cert a.example.com', 'deploy_cert b.example.com', 'unchanged_cert c.example.com']);
});
