import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { saveNewLineage } from '../../src/store/save.js';
import { makePems } from '../store/certificates.js';
import { binary, makePlace, runProgram, top, type Place } from './certwright.js';

interface Coverage {
  result: { url: string }[];
}
interface Chunk {
  inputs: Record<string, { bytesInOutput: number }>;
}

/** What only a wizard or an order needs: screens, the way to the CA, certificate libraries, the sandbox. */
const HEAVY = /node_modules\/(?:ink|react|yoga-layout|acme-client|@peculiar|asn1js|execa|node-forge)|src\/(?:ui\/tui|sandbox)\/|src\/acme\/(?:client|session|transport|signed-requests)\.ts|src\/core\/(?:carry-out|issue)\.ts/;

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

/** The source files of everything in dist/ that a run loaded, as Node's own coverage tells it. */
async function sources(args: readonly string[], directories = place.directories): Promise<string[]> {
  const folder = join(place.folder, `loaded-${args[0]}`);
  const { code, stdout, stderr } = await runProgram(process.execPath, [binary, ...args, ...directories], { env: { HOME: place.folder, NODE_V8_COVERAGE: folder } });
  expect(code, `${stdout}${stderr}`).toBe(0);
  const chunks = JSON.parse(readFileSync(join(top, 'dist', 'meta.json'), 'utf8')) as Record<string, Chunk>;
  const urls = readdirSync(folder).flatMap((file) => (JSON.parse(readFileSync(join(folder, file), 'utf8')) as Coverage).result.map(({ url }) => url));
  return urls.flatMap((url) => Object.keys(chunks[`dist/${/\/dist\/([^/]+)$/.exec(url)?.[1] ?? ''}`]?.inputs ?? {}));
}

async function oneLineage(): Promise<void> {
  const dirs = { config: join(place.folder, 'config'), work: join(place.folder, 'work'), logs: join(place.folder, 'logs') };
  for (const folder of Object.values(dirs)) mkdirSync(folder, { recursive: true });
  await saveNewLineage(dirs, { name: 'a.example', mayChange: false }, makePems('a.example'), { authenticator: 'standalone' });
}

it.each([['--help'], ['certificates'], ['renew', '-n', '--no-random-sleep-on-renew']])('%s loads neither screens nor the way to a CA', async (...args) => {
  await oneLineage();
  const loaded = await sources(args);
  expect(loaded).toContain('src/main.ts');
  if (args[0] === 'renew') expect(loaded).toContain('src/core/commands/renew.ts');
  expect(loaded.filter((path) => HEAVY.test(path))).toEqual([]);
});

it('--version loads nothing of dist', async () => {
  expect(await sources(['--version'], [])).toEqual([]);
});
