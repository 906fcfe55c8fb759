import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../../system/atomic-file.js';

/** A file that certbot and certwright keep up to date in the configuration directory until a person changes it (F57). */
export interface ReleasedFile {
  name: string;
  /** Beside it: the digest of the release that was written or told about last. */
  digestName: string;
  text: string;
  /** SHA-256 of every text that was ever released, hexadecimal. */
  released: readonly string[];
}

/** How certbot's files of TLS parameters begin. */
export const parametersHead = [
  '# This file contains important security parameters. If you modify this file',
  '# manually, Certbot will be unable to automatically provide future security',
  '# updates. Instead, Certbot will print and log an error message with a path to',
  '# the up-to-date file that you will need to refer to when manually updating',
  '# this file. Contents are based on https://ssl-config.mozilla.org',
];

/**
 * Writes the file when it is missing or is an earlier release; one that a person has changed is left alone, and that is told once for
 * each release (`say`). Throws PermissionMissing.
 */
export function keepReleased(configDir: string, file: ReleasedFile, say: (message: string) => void): string {
  const path = join(configDir, file.name);
  const digestPath = join(configDir, file.digestName);
  const current = digest(file.text);
  if (!existsSync(path)) {
    write(path, file.text);
    write(digestPath, current);
    return path;
  }
  const present = digest(readFileSync(path));
  if (present === current) return path;
  if (file.released.includes(present)) {
    write(path, file.text);
    write(digestPath, current);
  } else if (!existsSync(digestPath) || readFileSync(digestPath, 'utf8').trim() !== current) {
    say(`${path} was changed by hand, so it is not brought up to date. Move it away to get the present settings.`);
    write(digestPath, current);
  }
  return path;
}

function write(path: string, text: string): void {
  writeFileAtomic(path, text, { mode: 0o644 });
}

function digest(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex');
}
