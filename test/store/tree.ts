import { createPrivateKey, X509Certificate } from 'node:crypto';
import { lstatSync, mkdtempSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { ensureDirectories, kinds, type Directories } from '../../src/store/paths.js';

/** A configuration tree of its own below a temporary folder. */
export function makeTree(): { root: string; dirs: Directories } {
  const root = mkdtempSync(join(tmpdir(), 'store-'));
  const dirs = { config: join(root, 'config'), work: join(root, 'work'), logs: join(root, 'logs') };
  ensureDirectories(dirs, { strict: false });
  return { root, dirs };
}

/** The version that live/NAME leads to; fails unless all four are links to whole files of one version that belong together. */
export function liveVersion(dirs: Directories, name: string): number {
  const folder = join(dirs.config, 'live', name);
  const numbers = kinds.map((kind) => {
    const link = join(folder, `${kind}.pem`);
    expect(lstatSync(link).isSymbolicLink(), link).toBe(true);
    return Number(/(\d+)\.pem$/.exec(readlinkSync(link))?.[1]);
  });
  expect(new Set(numbers).size, numbers.join()).toBe(1);
  const [cert = '', privkey = '', chain = '', fullchain = ''] = kinds.map((kind) => readFileSync(join(folder, `${kind}.pem`), 'utf8'));
  expect(fullchain).toBe(cert + chain);
  expect(new X509Certificate(cert).checkPrivateKey(createPrivateKey(privkey))).toBe(true);
  return numbers[0] ?? 0;
}
