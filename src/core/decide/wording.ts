import type { Identifier } from '../identifier.js';

/** `a, b and 3 more`, as typed. */
export function listNames(identifiers: readonly Identifier[], most = 6): string {
  const names = identifiers.map(({ shown }) => shown);
  return names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
}

/** `61 more days`, `1 more day`, `5 more hours`; times in milliseconds. */
export function daysLeft(notAfter: number, now: number): string {
  const hours = Math.floor((notAfter - now) / 3_600_000);
  if (hours < 0) return 'no longer';
  if (hours < 48) return hours === 1 ? '1 more hour' : `${hours} more hours`;
  return `${Math.floor(hours / 24)} more days`;
}
