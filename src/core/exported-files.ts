import { storedExports } from '../store/export-targets.js';
import type { Directories } from '../store/paths.js';
import type { World } from './world.js';

/** The files that renewals of these lineages write for other programs. Throws StoreError for a renewal file that cannot be read. */
export function exportedFiles(dirs: Directories, names: readonly string[]): readonly string[] {
  return names.flatMap((name) => storedExports(dirs, name).map(({ path }) => path));
}

/** After their lineages were deleted: they are not ours to remove, but hold a private key. */
export function tellExported(paths: readonly string[], { interaction }: World): void {
  if (paths.length > 0) interaction.report({ type: 'result', text: `What was exported is still there, with the private key in it: ${paths.join(', ')}` });
}
