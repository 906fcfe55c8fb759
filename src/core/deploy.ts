import { listDeployQueues, readDeployQueue, writeDeployQueue, type QueuedDeploy } from '../store/deploy-queue.js';
import type { Lineage } from '../store/lineage.js';
import { deploysDue } from './decide/deploys-due.js';
import { renewalSettings } from './decide/renewal-settings.js';
import { Cancelled } from './errors.js';
import type { DeployOutcome } from './events.js';
import { deployEnvironment } from './hook-environment.js';
import { hooksOf, runOne } from './hooks.js';
import type { Settings } from './settings.js';
import type { World } from './world.js';

/** A certificate as its deploy hooks are told of it. */
export interface Deployed {
  name: string;
  names: readonly string[];
  liveFolder: string;
}

/**
 * Runs the deploy hooks for a version that was just saved. Each one waits in a queue on disk until it has succeeded, so that one that
 * fails, or that a crash cuts off, runs again at the next `renew` (U18, N26). Throws Cancelled.
 */
export function deploy(settings: Settings, lineage: Deployed, world: World): Promise<readonly DeployOutcome[]> {
  const since = new Date(world.clock.now()).toISOString();
  return runQueue(settings, lineage, hooksOf(settings, 'deploy').map((hook) => ({ ...hook, since })), [], world);
}

/**
 * `renew`: the deploy hooks that still wait for certificates which were not renewed now, by certificate name. In a dry run they are
 * only told. Throws Cancelled.
 */
export async function deployAgain(asked: Settings, lineages: readonly Lineage[], world: World): Promise<ReadonlyMap<string, readonly DeployOutcome[]>> {
  const waiting = new Set(listDeployQueues(world.dirs));
  const outcomes = new Map<string, readonly DeployOutcome[]>();
  for (const lineage of lineages.filter(({ name }) => waiting.has(name))) {
    const queue = readDeployQueue(world.dirs, lineage.name);
    if (asked.values.dryRun) outcomes.set(lineage.name, queue.map((hook) => outcomeOf(hook, 'waiting')));
    else outcomes.set(lineage.name, await retry(asked, lineage, queue, world));
  }
  return outcomes;
}

async function retry(asked: Settings, lineage: Lineage, queue: readonly QueuedDeploy[], world: World): Promise<readonly DeployOutcome[]> {
  const settings = renewalSettings(asked, lineage.name, lineage.renewal.params);
  const present = hooksOf({ ...settings, values: { ...settings.values, directoryHooks: true } }, 'deploy');
  const { run, keep, dropped } = deploysDue(queue, present, settings.values);
  const say = (message: string): void => world.interaction.report({ type: 'log', level: 'info', message });
  for (const { command } of dropped) say(`The deploy hook of ${lineage.name} that had failed is no longer there: ${command}`);
  if (run.length > 0) say(`Deploying ${lineage.name} again: ${run.length === 1 ? 'a hook' : `${run.length} hooks`} had not succeeded`);
  const deployed = { name: lineage.name, names: lineage.identifiers.map(({ value }) => value), liveFolder: lineage.liveFolder };
  return [...(await runQueue(settings, deployed, run, keep, world)), ...keep.map((hook) => outcomeOf(hook, 'waiting'))];
}

async function runQueue(settings: Settings, lineage: Deployed, run: readonly QueuedDeploy[], keep: readonly QueuedDeploy[], world: World): Promise<readonly DeployOutcome[]> {
  const outcomes: DeployOutcome[] = [];
  let queue = [...run, ...keep];
  writeDeployQueue(world.dirs, lineage.name, queue);
  for (const hook of run) {
    if (world.signal.aborted) throw new Cancelled();
    const { exitCode } = await runOne('deploy', hook.command, deployEnvironment(lineage), settings, world, lineage.name);
    const ended = { ...hook, exitCode };
    queue = queue.flatMap((waiting) => (waiting !== hook ? waiting : exitCode === 0 ? [] : ended));
    writeDeployQueue(world.dirs, lineage.name, queue);
    outcomes.push(outcomeOf(ended, exitCode === 0 ? 'done' : 'failed'));
  }
  const failed = outcomes.filter(({ state }) => state === 'failed').length;
  if (failed > 0) world.interaction.report({ type: 'log', level: 'warning', message: `${failed === 1 ? 'A deploy hook' : `${failed} deploy hooks`} of ${lineage.name} failed; the certificate itself is saved. Every \`${settings.program} renew\` tries again until it works.` });
  return outcomes;
}

function outcomeOf({ command, exitCode, since }: QueuedDeploy, state: DeployOutcome['state']): DeployOutcome {
  return { command, state, since, ...(exitCode === undefined ? {} : { exitCode }) };
}
