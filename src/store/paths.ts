import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PermissionMissing, StoreError } from '../core/errors.js';

/** certbot's three directories (F01, F07, F08), absolute. */
export interface Directories {
  config: string;
  work: string;
  logs: string;
}

export type Kind = 'cert' | 'privkey' | 'chain' | 'fullchain';
/** The four files of a version, in certbot's order. */
export const kinds: readonly Kind[] = ['cert', 'privkey', 'chain', 'fullchain'];

/**
 * Makes what every command needs (F01–F08): config and work 0755 whatever the umask, logs 0700, renewal and the hook folders.
 * With `strict` the three must belong to us and not be writable by others (--strict-permissions).
 * Throws PermissionMissing with the path and the ways out, StoreError for what stands in the way.
 */
export function ensureDirectories(dirs: Directories, { strict }: { strict: boolean }): void {
  make(dirs.config, 0o755);
  make(dirs.work, 0o755);
  make(dirs.logs, 0o700);
  make(join(dirs.config, 'renewal'), 0o755);
  for (const kind of ['pre', 'deploy', 'post']) make(join(dirs.config, 'renewal-hooks', kind), 0o755);
  if (!strict) return;
  for (const [path, mode] of [[dirs.config, 0o755], [dirs.work, 0o755], [dirs.logs, 0o700]] as const) {
    const { uid, mode: has } = statSync(path);
    if (uid !== process.getuid?.() || (has & 0o777) !== mode) {
      throw new StoreError(`${path} exists, but it should be owned by the user that runs this, with permissions 0${mode.toString(8)}`, { hint: 'Change its owner and mode, or leave out --strict-permissions.' });
    }
  }
}

function make(path: string, mode: number): void {
  if (existsSync(path)) return;
  try {
    const first = mkdirSync(path, { recursive: true, mode });
    if (first !== undefined) chmodSync(path, mode);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
      throw new PermissionMissing(path, 'create', {
        hint: 'Run it as root (sudo), or keep everything in your own folders with --user-dirs, or name others with --config-dir, --work-dir and --logs-dir.',
        cause: error,
      });
    }
    throw new StoreError(`${path} could not be made: ${message}`, { cause: error });
  }
}

export function archiveFolder(dirs: Directories, name: string): string {
  return join(dirs.config, 'archive', checked(name));
}

export function liveFolder(dirs: Directories, name: string): string {
  return join(dirs.config, 'live', checked(name));
}

export function renewalPath(dirs: Directories, name: string): string {
  return join(dirs.config, 'renewal', `${checked(name)}.conf`);
}

/** The name of a lineage is a file name: it must not lead elsewhere. */
function checked(name: string): string {
  if (name === '' || name === '.' || name === '..' || /[/\u0000]/.test(name)) {
    throw new StoreError(`${JSON.stringify(name)} cannot be the name of a certificate.`, { hint: 'A name is a plain file name, such as example.com.' });
  }
  return name;
}
