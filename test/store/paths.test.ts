import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ensureDirectories } from '../../src/store/paths.js';

let root: string;
let umask: number;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'paths-'));
  umask = process.umask();
});
afterEach(() => {
  process.umask(umask);
  rmSync(root, { recursive: true, force: true });
});

const dirs = () => ({ config: join(root, 'config'), work: join(root, 'work'), logs: join(root, 'logs') });
const mode = (...path: string[]) => (statSync(join(root, ...path)).mode & 0o777).toString(8);

it.each([0o022, 0o077, 0])('F01, F03, F05, F07, F08: made with their modes, whatever the umask: %o', (mask) => {
  process.umask(mask);
  ensureDirectories(dirs(), { strict: true });
  expect(['config', 'work', 'logs', 'config/renewal', 'config/renewal-hooks/pre', 'config/renewal-hooks/deploy', 'config/renewal-hooks/post'].map((path) => mode(path))).toEqual(['755', '755', '700', '755', '755', '755', '755']);
});

it('F01: what is there stays as it is; --strict-permissions insists on mode and owner', () => {
  mkdirSync(join(root, 'config'));
  chmodSync(join(root, 'config'), 0o777);
  ensureDirectories(dirs(), { strict: false });
  expect(mode('config')).toBe('777');
  expect(() => ensureDirectories(dirs(), { strict: true })).toThrow(/config exists, but it should be owned by the user that runs this, with permissions 0755/);
});
