import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '../../system/atomic-file.js';
import type { Answer } from '../decide/answers.js';
import { renewedBy } from '../decide/schedule-fact.js';
import { scheduleDecision, stepText, whatIsMissing, type ScheduleStep, type ScheduleWish } from '../decide/schedule.js';
import { Refused } from '../errors.js';
import type { Settings } from '../settings.js';
import type { World } from '../world.js';

/**
 * `schedule [status|install|remove]` (U26, S106): who runs renewals on this machine; a timer of our own, or a cron file where
 * systemd does not run; and all as it was before. With --user-dirs the timer or the crontab of the user. Throws Refused when a change cannot be made.
 */
export async function schedule(settings: Settings, world: World): Promise<void> {
  const [action = 'status'] = settings.operands;
  const fact = await world.schedule({ owners: true, user: settings.values.userDirs });
  if (action === 'status') return status(settings, world);
  const { configDir, workDir, logsDir, takeOver, keepCertbot, plan } = settings.values;
  const wish: ScheduleWish = { program: world.startedBy, directories: { configDir, workDir, logsDir }, takeOver, keepCertbot, minute: Math.floor(Math.random() * 720) };
  const answers: Answer[] = [];
  let decision = scheduleDecision(action, fact, wish, answers);
  if ('ask' in decision) {
    answers.push({ id: 'schedule', value: String(await world.interaction.ask(decision.ask, { canGoBack: false, trail: [] })) });
    decision = scheduleDecision(action, fact, wish, answers);
  }
  if ('ask' in decision) return;
  const { steps, kept } = decision;
  if (kept) return say(world, `${kept.name} goes on renewing them; nothing was changed.`);
  if (steps.length === 0) say(world, action === 'remove' ? 'There is nothing to remove: certwright has set up no renewals here.' : 'It is set up already; nothing was changed.');
  else if (plan) say(world, ['Would do:', ...steps.map((step) => `  ${stepText(step)}`)].join('\n'));
  else {
    if (!(await isWanted(action, steps, world))) return say(world, 'Nothing was changed.');
    for (const step of steps) {
      await carryOutStep(step, settings.values.userDirs, world);
      world.interaction.report({ type: 'schedule-step', step });
    }
  }
  return plan ? undefined : status(settings, world);
}

/** A person sees every change before it is made. */
async function isWanted(action: string, steps: readonly ScheduleStep[], { interaction }: World): Promise<boolean> {
  const install = action === 'install';
  const sure = await interaction.ask(
    {
      kind: 'choice',
      id: 'confirm',
      label: 'Renewals',
      title: install ? 'Set up renewals on this machine?' : 'Take the renewals that certwright set up away?',
      facts: steps.map((step) => stepText(step)),
      why: 'A certificate is only good for some weeks. A timer looks twice a day which ones are due and renews those; it needs nobody, and it does nothing on other days.',
      flags: ['-n'],
      unattended: 'yes',
      choices: [{ value: 'yes', label: install ? 'Set it up' : 'Take it away' }, { value: 'no', label: 'No', hint: 'nothing is changed' }],
      recommended: 'yes',
    },
    { canGoBack: false, trail: [] },
  );
  return sure === 'yes';
}

async function status({ values: { configDir, userDirs } }: Settings, world: World): Promise<void> {
  const fact = await world.schedule({ user: userDirs });
  const { starter, cronRuns, jobs } = fact;
  world.interaction.report({ type: 'schedule', configDir, starter, cronRuns, jobs, renewedBy: renewedBy(fact, configDir)?.name ?? null, missing: whatIsMissing(fact, configDir), ...(userDirs ? { user: true } : {}) });
}

async function carryOutStep(step: ScheduleStep, user: boolean, world: World): Promise<void> {
  const { root } = world;
  const systemctl = (...words: readonly string[]): Promise<void> => mustWork(['systemctl', ...(user ? ['--user'] : root === '/' ? [] : [`--root=${root}`]), ...words], world);
  switch (step.do) {
    case 'write':
      mkdirSync(dirname(join(root, step.path)), { recursive: true });
      return writeFileAtomic(join(root, step.path), step.text, { mode: 0o644 });
    case 'remove':
      return rmSync(join(root, step.path), { force: true });
    case 'crontab':
      return writeCrontab(step.text, world);
    case 'reload':
      return systemctl('daemon-reload');
    case 'start':
      return systemctl('start', step.unit);
    case 'enable':
    case 'disable':
      return systemctl(step.do, ...(step.now ? ['--now'] : []), step.unit);
    case 'put-aside':
    case 'put-back':
      return moveAside(step, world);
  }
}

/** An empty one is taken away. */
async function writeCrontab(text: string, world: World): Promise<void> {
  if (text.trim() === '') return mustWork(['crontab', '-r'], world);
  const folder = mkdtempSync(join(tmpdir(), 'certwright-crontab-'));
  try {
    writeFileAtomic(join(folder, 'crontab'), text, { mode: 0o600 });
    await mustWork(['crontab', join(folder, 'crontab')], world);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** dpkg keeps track of a packaged file that was diverted: it does not come back with the next version of the package. */
async function moveAside({ do: what, path, to, packaged }: Extract<ScheduleStep, { to: string }>, world: World): Promise<void> {
  const { root } = world;
  if (packaged) {
    const place = root === '/' ? [] : ['--admindir', join(root, 'var/lib/dpkg'), '--instdir', root];
    return mustWork(['dpkg-divert', ...place, '--local', '--rename', ...(what === 'put-aside' ? ['--divert', to, '--add'] : ['--divert', to, '--remove']), path], world);
  }
  const [from, onto] = what === 'put-aside' ? [path, to] : [to, path];
  // A run that was stopped may have moved it already.
  if (existsSync(join(root, from))) renameSync(join(root, from), join(root, onto));
}

async function mustWork(command: readonly string[], { runProgram }: World): Promise<void> {
  const { exitCode, stdout, stderr } = await runProgram(command);
  if (exitCode === 0) return;
  throw new Refused(`\`${command.join(' ')}\` did not work: ${(stderr || stdout).trim().split('\n').slice(-3).join(' ') || `exit code ${exitCode}`}`, {
    hint: 'What was done so far stays; run the same command again when it is mended, or `certwright schedule remove` to have it as before.',
  });
}

function say({ interaction }: World, text: string): void {
  interaction.report({ type: 'result', text });
}
