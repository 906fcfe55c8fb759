import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeJournal, type Journal, type Pems } from '../../src/store/journal.js';
import { newLinks } from '../../src/store/lineage.js';
import { archiveFolder, kinds, type Directories } from '../../src/store/paths.js';
import { recover } from '../../src/store/recover.js';
import { saveNewLineage, saveNewVersion } from '../../src/store/save.js';
import { nativeFiles } from '../../src/store/switch-native.js';
import { makePems } from './certificates.js';
import { liveVersion, makeTree } from './tree.js';

const NAME = 'example.com';
const PARAMS = { server: 'https://ca.test/dir', key_type: 'ecdsa', authenticator: 'standalone' };

let root: string;
let dirs: Directories;
beforeEach(async () => {
  ({ root, dirs } = makeTree());
  await saveNewLineage(dirs, { name: NAME, mayChange: false }, makePems(NAME), PARAMS);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const at = (...parts: string[]) => join(dirs.config, ...parts);
const live = (...parts: string[]) => at('live', NAME, ...parts);
const archive = (file: string) => at('archive', NAME, file);
const put = (version: number, pems: Pems) => kinds.forEach((kind) => writeFileSync(archive(`${kind}${version}.pem`), pems[kind], { mode: 0o600 }));
const point = (kind: string, version: number, link = live(`${kind}.pem`)) => {
  rmSync(link, { force: true });
  symlinkSync(`../../archive/${NAME}/${kind}${version}.pem`, link);
};
const whats = async () => (await recover(dirs)).map(({ what }) => what);

it('has nothing to say about a tree in order, or one that is empty', async () => {
  expect(await recover(dirs)).toEqual([]);
  rmSync(dirs.config, { recursive: true });
  expect(await recover(dirs)).toEqual([]);
});

const journal = (version: number, pems: Pems, more: Partial<Journal> = {}): Journal => ({
  kind: 'version',
  name: NAME,
  wished: NAME,
  version,
  archiveFolder: archiveFolder(dirs, NAME),
  links: newLinks(dirs, NAME),
  folder: lstatSync(live()).ino,
  pems,
  params: PARAMS,
  ...more,
});

describe('what certbot leaves', () => {
  it('F16: a version that was never linked comes into use', async () => {
    put(2, makePems(NAME));
    expect(await whats()).toEqual(['found a new certificate in the archive that was not linked to in live; fixed']);
    expect(liveVersion(dirs, NAME)).toBe(2);
    expect(await recover(dirs)).toEqual([]);
  });

  it('F16: links of two versions become those of the newer', async () => {
    put(2, makePems(NAME));
    point('privkey', 2);
    point('cert', 2);
    await recover(dirs);
    expect(liveVersion(dirs, NAME)).toBe(2);
  });

  it.each([
    ['cut short', () => truncateSync(archive('fullchain2.pem'), 100)],
    ['with a key of another', () => writeFileSync(archive('privkey2.pem'), makePems(NAME).privkey)],
    ['without a chain', () => rmSync(archive('chain2.pem'))],
  ])('a version %s never comes into use', async (_what, spoil) => {
    put(2, makePems(NAME));
    spoil();
    expect(await recover(dirs)).toEqual([]);
    expect(liveVersion(dirs, NAME)).toBe(1);
  });

  it('F17: stopped while it changed the links: the newest whole version is in use, nothing is left over', async () => {
    put(2, makePems(NAME));
    for (const kind of kinds) point(kind, 1, live(`previous_${kind}.pem`));
    point('cert', 2);
    rmSync(live('privkey.pem'));
    await recover(dirs);
    expect(liveVersion(dirs, NAME)).toBe(2);
    expect(readdirSync(live()).sort()).toEqual(['README', 'cert.pem', 'chain.pem', 'fullchain.pem', 'privkey.pem']);
    expect(await recover(dirs)).toEqual([]);
  });

  it('F17: rolls back when the newer version is not whole', async () => {
    put(2, makePems(NAME));
    truncateSync(archive('fullchain2.pem'), 100);
    for (const kind of kinds) point(kind, 1, live(`previous_${kind}.pem`));
    for (const kind of kinds) point(kind, 2);
    expect(await whats()).toEqual(['certbot was stopped while it changed the links; they lead to the version before again']);
    expect(liveVersion(dirs, NAME)).toBe(1);
    expect(readdirSync(live()).filter((entry) => entry.startsWith('previous_'))).toEqual([]);
    expect(await recover(dirs)).toEqual([]);
  });

  it('F17: some of the four are only removed', async () => {
    await saveNewVersion(dirs, NAME, makePems(NAME), PARAMS);
    for (const kind of ['cert', 'chain']) point(kind, 1, live(`previous_${kind}.pem`));
    expect(await whats()).toEqual(['removed: links of a change that certbot had finished or not begun']);
    expect(liveVersion(dirs, NAME)).toBe(2);
    expect(readdirSync(live())).not.toContain('previous_cert.pem');
  });

  it('a renewal file that was not finished goes', async () => {
    writeFileSync(at('renewal', `${NAME}.conf.new`), 'half');
    expect(await recover(dirs)).toEqual([{ what: 'removed: a renewal file that was not finished', path: at('renewal', `${NAME}.conf.new`) }]);
    expect(readdirSync(at('renewal'))).toEqual([`${NAME}.conf`]);
  });

  it('a lineage whose renewal file is broken is left as it is', async () => {
    put(2, makePems(NAME));
    writeFileSync(at('renewal', `${NAME}.conf`), '');
    expect(await recover(dirs)).toEqual([]);
    expect(liveVersion(dirs, NAME)).toBe(1);
  });

  it('links elsewhere than in live/NAME are found through the renewal file', async () => {
    mkdirSync(at('servers'));
    renameSync(live(), at('servers', NAME));
    const path = at('renewal', `${NAME}.conf`);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('/live/', '/servers/'));
    put(2, makePems(NAME));
    await recover(dirs);
    expect(readlinkSync(at('servers', NAME, 'privkey.pem'))).toBe(`../../archive/${NAME}/privkey2.pem`);
    expect(existsSync(live())).toBe(false);
  });
});

describe('what we leave', () => {
  it('a save that was begun is finished', async () => {
    const pems = makePems(NAME);
    await writeJournal(dirs, journal(2, pems));
    writeFileSync(archive('.cert2.pem.000000000000.certwright-tmp'), 'half');
    expect(await whats()).toEqual(['an earlier run was stopped while it saved this certificate; finished']);
    expect(liveVersion(dirs, NAME)).toBe(2);
    expect(readFileSync(live('fullchain.pem'), 'utf8')).toBe(pems.fullchain);
    expect(readdirSync(at('archive', NAME)).filter((file) => file.startsWith('.'))).toEqual([]);
  });

  it('certbot saved another version meanwhile: that stays in use', async () => {
    await writeJournal(dirs, journal(2, makePems(NAME)));
    const theirs = makePems(NAME);
    put(2, theirs);
    for (const kind of kinds) point(kind, 2);
    expect(await whats()).toEqual(['an earlier run was stopped while it saved this certificate; a newer version was saved since, so nothing was changed']);
    expect(liveVersion(dirs, NAME)).toBe(2);
    expect(readFileSync(live('cert.pem'), 'utf8')).toBe(theirs.cert);
    expect(await recover(dirs)).toEqual([]);
  });

  it('certbot deleted the lineage meanwhile: it stays deleted', async () => {
    await writeJournal(dirs, journal(2, makePems(NAME)));
    for (const path of [at('renewal', `${NAME}.conf`), live(), at('archive', NAME)]) rmSync(path, { recursive: true });
    expect(await whats()).toEqual(['an earlier run was stopped while it saved this certificate; it was deleted since, so nothing was changed']);
    expect(existsSync(live())).toBe(false);
    expect(existsSync(at('archive', NAME))).toBe(false);
  });

  it.skipIf(nativeFiles() === null)('stopped between the two exchanges: the true folder comes back with what is in it', async () => {
    const pems = makePems(NAME);
    mkdirSync(live('old'));
    writeFileSync(live('old', 'note'), 'text');
    const inode = lstatSync(live()).ino;
    await writeJournal(dirs, journal(2, pems));
    put(2, pems);
    // By hand: the stand-in is in place, and somebody put a file into it.
    const standIn = at('live', `.${NAME}.new`);
    mkdirSync(standIn);
    for (const kind of kinds) symlinkSync(`../../archive/${NAME}/${kind}2.pem`, join(standIn, `${kind}.pem`));
    symlinkSync(`../.${NAME}.new/old`, join(standIn, 'old'));
    writeFileSync(join(standIn, 'README'), readFileSync(live('README')));
    nativeFiles()?.swapSync(live(), standIn);
    writeFileSync(live('new.pem'), 'put here meanwhile');
    expect(readFileSync(live('old', 'note'), 'utf8')).toBe('text');
    await recover(dirs);
    expect(lstatSync(live()).ino).toBe(inode);
    expect(liveVersion(dirs, NAME)).toBe(2);
    expect(readFileSync(live('old', 'note'), 'utf8')).toBe('text');
    expect(readFileSync(live('new.pem'), 'utf8')).toBe('put here meanwhile');
    expect(readdirSync(at('live')).sort()).toEqual(['README', NAME]);
  });

  it.skipIf(nativeFiles() === null)('a backup taken between the two exchanges is mended', async () => {
    const pems = makePems(NAME);
    mkdirSync(live('old'));
    writeFileSync(live('old', 'note'), 'text');
    await writeJournal(dirs, journal(2, pems, { folder: 1 }));
    put(2, pems);
    const standIn = at('live', `.${NAME}.new`);
    cpSync(live(), standIn, { recursive: true, verbatimSymlinks: true });
    rmSync(live('old'), { recursive: true });
    symlinkSync(`../.${NAME}.new/old`, live('old'));
    await recover(dirs);
    expect(readFileSync(live('old', 'note'), 'utf8')).toBe('text');
    expect(lstatSync(live('old')).isDirectory()).toBe(true);
    expect(liveVersion(dirs, NAME)).toBe(2);
    expect(existsSync(standIn)).toBe(false);
  });

  it('a journal that cannot be read is told and stays; others are finished', async () => {
    await writeJournal(dirs, journal(2, makePems(NAME)));
    writeFileSync(at('.certwright', 'journal', 'broken.example.json'), '{');
    const told = await recover(dirs);
    expect(told.map(({ path }) => path)).toEqual([at('.certwright', 'journal', 'broken.example.json'), at('.certwright', 'journal', `${NAME}.json`)]);
    expect(told[0]?.what).toContain('cannot be read');
    expect(liveVersion(dirs, NAME)).toBe(2);
  });

  it('a save that comes before recovery finishes the earlier one first', async () => {
    const pems = makePems(NAME);
    await writeJournal(dirs, journal(2, pems));
    expect((await saveNewVersion(dirs, NAME, makePems(NAME), PARAMS)).version).toBe(3);
    expect(readFileSync(archive('cert2.pem'), 'utf8')).toBe(pems.cert);
    expect(liveVersion(dirs, NAME)).toBe(3);
  });
});
