import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createDnsAuthenticator } from '../../../src/plugins/dns/authenticator.js';
import { route53Description } from '../../../src/plugins/dns/route53/descriptor.js';
import { context } from '../context.js';

const configDir = mkdtempSync(join(tmpdir(), 'certwright-settle-'));
afterAll(() => rmSync(configDir, { recursive: true, force: true }));

test('S49: a provider that can say when its servers have the records is asked before anything else is waited for', async () => {
  const seen: string[] = [];
  const description = {
    ...route53Description,
    create: () => Promise.resolve({ zoneOf: (name: string) => Promise.resolve({ name, id: name }), add: () => Promise.resolve(), remove: () => Promise.resolve(), settle: () => Promise.resolve(void seen.push('settled')) }),
  };
  const authenticator = createDnsAuthenticator(description);
  const world = context({ configDir, options: { dns_route53_propagation_seconds: 0 }, log: (_level, message) => void seen.push(message) });
  await authenticator.prepare?.(world);
  await authenticator.wait?.([], world);
  expect(seen).toEqual(['settled', 'Waiting 0 seconds for DNS changes to propagate']);
});
