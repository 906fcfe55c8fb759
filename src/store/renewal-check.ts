import { closeSync, openSync, readFileSync, readSync, statSync, writeSync } from 'node:fs';
import { writeFileAside } from '../system/atomic-file.js';
import { editRenewalText, type RenewalFile } from './renewal-file.js';

/** The note as certbot and we write it, and what may follow it. */
const NOTED = /^\n\[acme_renewal_info\]\nari_retry_after = (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\n|$)/;
const TIME = 'YYYY-MM-DDThh:mm:ss'.length;
const BEFORE = '\n[acme_renewal_info]\nari_retry_after = '.length;
/** Bytes that readers see change at once. */
const PAGE = 4096;

/** Notes in a renewal file when its CA wants to be asked again: local time without a zone, whole seconds (F30). Throws StoreError. */
export async function rememberRenewalCheck({ path, ariNoteAt }: Pick<RenewalFile, 'path' | 'ariNoteAt'>, next: Date): Promise<void> {
  const two = (number: number): string => String(number).padStart(2, '0');
  const local = `${next.getFullYear()}-${two(next.getMonth() + 1)}-${two(next.getDate())}T${two(next.getHours())}:${two(next.getMinutes())}:${two(next.getSeconds())}`;
  if (ariNoteAt !== undefined && replacedInPlace(path, ariNoteAt, local)) return;
  const text = readFileSync(path, 'utf8');
  const edited = editRenewalText(text, { ariRetryAfter: local }, path);
  if (edited !== text) await writeFileAside(path, edited, { mode: statSync(path).mode & 0o777 });
}

/**
 * A time in the place of another, by one write within a page, if one is still there: a thousand files need not be read again, made anew and
 * synced twice a day. What a power failure can do to it only makes the CA be asked again.
 */
function replacedInPlace(path: string, noteAt: number, local: string): boolean {
  const start = noteAt + BEFORE;
  if (local.length !== TIME || Math.floor(start / PAGE) !== Math.floor((start + TIME - 1) / PAGE)) return false;
  let file: number;
  try {
    file = openSync(path, 'r+');
  } catch {
    // Read-only: another file can take its place all the same.
    return false;
  }
  try {
    const there = Buffer.alloc(BEFORE + TIME + 1);
    const length = readSync(file, there, 0, there.length, noteAt);
    if (!NOTED.test(there.toString('latin1', 0, length))) return false;
    writeSync(file, local, start);
  } finally {
    closeSync(file);
  }
  return true;
}
