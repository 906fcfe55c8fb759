import type { RenewalJob } from '../core/decide/schedule-fact.js';
import type { Event } from '../core/events.js';
import { printableLine } from '../system/printable.js';

/** What `schedule status` says: who renews and when, the other jobs, what is missing and how to mend it. */
export function scheduleLines({ jobs, renewedBy, missing, configDir, user }: Extract<Event, { type: 'schedule' }>, program: string): readonly string[] {
  const main = jobs.find(({ name }) => name === renewedBy);
  const others = jobs.filter((job) => job !== main);
  return [
    main ? `The certificates in ${configDir} are renewed by ${main.name} (${main.client}).` : `The certificates in ${configDir} are not renewed by themselves.`,
    ...(main?.next === undefined ? [] : [`Next start: ${localMinute(main.next)}`]),
    ...(main ? [`It runs:    ${printableLine(main.command)}`] : []),
    ...(others.length > 0 ? ['Also seen here:', ...others.map((job) => `  ${job.name}: ${stateOf(job)}`)] : []),
    ...(missing.length > 0 ? ['What is missing:', ...missing.map((text) => `  ${printableLine(text)}`)] : []),
    ...(main || jobs.some(({ client, set }) => client === 'certwright' && set) ? [] : [user ? `\`${program} schedule install --user-dirs\` sets renewals up.` : `\`${program} schedule install\` (as root) sets renewals up.`]),
  ];
}

/** `2026-11-24 03:10`, in local time. */
export function localMinute(time: number): string {
  const at = new Date(time);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

function stateOf({ active, why, configDir, next }: RenewalJob): string {
  if (!active) return printableLine(why ?? 'it does not start');
  return `active, looks after ${configDir}${next === undefined ? '' : `, next start ${localMinute(next)}`}`;
}
