const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

/**
 * The moment that a person means, in milliseconds since the epoch: `90m`, `2h`, `1d` before now, or a date, with a time if need be, in UTC as
 * it is shown everywhere here (`2026-11-03`, `2026-11-03 08:05`), or with a zone (RFC 3339). Null when it is none of them.
 */
export function momentMeant(text: string, now: number): number | null {
  const [, count = '', unit = ''] = /^(\d{1,6})\s*([smhdw])$/.exec(text.trim()) ?? [];
  if (count !== '') return now - Number(count) * (UNITS[unit] ?? 0);
  const [, day, time = '00:00', zone = 'Z'] = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?\s*(Z|UTC|[+-]\d{2}:\d{2})?$/.exec(text.trim()) ?? [];
  const moment = day === undefined ? Number.NaN : Date.parse(`${day}T${time}${zone === 'UTC' ? 'Z' : zone}`);
  return Number.isNaN(moment) ? null : moment;
}
