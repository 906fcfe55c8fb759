import { join } from 'node:path';
import type { ScheduleFact, UserPlaces } from './schedule-fact.js';
import { serviceText, TIMER, timerText, userCronLines, withoutOurs } from './schedule-files.js';
import type { ScheduleStep, ScheduleWish } from './schedule.js';

/** --user-dirs: a timer of the user's own systemd, or two lines of the user's crontab where none runs. Nobody else's renewals are touched. */
export function userInstallation({ starter, own, jobs }: ScheduleFact, user: UserPlaces, wish: ScheduleWish): readonly ScheduleStep[] {
  const crontab = user.crontab ?? '';
  if (starter === 'cron') {
    const others = withoutOurs(crontab);
    const text = `${others}${others === '' || others.endsWith('\n') ? '' : '\n'}${userCronLines(wish, crontab)}`;
    return text === crontab ? [] : [{ do: 'crontab', text }];
  }
  const files = { [join(user.unitFolder, 'certwright.service')]: serviceText(wish, { user: true }), [join(user.unitFolder, TIMER)]: timerText([]) };
  const writes = Object.entries(files).flatMap(([path, text]): ScheduleStep[] => (own[path] === text ? [] : [{ do: 'write', path, text }]));
  const ours = jobs.find(({ path }) => path === join(user.unitFolder, TIMER));
  return [
    ...writes,
    ...(writes.length > 0 ? [{ do: 'reload' } as const] : []),
    ...(!ours?.enabled || !ours.running || writes.length > 0 ? [{ do: 'enable', unit: TIMER, now: true } as const] : []),
    ...fromCrontab(crontab),
  ];
}

/** Everything of that is taken away again. */
export function userRemoval({ starter, own, jobs }: ScheduleFact, user: UserPlaces): readonly ScheduleStep[] {
  const timer = join(user.unitFolder, TIMER);
  const runs = starter === 'systemd';
  const files = Object.keys(own).map((path): ScheduleStep => ({ do: 'remove', path }));
  return [
    ...(runs && jobs.some(({ path, set }) => path === timer && set) ? [{ do: 'disable', unit: TIMER, now: true } as const] : []),
    ...files,
    ...(runs && files.length > 0 ? [{ do: 'reload' } as const] : []),
    ...fromCrontab(user.crontab ?? ''),
  ];
}

function fromCrontab(crontab: string): readonly ScheduleStep[] {
  const others = withoutOurs(crontab);
  return others === crontab ? [] : [{ do: 'crontab', text: others }];
}
