import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Directories } from './paths.js';

/** Where passwords stand that were typed for an export and that renewals need again. */
export function exportPasswords({ config }: Pick<Directories, 'config'>): string {
  return join(config, 'export-passwords');
}

/** Removes the password of an export that is no longer repeated, when it is one that we kept; any other source is not ours. */
export function removeKeptPassword(dirs: Directories, source: string | undefined): void {
  const path = source?.startsWith('file:') === true ? source.slice('file:'.length) : '';
  if (dirname(path) === exportPasswords(dirs)) rmSync(path, { force: true });
}
