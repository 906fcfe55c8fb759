import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../system/atomic-file.js';
import type { Directories } from './paths.js';

/** A CRL that an earlier run fetched from this address, and when (milliseconds since 1970); null when there is none. Nothing vouches for the bytes. */
export function readCachedCrl(dirs: Directories, url: string): { bytes: Buffer; fetched: number } | null {
  const path = pathOf(dirs, url);
  try {
    return { bytes: readFileSync(path), fetched: statSync(path).mtimeMs };
  } catch {
    return null;
  }
}

/** Keeps a CRL below the work directory for later runs. Throws PermissionMissing. */
export function cacheCrl(dirs: Directories, url: string, bytes: Buffer): void {
  mkdirSync(join(dirs.work, 'crls'), { recursive: true, mode: 0o755 });
  writeFileAtomic(pathOf(dirs, url), bytes, { mode: 0o644 });
}

function pathOf({ work }: Directories, url: string): string {
  return join(work, 'crls', `${createHash('sha256').update(url).digest('hex').slice(0, 32)}.crl`);
}
