import { cpSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLineageIndex, writeLineageIndex } from '../../src/store/lineage-index.js';
import { listLineages, type Lineage } from '../../src/store/lineage.js';
import type { Directories } from '../../src/store/paths.js';
import { recover } from '../../src/store/recover.js';
import { saveNewLineage, saveNewVersion } from '../../src/store/save.js';
import { makePems } from './certificates.js';
import { makeTree } from './tree.js';

const NAME = 'example.com';
const PARAMS = { server: 'https://ca.test/dir', key_type: 'ecdsa', authenticator: 'standalone' };
const LATER = 10_000;

let root: string;
let dirs: Directories;
beforeEach(async () => {
  ({ root, dirs } = makeTree());
  await saveNewLineage(dirs, { name: NAME, mayChange: false }, makePems(NAME), PARAMS);
  await saveNewLineage(dirs, { name: 'other.example', mayChange: false }, makePems('other.example'), PARAMS);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const at = (...parts: string[]): string => join(dirs.config, ...parts);
const indexFile = (): string => at('.certwright', 'lineage-index', 'index.json');

/** What a run of `renew` does that begins then; with what recovery said. */
async function run(since = Date.now() + LATER): Promise<{ lineages: Lineage[]; told: string[] }> {
  const index = { ...openLineageIndex(dirs), since };
  const told = (await recover(dirs, index)).map(({ what }) => what);
  const { lineages } = listLineages(dirs, index);
  writeLineageIndex(index, dirs);
  return { lineages, told };
}

/** Another serial in the index than in the certificate: whoever reads the index says so. */
function markIndex(): void {
  const { entries, ...rest } = JSON.parse(readFileSync(indexFile(), 'utf8')) as { entries: Record<string, { installed: { serial: string }; renewal: { version: string } }> };
  for (const entry of Object.values(entries)) Object.assign(entry, { installed: { ...entry.installed, serial: 'index' }, renewal: { ...entry.renewal, version: 'index' } });
  writeFileSync(indexFile(), JSON.stringify({ entries, ...rest }));
}

/** By name: what was taken from the index. */
const taken = ({ lineages }: { lineages: Lineage[] }): unknown => Object.fromEntries(lineages.map(({ name, serial, renewal }) => [name, [...(serial === 'index' ? ['installed'] : []), ...(renewal.version === 'index' ? ['renewal'] : [])]]));

it('what nothing happened to is not read again, and is the same as if it were', async () => {
  const first = await run();
  expect(await run()).toEqual(first);
  expect(first.lineages).toEqual(listLineages(dirs).lineages);
  markIndex();
  expect(taken(await run())).toEqual({ [NAME]: ['installed', 'renewal'], 'other.example': ['installed', 'renewal'] });
});

it('what was changed just now is not remembered: the next change could look the same', async () => {
  await run(Date.now());
  expect(openLineageIndex(dirs).entries.size).toBe(0);
});

it('of what is changed just now only the renewal file is read again: each is when its CA was asked', async () => {
  await run();
  const path = at('renewal', `${NAME}.conf`);
  writeFileSync(path, `${readFileSync(path, 'utf8')}# a remark\n`);
  // Two seconds, less a moment, after it: nothing else was changed as late.
  const since = statSync(path).ctimeMs + 2000 - 1;
  await run(since);
  markIndex();
  expect(taken(await run(since))).toEqual({ [NAME]: ['installed'], 'other.example': ['installed', 'renewal'] });
});

describe('one lineage is read again, the other is not, when', () => {
  it.each<[string, () => void | Promise<void>, readonly string[]]>([
    ['its renewal file is edited', () => writeFileSync(at('renewal', `${NAME}.conf`), `${readFileSync(at('renewal', `${NAME}.conf`), 'utf8')}# a remark\n`), ['installed']],
    [
      'its certificate is written over, with the time and size it had',
      () => {
        const path = at('archive', NAME, 'cert1.pem');
        writeFileSync(path, readFileSync(path));
        utimesSync(path, 1, 1);
      },
      ['renewal'],
    ],
    ['another client saves a version', async () => void (await saveNewVersion(dirs, NAME, makePems(NAME), PARAMS)), ['renewal']],
    [
      'a link is changed by hand',
      () => {
        cpSync(at('archive', NAME, 'chain1.pem'), join(root, 'chain1.pem'));
        rmSync(at('live', NAME, 'chain.pem'));
        symlinkSync(join(root, 'chain1.pem'), at('live', NAME, 'chain.pem'));
      },
      ['renewal'],
    ],
  ])('%s', async (_what, change, still) => {
    await run();
    markIndex();
    await change();
    expect(taken(await run())).toEqual({ [NAME]: still, 'other.example': ['installed', 'renewal'] });
  });
});

it('recovery sees what a stopped certbot left after the index was written (F16)', async () => {
  await run();
  const pems = makePems(NAME);
  for (const kind of ['cert', 'privkey', 'chain', 'fullchain'] as const) writeFileSync(at('archive', NAME, `${kind}2.pem`), pems[kind]);
  expect(await run()).toMatchObject({ told: [expect.stringContaining('fixed')], lineages: [{ name: NAME, version: 2 }, { name: 'other.example' }] });
});

it('what recovery could not put right is told every time', async () => {
  rmSync(at('live', NAME, 'cert.pem'));
  writeFileSync(at('live', NAME, 'cert.pem'), 'no link');
  const first = await run();
  expect(first.lineages.map(({ name }) => name)).toEqual(['other.example']);
  expect(await run()).toEqual(first);
});

it('a folder that was moved, a damaged index, and a renewal file that leads elsewhere count for nothing', async () => {
  await run();
  markIndex();
  const path = at('renewal', `${NAME}.conf`);
  writeFileSync(path, readFileSync(path, 'utf8').replace(`live/${NAME}/chain.pem`, 'live/other.example/chain.pem'));
  expect(taken(await run())).toEqual({ [NAME]: [], 'other.example': ['installed', 'renewal'] });
  const moved = { ...dirs, config: join(root, 'moved') };
  renameSync(dirs.config, moved.config);
  expect(openLineageIndex(moved).entries.size).toBe(0);
  renameSync(moved.config, dirs.config);
  expect(openLineageIndex(dirs).entries.size).toBe(1);
  writeFileSync(indexFile(), '{"format":1,');
  expect(taken(await run())).toEqual({ [NAME]: [], 'other.example': [] });
});
