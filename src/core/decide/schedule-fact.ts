/** Something on this machine that runs `renew` of certbot or certwright (S105, S106). */
export interface RenewalJob {
  client: 'certwright' | 'certbot';
  kind: 'timer' | 'cron';
  /** `certbot.timer`, or the file it stands in and its line. */
  name: string;
  path: string;
  command: string;
  /** The certificates it looks after. */
  configDir: string;
  /** It is meant to start: its timer is enabled or running, or its line counts on this machine. */
  set: boolean;
  /** It does start by itself: what starts it runs, and its program is there. */
  active: boolean;
  /** Timers only: starts at boot, waits now. */
  enabled?: boolean;
  running?: boolean;
  /** Why it is not active, in a few words. */
  why?: string;
  /** Milliseconds since the epoch. */
  next?: number;
}

/** What runs renewals here, as far as files and systemd tell. */
export interface ScheduleFact {
  starter: 'systemd' | 'cron' | 'none';
  cronRuns: boolean;
  jobs: readonly RenewalJob[];
  /** Files of `schedule install` that are there: path to text. */
  own: Readonly<Record<string, string>>;
  /** Of the files with cron jobs, those that a package of the system brought; asked for by `schedule` only. */
  packaged: readonly string[];
  /** What of this user's own counts (--user-dirs); absent: the machine's. */
  user?: UserPlaces;
}

/** Where a user's own jobs stand. */
export interface UserPlaces {
  /** `~/.config/systemd/user`. */
  unitFolder: string;
  /** The text of the crontab; null = there is no `crontab` program. */
  crontab: string | null;
  /** The user's timers run while nobody is logged in, too (loginctl enable-linger). */
  lingers: boolean;
}

/** What looks after the certificates of this directory: ours first; null when nothing does. */
export function renewedBy({ jobs }: ScheduleFact, configDir: string): RenewalJob | null {
  const active = jobs.filter((job) => job.active && job.configDir === configDir);
  return active.find(({ client }) => client === 'certwright') ?? active[0] ?? null;
}
