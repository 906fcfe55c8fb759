/** One line of a crontab that starts something. */
export interface CronLine {
  /** Counted from 1. */
  line: number;
  /** Five fields, or a word such as `@daily`. */
  when: string;
  command: string;
}

const WORDS: Readonly<Record<string, string>> = { '@hourly': '0 * * * *', '@daily': '0 0 * * *', '@midnight': '0 0 * * *', '@weekly': '0 0 * * 0', '@monthly': '0 0 1 * *', '@yearly': '0 0 1 1 *', '@annually': '0 0 1 1 *' };
/** First and last value of minute, hour, day, month, day of the week. */
const RANGES = [[0, 59], [0, 23], [1, 31], [1, 12], [0, 7]] as const;
const NAMES = ['', '', '', 'jan feb mar apr may jun jul aug sep oct nov dec', 'sun mon tue wed thu fri sat'] as const;

/** The lines of a crontab (crontab(5)); `user`: a name stands between the time and the command, as in /etc/crontab and /etc/cron.d. */
export function cronLines(text: string, { user }: { user: boolean }): CronLine[] {
  return text.split('\n').flatMap((raw, index) => {
    const found = /^\s*(@\w+|(?:[\d*][^\s]*|[\d*])(?:\s+[\w*/,~-]+){4})\s+(.+)$/.exec(raw);
    const [, when, rest = ''] = found ?? [];
    if (when === undefined) return [];
    const command = user ? rest.replace(/^\S+\s+/, '') : rest;
    return [{ line: index + 1, when, command }];
  });
}

/** When a line starts next, in milliseconds; null when it never does within a year or cannot be understood. Local time. */
export function nextStart(when: string, now: number): number | null {
  const fields = (WORDS[when] ?? when).split(/\s+/);
  const sets = fields.map((field, index) => valuesOf(field, index));
  const [minutes, hours, days, months, weekdays] = sets;
  if (fields.length !== 5 || !minutes || !hours || !days || !months || !weekdays) return null;
  const either = !fields[2]?.startsWith('*') && !fields[4]?.startsWith('*');
  const at = new Date(now);
  at.setSeconds(0, 0);
  at.setMinutes(at.getMinutes() + 1);
  for (let steps = 0; steps < 20_000 && at.getTime() < now + 366 * 86_400_000; steps += 1) {
    const [inDays, inWeek] = [days.has(at.getDate()), weekdays.has(at.getDay())];
    if (!months.has(at.getMonth() + 1) || !(either ? inDays || inWeek : inDays && inWeek)) at.setHours(24, 0);
    else if (!hours.has(at.getHours())) at.setMinutes(60);
    else if (!minutes.has(at.getMinutes())) at.setMinutes(at.getMinutes() + 1);
    else return at.getTime();
  }
  return null;
}

/** The values that a field such as `1-5/2,7` stands for; null when it is none. */
function valuesOf(field: string, index: number): ReadonlySet<number> | null {
  const [first, last] = RANGES[index] ?? [0, 0];
  const values = new Set<number>();
  for (const part of field.toLowerCase().split(',')) {
    const found = /^(\*|[a-z]{3}|\d+)(?:-([a-z]{3}|\d+))?(?:\/(\d+))?$/.exec(part);
    if (!found) return null;
    const [, from = '', to, step] = found;
    const start = from === '*' ? first : numberOf(from, index);
    const end = from === '*' ? last : to === undefined ? (step === undefined ? start : last) : numberOf(to, index);
    if (start < first || end > last || Number(step ?? 1) < 1) return null;
    for (let value = start; value <= end; value += Number(step ?? 1)) values.add(index === 4 ? value % 7 : value);
  }
  return values;
}

function numberOf(word: string, index: number): number {
  if (/^\d+$/.test(word)) return Number(word);
  const at = (NAMES[index] ?? '').split(' ').indexOf(word);
  return at < 0 ? -1 : at + (index === 3 ? 1 : 0);
}
