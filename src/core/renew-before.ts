const DAY = 86_400_000;

const UNITS: Readonly<Record<string, number>> = {
  second: 1000, minute: 60_000, hour: 3_600_000, day: DAY, week: 7 * DAY, month: 30 * DAY, year: 365 * DAY,
};

/**
 * `renew_before_expiry` as people write it: `30 days`, `6 weeks`, `1 month 2 days`; a bare number means days (F25).
 * Milliseconds, or null when it cannot be understood.
 */
export function parseRenewBefore(text: string): number | null {
  const parts = text.trim().toLowerCase();
  if (/^\d+$/.test(parts)) return Number(parts) * DAY;
  let total = 0;
  let rest = parts;
  while (rest !== '') {
    const found = /^(\d+)\s*([a-z]+?)s?\b[\s,]*(?:and\s+)?/.exec(rest);
    const unit = found?.[2] === undefined ? undefined : UNITS[found[2]];
    if (!found || unit === undefined) return null;
    total += Number(found[1]) * unit;
    rest = rest.slice(found[0].length);
  }
  return total === 0 ? null : total;
}
