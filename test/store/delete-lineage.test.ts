import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { deleteLineage } from '../../src/store/delete-lineage.js';
import { storeExport } from '../../src/store/export-targets.js';
import { makeTree } from './tree.js';

it('N13: a password that was kept for its exports goes with a lineage; what was exported, and passwords that are not ours, stay', () => {
  const { root, dirs } = makeTree();
  const file = (...path: string[]): string => {
    const whole = join(root, ...path);
    mkdirSync(join(whole, '..'), { recursive: true });
    writeFileSync(whole, 'x');
    return whole;
  };
  const renewal = file('config/renewal/a.conf');
  const version = ['cert', 'privkey', 'chain', 'fullchain'].map((kind) => `${kind} = ${dirs.config}/live/a/${kind}.pem\n`).join('');
  writeFileSync(renewal, `version = 2.0.0\narchive_dir = ${dirs.config}/archive/a\n${version}[renewalparams]\nserver = https://ca.example/dir\n`);
  const kept = file('config/export-passwords/0011223344556677');
  const others = [file('config/export-passwords/8899aabbccddeeff'), file('mine'), file('a.p12')];
  const target = { format: 'pkcs12', legacy: false, version: 1 } as const;
  storeExport(dirs, 'a', { ...target, path: join(root, 'a.p12'), password: `file:${kept}` });
  storeExport(dirs, 'a', { ...target, path: join(root, 'b.p12'), password: `file:${join(root, 'mine')}` });
  storeExport(dirs, 'a', { ...target, path: join(root, 'c.p12'), password: 'env:NAME' });
  deleteLineage(dirs, 'a');
  expect(existsSync(renewal)).toBe(false);
  expect(readdirSync(join(dirs.config, 'export-passwords'))).toEqual(['8899aabbccddeeff']);
  for (const path of others) expect(existsSync(path), path).toBe(true);
  rmSync(root, { recursive: true });
});
