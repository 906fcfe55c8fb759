import { caLabel } from '../core/ca.js';
import type { Event } from '../core/events.js';
import { printableLine } from '../system/printable.js';
import { localMinute } from './schedule-text.js';

/** Names of one day that are shown before the others are counted. */
const SHOWN = 4;

/** The calendar of `renew --forecast`: a line a day, then what it means for the limits of each CA. */
export function forecastLines({ days, renewals, busiest, never, broken }: Extract<Event, { type: 'forecast' }>): readonly string[] {
  const byDay = new Map<string, typeof renewals>();
  for (const renewal of renewals) {
    const day = localMinute(renewal.at).slice(0, 10);
    byDay.set(day, [...(byDay.get(day) ?? []), renewal]);
  }
  return [
    renewals.length === 0 ? `No certificate is due within ${days} days.` : `${renewals.length} ${renewals.length === 1 ? 'renewal' : 'renewals'} within ${days} days:`,
    ...[...byDay].map(([day, own]) => {
      const hooks = own.reduce((sum, { deployHooks }) => sum + deployHooks, 0);
      const names = own.map(({ name }) => printableLine(name, 80));
      return `  ${day}  ${String(own.length).padStart(5)}  ${names.slice(0, SHOWN).join(', ')}${names.length > SHOWN ? ` and ${names.length - SHOWN} more` : ''}${hooks > 0 ? `   ${hooks} deploy ${hooks === 1 ? 'hook' : 'hooks'}` : ''}`;
    }),
    ...busiest.map(({ server, certificates, from }) => `At most ${certificates} of ${caLabel(server ?? 'an unknown CA')} in seven days (from ${localMinute(from).slice(0, 10)}).`),
    ...(never.length > 0 ? [`Not renewed by themselves: ${never.map((name) => printableLine(name, 80)).join(', ')}`] : []),
    ...broken.map((path) => `Cannot be read: ${printableLine(path)}`),
  ];
}
