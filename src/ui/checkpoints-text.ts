import type { Event } from '../core/events.js';
import { printableLine } from '../system/printable.js';

const frame = '- '.repeat(40).trimEnd();
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `config_changes` as certbot 0.31 printed it, so that scripts that read it go on working (T01). */
export function checkpointsText({ checkpoints }: Extract<Event, { type: 'checkpoints' }>): readonly string[] {
  const lines = checkpoints.flatMap(({ when, notes, files }) => {
    const changed = files.filter(({ kind }) => kind === 'changed');
    const made = files.filter(({ kind }) => kind === 'new');
    return [
      localTime(new Date(when)),
      ...notes.split('\n').map((line) => printableLine(line)),
      'Affected files:',
      ...changed.map(({ path }) => `  ${printableLine(path)}`),
      ...(made.length === 0 ? [] : ['New Configuration Files:', ...made.map(({ path }) => `  ${printableLine(path)}`)]),
      '',
      '',
    ];
  });
  return [frame, ...lines, frame];
}

/** What one undone change did, in lines. */
export function rolledBackText(event: Extract<Event, { type: 'rolled-back' }>): readonly string[] {
  const line = (what: string) => (path: string): string => `  ${what.padEnd(10)} ${printableLine(path)}`;
  return [
    `Undone: ${printableLine(event.title ?? 'untitled')} (${event.when.slice(0, 19).replace('T', ' ')} UTC)`,
    ...event.restored.map(line('put back')),
    ...event.removed.map(line('removed')),
    ...event.kept.map(line('left as is')),
    ...event.editsKeptAt.map(line('edit kept')),
  ];
}

/** C's ctime: `Tue Nov 24 21:20:00 2026`, in local time. */
function localTime(time: Date): string {
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
  return `${DAYS[time.getDay()]} ${MONTHS[time.getMonth()]} ${String(time.getDate()).padStart(2)} ${clock} ${time.getFullYear()}`;
}
