import { readFileSync, statSync } from 'node:fs';
import { writeFileAside } from '../system/atomic-file.js';
import { editRenewalText } from './renewal-file.js';

/** Notes in a renewal file when its CA wants to be asked again: local time without a zone, whole seconds (F30). Throws StoreError. */
export async function rememberRenewalCheck(path: string, next: Date): Promise<void> {
  const two = (number: number): string => String(number).padStart(2, '0');
  const local = `${next.getFullYear()}-${two(next.getMonth() + 1)}-${two(next.getDate())}T${two(next.getHours())}:${two(next.getMinutes())}:${two(next.getSeconds())}`;
  const text = readFileSync(path, 'utf8');
  const edited = editRenewalText(text, { ariRetryAfter: local }, path);
  if (edited !== text) await writeFileAside(path, edited, { mode: statSync(path).mode & 0o777 });
}
