import { close, open, read, readFileSync, statSync, write } from 'node:fs';
import { promisify } from 'node:util';
import { writeFileAside } from '../system/atomic-file.js';
import { editRenewalText } from './renewal-file.js';

/** The note as certbot and we write it. */
const NOTED = /^\[acme_renewal_info\]\nari_retry_after = (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)$/m;
/** Bytes that readers see change at once. */
const PAGE = 4096;
/** Bytes of a renewal file that is looked at in one piece; they are some hundred. */
const LONGEST = 8 * 1024;

const [opened, readAt, writtenAt, closed] = [promisify(open), promisify(read), promisify(write), promisify(close)];

/** Notes in a renewal file when its CA wants to be asked again: local time without a zone, whole seconds (F30). Throws StoreError. */
export async function rememberRenewalCheck(path: string, next: Date): Promise<void> {
  const two = (number: number): string => String(number).padStart(2, '0');
  const local = `${next.getFullYear()}-${two(next.getMonth() + 1)}-${two(next.getDate())}T${two(next.getHours())}:${two(next.getMinutes())}:${two(next.getSeconds())}`;
  if (await replacedInPlace(path, local)) return;
  const text = readFileSync(path, 'utf8');
  const edited = editRenewalText(text, { ariRetryAfter: local }, path);
  if (edited !== text) await writeFileAside(path, edited, { mode: statSync(path).mode & 0o777 });
}

/**
 * A time in the place of another, by one write within a page: a thousand files need not be made anew and synced twice a day, nor does
 * anything else wait for them. What a power failure can do to it only makes the CA be asked again.
 */
async function replacedInPlace(path: string, local: string): Promise<boolean> {
  let file: number;
  try {
    file = await opened(path, 'r+');
  } catch {
    // Read-only: another file can take its place all the same.
    return false;
  }
  try {
    const { bytesRead, buffer } = await readAt(file, Buffer.allocUnsafe(LONGEST), 0, LONGEST, 0);
    // A character a byte: places in the text are places in the file.
    const found = bytesRead < LONGEST ? NOTED.exec(buffer.toString('latin1', 0, bytesRead)) : null;
    if (!found || found[1]?.length !== local.length) return false;
    const start = found.index + found[0].length - local.length;
    if (Math.floor(start / PAGE) !== Math.floor((start + local.length - 1) / PAGE)) return false;
    await writtenAt(file, local, start);
    return true;
  } finally {
    await closed(file);
  }
}
