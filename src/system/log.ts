import { closeSync, constants, fchmodSync, fstatSync, openSync, readdirSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, permitted } from './atomic-file.js';
import { printable } from './printable.js';

export type LogLevel = 'debug' | 'info' | 'warning' | 'error';

export interface Log {
  /** Absolute path of the file that is being written. */
  readonly path: string;
  /**
   * One record; several lines of `message` stay one record. Written before it returns, so that a crash loses nothing; what is said for
   * debugging is written together with what else is said within some milliseconds, or at the end of the process.
   */
  write(level: LogLevel, logger: string, message: string): void;
  close(): void;
}

const NAME = 'letsencrypt.log';
/** certbot starts a new file in the middle of a run when the old one would pass this size, in bytes. */
const LIMIT = 2 ** 20;
/** Most bytes that wait, and for how many milliseconds. */
const WAITING = 64 * 1024;
const SOON = 20;

/**
 * Opens `letsencrypt.log` in `logsDir` as certbot does: the last run's file becomes `.1`, that one `.2` … up to
 * `maxBackups`; 0 = never rolled, appended to for ever (logrotate's business then). Mode 0600, never through a
 * symbolic link. The folder must exist. Throws PermissionMissing.
 */
export function openLog(logsDir: string, { maxBackups, now = () => new Date() }: { maxBackups: number; now?: () => Date }): Log {
  const path = join(logsDir, NAME);
  if (maxBackups > 0) roll(logsDir, maxBackups);
  let { file, size } = open(path);
  let closed = false;
  let waiting: Buffer[] = [];
  let soon: NodeJS.Timeout | null = null;

  const put = (): void => {
    const bytes = Buffer.concat(waiting);
    waiting = [];
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
    } catch (error) {
      // A full disk must not end an issuance: what is lost is a line of the log, not a certificate.
      if (!['ENOSPC', 'EDQUOT', 'EIO', 'EFBIG'].includes(codeOf(error))) throw error;
    }
  };
  const flush = (): void => {
    if (soon) clearTimeout(soon);
    soon = null;
    if (waiting.length > 0) put();
  };
  process.on('exit', flush);
  let since = 0;
  return {
    path,
    write(level, logger, message) {
      if (closed) return;
      const record = Buffer.from(`${stamp(now())}:${level.toUpperCase()}:${printable(logger)}:${printable(masked(message))}\n`);
      if (maxBackups > 0 && size > 0 && size + record.length >= LIMIT) {
        flush();
        closeSync(file);
        roll(logsDir, maxBackups);
        ({ file, size } = open(path));
      }
      if (waiting.length === 0) since = size;
      waiting.push(record);
      size += record.length;
      if (level !== 'debug' || size - since >= WAITING) flush();
      else soon ??= setTimeout(flush, SOON).unref();
    },
    close() {
      if (closed) return;
      process.off('exit', flush);
      flush();
      closeSync(file);
      closed = true;
    },
  };
}

function open(path: string): { file: number; size: number } {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  const file = permitted(path, 'write', () => openSync(path, flags, 0o600));
  const { size, mode } = fstatSync(file);
  // A file that an administrator opened for a group (0640) stays so; world-readable logs of old versions do not.
  if ((mode & 0o007) !== 0) fchmodSync(file, mode & 0o770);
  return { file, size };
}

/** `.N` goes, `.N-1` becomes `.N` …, the file itself `.1`. Numbers that are not there are stepped over. */
function roll(folder: string, maxBackups: number): void {
  const present = new Set(permitted(folder, 'read', () => readdirSync(folder)));
  if (!present.has(NAME)) return;
  // Only the numbers up to the first gap have to move: what follows a gap already has room.
  let gap = 1;
  while (gap <= maxBackups && present.has(`${NAME}.${gap}`)) gap += 1;
  if (gap > maxBackups) permitted(join(folder, NAME), 'write', () => unlinkSync(join(folder, `${NAME}.${maxBackups}`)));
  for (let number = Math.min(gap, maxBackups) - 1; number >= 1; number -= 1) {
    permitted(join(folder, NAME), 'write', () => renameSync(join(folder, `${NAME}.${number}`), join(folder, `${NAME}.${number + 1}`)));
  }
  permitted(join(folder, NAME), 'write', () => renameSync(join(folder, NAME), join(folder, `${NAME}.1`)));
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** `2026-01-31 12:00:00,123` in local time, as Python's logging writes it. */
function stamp(at: Date): string {
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())},${String(at.getMilliseconds()).padStart(3, '0')}`;
}

/**
 * The text without what would let a reader of the log act as us: private keys (PEM and the private members of a JWK),
 * JWS payloads and signatures, the external account key. Cut PEM blocks are masked to the end of the text.
 */
export function masked(text: string): string {
  return text
    .replace(/-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----[\s\S]*?(?:-----END \1-----|$)/g, '-----BEGIN $1----- … -----END $1-----')
    .replace(/(\\?"(?:payload|signature|d|p|q|dp|dq|qi|k)\\?"\s*:\s*\\?")[\w+/=-]+(\\?")/g, '$1…$2')
    .replace(/(eab[-_]hmac[-_]key\\?["']?(?:\s*[=:,]\s*|\s+)\\?["']?)[\w+/=-]+/gi, '$1…');
}
