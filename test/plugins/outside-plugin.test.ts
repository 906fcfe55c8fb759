import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadPackage, type LoadedPackage } from '../../src/plugins/outside-plugin.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'certwright-package-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A package with one authenticator that says it can answer these. */
function load(challengeTypes: readonly unknown[]): Promise<LoadedPackage> {
  const entry = join(folder, `${challengeTypes.join('+')}.mjs`);
  writeFileSync(entry, `export const plugins = [{ name: 'own', title: 'Own', description: 'Own.', authenticator: true, challengeTypes: ${JSON.stringify(challengeTypes)}, fit: async () => ({ fits: true, reason: 'ok' }), load: async () => ({}) }];\n`);
  return loadPackage({ name: 'certwright-plugin-own', folder, entry }, { plugins: new Set(), flags: new Set() });
}

it.each(['http-01', 'dns-01', 'tls-alpn-01', 'dns-account-01', 'dns-persist-01'])('a plugin that can only answer %s is used', async (type) => {
  expect(await load([type])).toMatchObject({ plugins: [{ name: 'own', challengeTypes: [type] }], passedOver: [] });
});

it('the order of its challenges is its own; one that nobody knows is left out, and a plugin with no other is passed over', async () => {
  expect((await load(['dns-persist-01', 'dns-99', 'http-01', 'dns-persist-01', 7])).plugins[0]?.challengeTypes).toEqual(['dns-persist-01', 'http-01']);
  expect(await load(['dns-99'])).toEqual({ plugins: [], passedOver: ['The plugin package certwright-plugin-own is not used: its plugin own names no type of challenge that is known here.'] });
});
