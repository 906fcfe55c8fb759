import { dirname } from 'node:path';
import { Refused, UsageError } from '../errors.js';
import type { Answer } from './answers.js';
import type { Question } from './question.js';
import { renewedBy, type RenewalJob, type ScheduleFact } from './schedule-fact.js';
import { cronText, CRON_FILE, serviceText, SERVICE_FILE, TIMER, TIMER_FILE, timerText, tookOver } from './schedule-files.js';
import { userInstallation, userRemoval } from './schedule-user.js';

/** What was switched off for ours, enough to switch it on again. Stands in our own file. */
export type TookOver = { kind: 'timer'; unit: string; enabled: boolean; running: boolean } | { kind: 'cron'; path: string; to: string; packaged: boolean };

/** One change. Every one may be repeated. */
export type ScheduleStep =
  | { do: 'write'; path: string; text: string }
  | { do: 'remove'; path: string }
  | { do: 'reload' }
  | { do: 'enable' | 'disable'; unit: string; now: boolean }
  | { do: 'start'; unit: string }
  /** The whole crontab of the user. */
  | { do: 'crontab'; text: string }
  | { do: 'put-aside' | 'put-back'; path: string; to: string; packaged: boolean };

export interface ScheduleWish {
  /** The words that start this program. */
  program: readonly string[];
  directories: { configDir: string; workDir: string; logsDir: string };
  takeOver: boolean;
  keepCertbot: boolean;
  /** Minute of a half day at which cron starts it, 0 to 719; drawn once for each machine. */
  minute: number;
}

export type ScheduleDecision = { ask: Question } | { steps: readonly ScheduleStep[]; kept?: RenewalJob };

/** `install` or `remove`: what is to be done, or a question first. Throws Refused for what cannot be, UsageError for other words. */
export function scheduleDecision(action: string, fact: ScheduleFact, wish: ScheduleWish, answers: readonly Answer[]): ScheduleDecision {
  if (wish.takeOver && wish.keepCertbot) throw new UsageError('--take-over and --keep-certbot contradict each other.');
  if (action === 'remove') return { steps: fact.user ? userRemoval(fact, fact.user) : removal(fact) };
  if (action !== 'install') throw new UsageError(`schedule does not know '${action}'.`, { hint: 'It takes one of the words status, install and remove.' });
  if (fact.starter === 'none') {
    throw new Refused(fact.user ? 'Neither a systemd of your own nor the crontab program is here: there is nothing that a renewal could be set up with.' : 'Neither systemd nor cron is on this machine: there is nothing that a renewal could be set up with.', {
      hint: `Have whatever starts jobs here run this twice a day: ${[...wish.program, '-q', 'renew', ...(fact.user ? ['--user-dirs'] : [])].join(' ')}`,
    });
  }
  if (fact.user) return { steps: userInstallation(fact, fact.user, wish) };
  const rivals = fact.jobs.filter((job) => job.client === 'certbot' && job.set && job.configDir === wish.directories.configDir);
  const [rival] = rivals;
  const answer = answers.find(({ id }) => id === 'schedule')?.value;
  if (rival && !wish.takeOver) {
    if (wish.keepCertbot || answer === 'keep-certbot') return { steps: [], kept: rival };
    if (answer !== 'take-over') return { ask: takeOverQuestion(rivals) };
  }
  return { steps: installation(fact, wish, rivals) };
}

function installation(fact: ScheduleFact, wish: ScheduleWish, rivals: readonly RenewalJob[]): readonly ScheduleStep[] {
  const before = Object.values(fact.own).flatMap(tookOver);
  const now = rivals.map((job): TookOver => {
    if (job.kind === 'timer') return { kind: 'timer', unit: job.name, enabled: job.enabled === true, running: job.running === true };
    if (!/^\/etc\/cron\.d\/[^/]+$/.test(job.path) || fact.jobs.some(({ path, client }) => path === job.path && client !== 'certbot')) {
      throw new Refused(`${job.name} runs certbot, and that file is not ours to change.`, { hint: `Take the line out yourself and run this again, or say --keep-certbot. It says: ${job.command}` });
    }
    return { kind: 'cron', path: job.path, to: `${job.path}.put-aside`, packaged: fact.packaged.includes(job.path) };
  });
  const records = [...new Map([...before, ...now].map((record) => [record.kind === 'timer' ? record.unit : record.path, record])).values()];
  const files = fact.starter === 'systemd' ? { [SERVICE_FILE]: serviceText(wish), [TIMER_FILE]: timerText(records) } : { [CRON_FILE]: cronText(wish, fact.own[CRON_FILE], records) };
  const writes = Object.entries(files).flatMap(([path, text]): ScheduleStep[] => (fact.own[path] === text ? [] : [{ do: 'write', path, text }]));
  const stale = Object.keys(fact.own).filter((path) => !(path in files));
  const steps: ScheduleStep[] = [...writes];
  if (fact.starter === 'systemd') {
    const ours = fact.jobs.find(({ name }) => name === TIMER);
    if (writes.length > 0) steps.push({ do: 'reload' });
    if (!ours?.enabled || !ours.running || writes.length > 0) steps.push({ do: 'enable', unit: TIMER, now: true });
  }
  // Ours starts before the other stops: a renewal that is looked at twice does no harm, one that is looked at by nobody does.
  for (const record of now) {
    if (record.kind === 'timer') steps.push({ do: 'disable', unit: record.unit, now: true });
    else steps.push({ do: 'put-aside', path: record.path, to: record.to, packaged: record.packaged });
  }
  return [...steps, ...stale.map((path): ScheduleStep => ({ do: 'remove', path }))];
}

function removal({ own, starter, jobs }: ScheduleFact): readonly ScheduleStep[] {
  const back = Object.values(own).flatMap(tookOver).flatMap((record): ScheduleStep[] => {
    if (record.kind === 'cron') return [{ do: 'put-back', path: record.path, to: record.to, packaged: record.packaged }];
    if (record.enabled) return [{ do: 'enable', unit: record.unit, now: record.running && starter === 'systemd' }];
    return record.running && starter === 'systemd' ? [{ do: 'start', unit: record.unit }] : [];
  });
  const stops = own[TIMER_FILE] !== undefined && jobs.some(({ name, set }) => name === TIMER && set) ? [{ do: 'disable', unit: TIMER, now: starter === 'systemd' } as const] : [];
  const files = Object.keys(own).map((path): ScheduleStep => ({ do: 'remove', path }));
  return [...back, ...stops, ...files, ...(own[TIMER_FILE] !== undefined && starter === 'systemd' ? [{ do: 'reload' } as const] : [])];
}

function takeOverQuestion(rivals: readonly RenewalJob[]): Question {
  const names = rivals.map(({ name }) => name).join(' and ');
  return {
    kind: 'choice',
    id: 'schedule',
    label: 'Renewals',
    title: 'Who should renew the certificates of this machine?',
    facts: rivals.map(({ name, command }) => `${name} runs: ${command}`),
    why: 'Two clients that renew the same certificates get in each other\'s way: one of them should do it. Both read the same files. What is switched off now, `certwright schedule remove` switches on again.',
    flags: ['--take-over', '--keep-certbot'],
    missing: `${names} renews the certificates of this machine already. --take-over switches it off (schedule remove switches it on again); --keep-certbot leaves it as it is.`,
    choices: [
      { value: 'take-over', label: 'certwright', hint: `${names} is switched off, and comes back with \`certwright schedule remove\``, flag: '--take-over' },
      { value: 'keep-certbot', label: 'certbot, as now', hint: 'nothing is changed', flag: '--keep-certbot' },
    ],
    recommended: 'take-over',
    even: true,
  };
}

/** One change in words. */
export function stepText(step: ScheduleStep): string {
  switch (step.do) {
    case 'write':
      return `write ${step.path}`;
    case 'remove':
      return `remove ${step.path}`;
    case 'crontab':
      return 'change the lines of certwright in your crontab';
    case 'reload':
      return 'have systemd read its files again';
    case 'enable':
      return `switch ${step.unit} on${step.now ? '' : ' at the next start of the machine'}`;
    case 'disable':
      return `switch ${step.unit} off`;
    case 'start':
      return `start ${step.unit}`;
    case 'put-aside':
      return `move ${step.path} to ${step.to}, where cron does not read it${step.packaged ? ' (by dpkg-divert, so that its package knows)' : ''}`;
    case 'put-back':
      return `move ${step.to} back to ${step.path}`;
  }
}

/** What keeps renewals from happening by themselves, one sentence each; empty when all is well. */
export function whatIsMissing(fact: ScheduleFact, configDir: string): readonly string[] {
  const job = renewedBy(fact, configDir);
  const idle = fact.jobs.filter(({ set, active }) => set && !active).map(({ name, why }) => `${name} does not start: ${why ?? 'unknown'}.`);
  const elsewhere = fact.jobs.filter((each) => each.active && each.configDir !== configDir).map(({ name, configDir: other }) => `${name} looks after ${other} only.`);
  if (!job) return [...idle, ...elsewhere, `Nothing renews the certificates in ${configDir}.`];
  const rivals = fact.jobs.filter((each) => each.active && each !== job && each.configDir === configDir && each.client !== job.client);
  const asleep = fact.user && !fact.user.lingers && job.kind === 'timer' && dirname(job.path) === fact.user.unitFolder ? ['It runs only while you are logged in; `loginctl enable-linger` has your timers run always.'] : [];
  return [...asleep, ...rivals.map(({ name }) => `${name} renews them too; one of the two should be switched off (\`certwright schedule install --take-over\`).`)];
}
