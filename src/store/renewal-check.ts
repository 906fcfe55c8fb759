import { closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { writeFileAside } from '../system/atomic-file.js';
import { editRenewalText } from './renewal-file.js';

/** The note as certbot and we write it. */
const NOTED = /^\[acme_renewal_info\]\nari_retry_after = (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)$/m;
/** Bytes that readers see change at once. */
const PAGE = 4096;

/** Notes in a renewal file when its CA wants to be asked again: local time without a zone, whole seconds (F30). Throws StoreError. */
export async function rememberRenewalCheck(path: string, next: Date): Promise<void> {
  const two = (number: number): string => String(number).padStart(2, '0');
  const local = `${next.getFullYear()}-${two(next.getMonth() + 1)}-${two(next.getDate())}T${two(next.getHours())}:${two(next.getMinutes())}:${two(next.getSeconds())}`;
  const text = readFileSync(path, 'utf8');
  if (replacedInPlace(path, text, local)) return;
  const edited = editRenewalText(text, { ariRetryAfter: local }, path);
  if (edited !== text) await writeFileAside(path, edited, { mode: statSync(path).mode & 0o777 });
}

/**
 * A time in the place of another, by one write within a page: a thousand files need not be made anew and synced twice a day. What a
 * power failure can do to it only makes the CA be asked again.
 */
function replacedInPlace(path: string, text: string, local: string): boolean {
  const found = NOTED.exec(text);
  if (!found || found[1]?.length !== local.length) return false;
  const start = Buffer.byteLength(text.slice(0, found.index + found[0].length - local.length));
  if (Math.floor(start / PAGE) !== Math.floor((start + local.length - 1) / PAGE)) return false;
  let file: number;
  try {
    file = openSync(path, 'r+');
  } catch {
    // Read-only: another file can take its place all the same.
    return false;
  }
  try {
    writeSync(file, local, start);
  } finally {
    closeSync(file);
  }
  return true;
}
