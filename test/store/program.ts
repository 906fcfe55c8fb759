import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/** A program of its own, for tests that must kill it: `source` (TypeScript, paths from the repository's root) as one file in `folder`. */
export async function makeProgram(folder: string, source: string): Promise<string> {
  const root = new URL('../..', import.meta.url).pathname;
  const outfile = join(folder, 'program.mjs');
  await build({ stdin: { contents: source, resolveDir: root, loader: 'ts' }, bundle: true, platform: 'node', format: 'esm', outfile, logLevel: 'silent' });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return outfile;
}
