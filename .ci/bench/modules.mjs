import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { top } from '../prepare.mjs';

/** One of our own TypeScript modules, ready to be called. */
export async function load(path) {
  const bundled = join(top, 'node_modules', `.certwright-bench-${process.pid}-${path.replaceAll(/\W/g, '-')}.mjs`);
  await build({ absWorkingDir: top, entryPoints: [path], outfile: bundled, bundle: true, platform: 'node', format: 'esm', packages: 'external', logLevel: 'error' });
  try {
    return await import(bundled);
  } finally {
    rmSync(bundled);
  }
}
