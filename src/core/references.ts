import { readdirSync, readFileSync, realpathSync, statSync, type Dirent } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { printableLine } from '../system/printable.js';

/** A line of another program's configuration that names a certificate's files. */
export interface Reference {
  path: string;
  /** From 1. */
  line: number;
  text: string;
}

/** Where servers that use certificates keep their configuration. */
const TREES = ['etc/nginx', 'usr/local/etc/nginx', 'etc/apache2', 'etc/httpd', 'etc/haproxy', 'etc/varnish', 'etc/lighttpd', 'etc/caddy', 'etc/postfix', 'etc/dovecot', 'etc/exim4', 'etc/exim', 'etc/exim.conf', 'etc/hitch', 'etc/stunnel', 'etc/mosquitto', 'etc/turnserver.conf', 'etc/mysql', 'etc/postgresql', 'etc/prosody', 'etc/ejabberd', 'etc/pure-ftpd', 'etc/vsftpd.conf', 'etc/proftpd'];
/** A line of these languages that says nothing: `#` nearly everywhere, `;` in ini files, `--` in Lua (prosody). */
const COMMENT = /^\s*(#|;|--)/;
/** A configuration is not longer, and there are not more of them: what follows is left out. */
const LARGEST = 1 << 20;
const MOST_FILES = 50_000;

/**
 * The lines on this machine that name one of these folders (`live/NAME`, `archive/NAME`) or a file in it: what breaks when they go (U14).
 * `root` is `/`. Files that may not be read are left out; links to folders are not followed.
 */
export function referencesTo(folders: readonly string[], root: string): readonly Reference[] {
  const wanted = [...new Set(folders)];
  const seen = new Set<string>();
  return TREES.flatMap((tree) => filesBelow(join(root, tree), seen)).flatMap((path) => linesOf(path, wanted));
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

function linesOf(path: string, folders: readonly string[]): readonly Reference[] {
  let text: string;
  try {
    text = readFileSync(path, 'latin1').replace(/\/{2,}/g, '/');
  } catch {
    return [];
  }
  const wanted = folders.flatMap((folder) => (text.includes(basename(folder)) ? [folder, ...belowBase(folder, text)] : []));
  if (!wanted.some((words) => text.includes(words))) return [];
  return text.split('\n').flatMap((line, index) => (wanted.some((words) => hasWhole(line, words)) && !COMMENT.test(line) ? [{ path, line: index + 1, text: printableLine(line, 120) }] : []));
}

/** HAProxy's `crt NAME/…` below a `crt-base` (its manual 2.8, section 3.1): how this file says the folder then. */
function belowBase(folder: string, text: string): readonly string[] {
  const bases = [...text.matchAll(/^\s*crt-base\s+["']?([^\s"']+)/gm)].map(([, base = '']) => base.replace(/\/$/, ''));
  return bases.includes(dirname(folder)) ? ['', '"', "'"].map((quote) => `crt ${quote}${basename(folder)}`) : [];
}

/** Do these words stand in the line, and do not go on there as another name (`example.com.au`, `example.com-0001`)? A folder is named with or without a slash. */
function hasWhole(line: string, words: string): boolean {
  for (let at = line.indexOf(words); at >= 0; at = line.indexOf(words, at + 1)) if (!/[\w.-]/.test(line.charAt(at + words.length))) return true;
  return false;
}
