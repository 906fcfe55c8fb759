import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cronLines, nextStart } from '../system/cron-table.js';
import type { RenewalJob, ScheduleFact, UserPlaces } from './decide/schedule-fact.js';
import { USUAL } from './decide/directory-words.js';
import { CRON_FILE, SERVICE_FILE, TIMER, TIMER_FILE } from './decide/schedule-files.js';

/** Where units are, first found wins (systemd.unit(5)). */
const UNIT_FOLDERS = ['etc/systemd/system', 'run/systemd/system', 'usr/local/lib/systemd/system', 'usr/lib/systemd/system', 'lib/systemd/system'];
const PROGRAM_FOLDERS = ['usr/local/sbin', 'usr/local/bin', 'usr/sbin', 'usr/bin', 'sbin', 'bin', 'snap/bin'];
/** A command that renews: the word that names the client, then `renew` in the same command. */
const RENEWS = /([^\s;&|"']*(?:certbot|certwright|letsencrypt)[^\s;&|"']*)["']?\s[^;&|]*\brenew\b/;

export interface Looking {
  /** `/`, or the folder that stands for it in tests. */
  root: string;
  now: number;
  /** Runs a program; null when it cannot be run or fails. */
  run(command: readonly string[]): Promise<string | null>;
  /** Asks whose the files are, too. */
  owners?: boolean;
  /** Look at the jobs of this user too: the name, and the folder of the units. */
  user?: { name: string; unitFolder: string; runtimeFolder: string };
}

/**
 * Looks who runs renewals on this machine (S106): timers and crontabs, by their files; where systemd runs it is asked once for
 * the state of those found. What may not be read (crontabs of others) is left out. Never throws.
 */
export async function lookAtSchedule({ root, now, run, owners = false, user }: Looking): Promise<ScheduleFact> {
  const systemd = existsSync(join(root, 'run/systemd/system'));
  const places = user && (await placesOf(user, root, run));
  const ownSystemd = user !== undefined && systemd && existsSync(join(root, user.runtimeFolder, 'systemd'));
  const timers = [
    ...(await withStates(timerJobs(root, systemd, UNIT_FOLDERS, ['etc/systemd/system', 'usr/lib/systemd/system']), run, systemd, [])),
    ...(user ? await withStates(timerJobs(root, ownSystemd, [user.unitFolder], [user.unitFolder]), run, ownSystemd, ['--user']) : []),
  ];
  const inCron = cronJobs(root, systemd, places?.crontab);
  const cronRuns = inCron.length > 0 || !(user ? ownSystemd : systemd) ? runs(root, /^(?:cron|crond|fcron|dcron)$/) : false;
  const cron = places ? places.crontab !== null : existsSync(join(root, 'etc/cron.d')) || cronRuns;
  const starter = (user ? ownSystemd : systemd) ? 'systemd' : cron ? 'cron' : 'none';
  const seen = [...timers, ...inCron.map((job) => withNext(job, cronRuns, now))];
  const jobs = seen.map((job) => withProgram(job, root));
  const packaged: string[] = [];
  if (owners) {
    for (const path of new Set(jobs.filter(({ kind, client }) => kind === 'cron' && client === 'certbot').map((job) => job.path))) {
      if ((await run(['dpkg-query', ...(root === '/' ? [] : ['--admindir', join(root, 'var/lib/dpkg')]), '-S', path])) !== null) packaged.push(path);
    }
  }
  const own = (user ? ['certwright.service', TIMER].map((name) => join(user.unitFolder, name)) : [SERVICE_FILE, TIMER_FILE, CRON_FILE]).flatMap((path) => {
    const text = read(join(root, path));
    return text === null ? [] : [[path, text] as const];
  });
  return { starter, cronRuns, jobs, own: Object.fromEntries(own), packaged, ...(places ? { user: places } : {}) };
}

async function placesOf({ name, unitFolder }: NonNullable<Looking['user']>, root: string, run: Looking['run']): Promise<UserPlaces> {
  // It fails for a user who has none.
  const crontab = found('crontab', root) === null ? null : ((await run(['crontab', '-l'])) ?? '');
  return { unitFolder, crontab, lingers: name !== '' && existsSync(join(root, 'var/lib/systemd/linger', name)) };
}

function timerJobs(root: string, systemd: boolean, folders: readonly string[], switches: readonly string[]): RenewalJob[] {
  const units = new Map<string, string>();
  for (const folder of folders) for (const name of list(join(root, folder))) if (name.endsWith('.timer') && !units.has(name)) units.set(name, join('/', folder, name));
  return [...units].flatMap(([name, path]) => {
    const timer = read(join(root, path));
    if (timer === null || isMasked(join(root, path))) return [];
    const service = /^\s*Unit\s*=\s*(\S+)/m.exec(timer)?.[1] ?? name.replace(/\.timer$/, '.service');
    const text = folders.map((folder) => read(join(root, folder, service))).find((each) => each !== null) ?? '';
    const command = [...text.matchAll(/^\s*ExecStart\s*=\s*[-@:+!|]*(.+)$/gm)].map(([, line = '']) => line.trim()).find((line) => RENEWS.test(line));
    if (command === undefined) return [];
    const enabled = switches.some((folder) => lstatSync(join(root, folder, 'timers.target.wants', name), { throwIfNoEntry: false }) !== undefined);
    const set = enabled && systemd;
    const why = systemd ? 'it is switched off' : 'systemd does not run here';
    return [{ ...whatOf(command, root), kind: 'timer', name, path, command, enabled, running: set, set, active: set, ...(set ? {} : { why }) }];
  });
}

/** What systemd itself says of the timers. */
async function withStates(jobs: readonly RenewalJob[], run: Looking['run'], systemd: boolean, words: readonly string[]): Promise<readonly RenewalJob[]> {
  if (!systemd || jobs.length === 0) return jobs;
  const text = await run(['systemctl', ...words, 'show', '--property=Id,UnitFileState,ActiveState,NextElapseUSecRealtime', ...jobs.map(({ name }) => name)]);
  if (text === null) return jobs;
  const states = new Map(text.split(/\n\n+/).map((block) => {
    const values = Object.fromEntries(block.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
    return [values['Id'] ?? '', values];
  }));
  return jobs.map((job): RenewalJob => {
    const state = states.get(job.name);
    if (!state) return job;
    const running = state['ActiveState'] === 'active';
    const enabled = /^(?:enabled|enabled-runtime|static)$/.test(state['UnitFileState'] ?? '');
    // It was asked to speak in UTC.
    const date = /(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})/.exec(state['NextElapseUSecRealtime'] ?? '');
    const { why: _why, ...rest } = job;
    const set = running || (enabled && state['UnitFileState'] !== 'static');
    const why = running ? {} : { why: set ? 'it is switched on, but does not run: `systemctl start` starts it' : 'it is switched off' };
    return { ...rest, ...why, enabled, running, set, active: running, ...(date && running ? { next: Date.parse(`${date[1]}T${date[2]}Z`) } : {}) };
  });
}

type CronJob = RenewalJob & { when: string };

/** `crontab`: that of the user who looks, in place of those of all users. */
function cronJobs(root: string, systemd: boolean, crontab: string | null | undefined): CronJob[] {
  const tables = [
    { path: '/etc/crontab', user: true },
    // cron reads no names with dots or other signs in them.
    ...list(join(root, 'etc/cron.d')).filter((name) => /^[\w-]+$/.test(name)).map((name) => ({ path: `/etc/cron.d/${name}`, user: true })),
    ...(crontab === undefined ? ['var/spool/cron/crontabs', 'var/spool/cron'] : []).flatMap((folder) => list(join(root, folder)).map((name) => ({ path: `/${folder}/${name}`, user: false }))),
  ];
  const jobs = tables.flatMap(({ path, user }) =>
    cronLines(read(join(root, path)) ?? '', { user }).map(({ line, when, command }) => ({ path, name: path === CRON_FILE ? path : `${path}, line ${line}`, when, command })),
  );
  if (typeof crontab === 'string') for (const { line, when, command } of cronLines(crontab, { user: false })) jobs.push({ path: 'crontab', name: `your crontab, line ${line}`, when, command });
  const scripts = ['hourly', 'daily', 'weekly'].flatMap((often) =>
    list(join(root, `etc/cron.${often}`)).filter((name) => /^[\w-]+$/.test(name)).flatMap((name) => {
      const path = `/etc/cron.${often}/${name}`;
      const command = (read(join(root, path)) ?? '').split('\n').find((line) => !line.trimStart().startsWith('#') && RENEWS.test(line));
      return command === undefined ? [] : [{ path, name: path, when: `@${often}`, command: command.trim() }];
    }),
  );
  return [...jobs, ...scripts].filter(({ command }) => RENEWS.test(command)).map((job): CronJob => {
    const guarded = systemd && /!\s+-d\s+\/run\/systemd\/system/.test(job.command);
    return { ...whatOf(job.command, root), ...job, kind: 'cron', set: !guarded, active: !guarded, ...(guarded ? { why: 'it leaves the work to systemd' } : {}) };
  });
}

function withNext({ when, ...job }: CronJob, cronRuns: boolean, now: number): RenewalJob {
  if (!job.set) return job;
  if (!cronRuns) return { ...job, active: false, why: 'cron does not run' };
  const next = nextStart(when, now);
  return { ...job, ...(next === null ? {} : { next }) };
}

function whatOf(command: string, root: string): Pick<RenewalJob, 'client' | 'configDir'> {
  const word = RENEWS.exec(command)?.[1] ?? '';
  const path = found(word, root);
  const real = path === null ? word : resolved(path);
  const configDir = /--config-dir[= ]["']?([^"'\s]+)/.exec(command)?.[1] ?? USUAL.configDir;
  return { client: basename(real).includes('certwright') ? 'certwright' : 'certbot', configDir };
}

/** A job whose program is gone (a package that was removed but not purged) does nothing. */
function withProgram(job: RenewalJob, root: string): RenewalJob {
  const words = [...(RENEWS.exec(job.command)?.slice(1, 2) ?? []), ...(job.kind === 'timer' ? [/^"?([^"\s]+)/.exec(job.command)?.[1] ?? ''] : [])];
  const gone = words.find((word) => found(word, root) === null);
  return gone === undefined ? job : { ...job, set: job.client === 'certwright' && job.set, active: false, why: `${gone} is not there` };
}

function found(word: string, root: string): string | null {
  const paths = word.startsWith('/') ? [word, join(root, word)] : PROGRAM_FOLDERS.map((folder) => join(root, folder, word));
  return paths.find((path) => existsSync(path)) ?? null;
}

function runs(root: string, name: RegExp): boolean {
  return list(join(root, 'proc')).some((entry) => /^\d+$/.test(entry) && name.test((read(join(root, 'proc', entry, 'comm')) ?? '').trim()));
}

function isMasked(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true && readlinkSync(path) === '/dev/null';
}

function resolved(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function read(path: string): string | null {
  try {
    return statSync(path).isFile() ? readFileSync(path, 'utf8') : null;
  } catch {
    return null;
  }
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
