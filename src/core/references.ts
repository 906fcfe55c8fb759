import { readdirSync, readFileSync, realpathSync, statSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { printableLine } from '../system/printable.js';

/** A line of another program's configuration that names a certificate's files. */
export interface Reference {
  path: string;
  /** From 1. */
  line: number;
  text: string;
}

/** Where servers that use certificates keep their configuration. */
const TREES = ['etc/nginx', 'usr/local/etc/nginx', 'etc/apache2', 'etc/httpd', 'etc/haproxy', 'etc/varnish', 'etc/lighttpd', 'etc/caddy', 'etc/postfix', 'etc/dovecot', 'etc/exim4', 'etc/mysql', 'etc/postgresql', 'etc/prosody', 'etc/ejabberd', 'etc/pure-ftpd', 'etc/vsftpd.conf', 'etc/proftpd'];
/** A configuration is not longer, and there are not more of them: what follows is left out. */
const LARGEST = 1 << 20;
const MOST_FILES = 50_000;

/**
 * The lines on this machine that name a file in one of these folders (`live/NAME`, `archive/NAME`): what breaks when they go (U14).
 * `root` is `/`. Files that may not be read are left out; links to folders are not followed.
 */
export function referencesTo(folders: readonly string[], root: string): readonly Reference[] {
  const needles = [...new Set(folders)].map((folder) => `${folder}/`);
  const seen = new Set<string>();
  return TREES.flatMap((tree) => filesBelow(join(root, tree), seen)).flatMap((path) => linesOf(path, needles));
}

function filesBelow(path: string, seen: Set<string>): readonly string[] {
  let real: string;
  let isFolder: boolean;
  try {
    real = realpathSync(path);
    const stats = statSync(real);
    isFolder = stats.isDirectory();
    if (!isFolder && (!stats.isFile() || stats.size > LARGEST)) return [];
  } catch {
    return [];
  }
  if (seen.has(real) || seen.size > MOST_FILES) return [];
  seen.add(real);
  if (!isFolder) return [real];
  let entries: Dirent[];
  try {
    entries = readdirSync(real, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries.filter((entry) => !entry.isSymbolicLink() || leadsToFile(join(real, entry.name))).flatMap((entry) => filesBelow(join(real, entry.name), seen));
}

function leadsToFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function linesOf(path: string, needles: readonly string[]): readonly Reference[] {
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch {
    return [];
  }
  if (!needles.some((needle) => text.includes(needle))) return [];
  return text.split('\n').flatMap((line, index) => (needles.some((needle) => line.includes(needle)) && !/^\s*#/.test(line) ? [{ path, line: index + 1, text: printableLine(line, 120) }] : []));
}
