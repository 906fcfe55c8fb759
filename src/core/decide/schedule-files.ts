import { shellQuote } from './command-line.js';
import { directoryWords } from './directory-words.js';
import type { ScheduleWish, TookOver } from './schedule.js';

export const TIMER = 'certwright.timer';
export const TIMER_FILE = `/etc/systemd/system/${TIMER}`;
export const SERVICE_FILE = '/etc/systemd/system/certwright.service';
export const CRON_FILE = '/etc/cron.d/certwright';

const HEADING = '# Written by `certwright schedule install`; `certwright schedule remove` takes it away again.';
const RECORD = '# took over: ';

/** As certbot's own unit (F61): systemd has spread the starts already, so that `renew` need not wait. A user's systemd knows nothing of the network. */
export function serviceText(wish: ScheduleWish, { user } = { user: false }): string {
  const command = [...wish.program, '-q', 'renew', '--no-random-sleep-on-renew', ...directoryWords(wish.directories)].map(unitWord).join(' ');
  return `${HEADING}
[Unit]
Description=Renew the certificates that are due, with certwright
${user ? '' : 'Wants=network-online.target\nAfter=network-online.target\n'}
[Service]
Type=oneshot
ExecStart=${command}
${user ? '' : 'PrivateTmp=true\n'}`;
}

export function timerText(records: readonly TookOver[]): string {
  return `${HEADING}
${recordLines(records)}[Unit]
Description=Renew certificates twice a day, with certwright

[Timer]
OnCalendar=*-*-* 00,12:00:00
RandomizedDelaySec=12h
Persistent=true

[Install]
WantedBy=timers.target
`;
}

/** Twice a day at a minute of this machine's own; the one that an earlier file has is kept. */
export function cronText(wish: ScheduleWish, present: string | undefined, records: readonly TookOver[]): string {
  const when = /^(\d+ \d+,\d+) \* \* \* root /m.exec(present ?? '')?.[1] ?? twiceADay(wish);
  return `${HEADING}
${recordLines(records)}SHELL=/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin

${when} * * * root ${cronCommand(wish)}
`;
}

/** The same for the crontab of a user; the minute that ours has there is kept. */
export function userCronLines(wish: ScheduleWish, present: string): string {
  const had = /^(\d+ \d+,\d+) \* \* \* /.exec(present.split('\n')[present.split('\n').indexOf(HEADING) + 1] ?? '')?.[1];
  return `${HEADING}\n${had ?? twiceADay(wish)} * * * ${cronCommand(wish)}\n`;
}

/** A crontab without our heading and the line below it; the rest stays, byte for byte. */
export function withoutOurs(crontab: string): string {
  const lines = crontab.split('\n');
  const at = lines.indexOf(HEADING);
  return at < 0 ? crontab : lines.toSpliced(at, 2).join('\n');
}

function twiceADay({ minute }: ScheduleWish): string {
  const hour = Math.floor(minute / 60);
  return `${minute % 60} ${hour},${hour + 12}`;
}

function cronCommand(wish: ScheduleWish): string {
  const guards = wish.program.map((word, index) => `test -${index === 0 ? 'x' : 'f'} ${shellQuote([word])}`).join(' && ');
  // In a crontab an unquoted % ends the command.
  return `${guards} && ${shellQuote([...wish.program, '-q', 'renew', ...directoryWords(wish.directories)])}`.replaceAll('%', '\\%');
}

/** What one of our files says was switched off for it. */
export function tookOver(text: string): TookOver[] {
  return text.split('\n').flatMap((line) => {
    if (!line.startsWith(RECORD)) return [];
    try {
      const record = JSON.parse(line.slice(RECORD.length)) as TookOver;
      return record.kind === 'timer' || record.kind === 'cron' ? [record] : [];
    } catch {
      return [];
    }
  });
}

function recordLines(records: readonly TookOver[]): string {
  return records.map((record) => `${RECORD}${JSON.stringify(record)}\n`).join('');
}

/** A word of ExecStart= (systemd.service(5)): quoted where needed, `%` and `$` doubled. */
function unitWord(word: string): string {
  const plain = word.replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /^[\w@%+=:,./$-]+$/.test(plain) ? plain : `"${plain.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
