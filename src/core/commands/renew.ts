import { listLineages, type Lineage } from '../../store/lineage.js';
import { recover } from '../../store/recover.js';
import type { HooksAround } from '../carry-out.js';
import { decide } from '../decide/decide.js';
import type { Facts } from '../decide/facts.js';
import { renewalSettings } from '../decide/renewal-settings.js';
import { withDirectory } from '../directory-facts.js';
import { CertwrightError, MissingFlag, Refused } from '../errors.js';
import type { RenewalOutcome } from '../events.js';
import { gatherFacts, lineageFact, lookUpFits } from '../facts.js';
import { hooksOf } from '../hooks.js';
import { renewalsAdvised } from '../renewal-information.js';
import type { Settings } from '../settings.js';
import type { World } from '../world.js';

/**
 * `renew`: every lineage (or --cert-name) that is due is renewed with the options it was obtained with. One broken file, one
 * failing name or hook never stops the others. Throws Refused at the end when any failed (S99: exit 1 only then).
 */
export async function renew(settings: Settings, world: World): Promise<void> {
  const { interaction } = world;
  if (settings.values.domains.length > 0) {
    throw new Refused('Currently, the renew verb is capable of either renewing all installed certificates that are due to be renewed or renewing a single certificate specified by its name.', {
      hint: 'Use --cert-name, or certonly -d to choose by domain names.',
    });
  }
  for (const { what, path } of recover(world.dirs)) interaction.report({ type: 'recovered', what, path });
  const { lineages, broken } = listLineages(world.dirs);
  const { certname } = settings.values;
  const wanted = certname === undefined ? lineages : lineages.filter(({ name }) => name === certname);
  const outcomes: RenewalOutcome[] = broken
    .filter(({ path }) => certname === undefined || path.endsWith(`/${certname}.conf`))
    .map(({ path, reason }) => ({ name: path, state: 'unreadable', reason }));
  if (certname !== undefined && wanted.length === 0 && outcomes.length === 0) {
    throw new Refused(`No certificate found with name ${certname} (expected ${world.dirs.config}/renewal/${certname}.conf).`);
  }
  const { dryRun, renewByDefault } = settings.values;
  const open = dryRun || renewByDefault ? [] : wanted.filter((lineage) => lineageFact(lineage, world.clock.now()).renewable && !lineageFact(lineage, world.clock.now()).due);
  const advised = await renewalsAdvised(open, settings, world);
  const hooks = sharedHooks(world);
  try {
    for (const lineage of wanted) {
      if (world.signal.aborted) break;
      outcomes.push(await renewOne(lineage, settings, world, hooks.around, advised.has(lineage.name)));
    }
  } finally {
    interaction.report({ type: 'renewals', dryRun: settings.values.dryRun, outcomes });
    await hooks.end(outcomes);
  }
  const failed = outcomes.filter(({ state }) => state === 'failed');
  const unreadable = outcomes.filter(({ state }) => state === 'unreadable');
  if (failed.length > 0 || unreadable.length > 0) throw new Refused(`${failed.length} renew failure(s), ${unreadable.length} parse failure(s)`);
}

async function renewOne(lineage: Lineage, asked: Settings, world: World, around: HooksAround, advised: boolean): Promise<RenewalOutcome> {
  const { name } = lineage;
  const fact = lineageFact(lineage, world.clock.now());
  const fine = { name, notAfter: lineage.notAfter.toISOString() };
  const { renewByDefault, dryRun } = asked.values;
  if (fact.authenticator === undefined && asked.values.authenticator === undefined) {
    return { ...fine, state: 'failed', reason: 'Its renewal file names no authenticator; obtain it once with certonly.' };
  }
  if (!fact.due && !advised && !renewByDefault && !dryRun) return { ...fine, state: 'not-due' };
  try {
    const settings = renewalSettings(asked, name, lineage.renewal.params);
    const plan = await planFor({ ...settings, verb: 'certonly', values: { ...settings.values, renewByDefault: true } }, world);
    // Loaded only when something is due: most runs of the timer have nothing to do.
    const { carryOut } = await import('../carry-out.js');
    await carryOut(plan, settings, world, around);
    return { ...fine, state: 'renewed', fullchain: lineage.live.fullchain };
  } catch (error) {
    if (error instanceof CertwrightError && error.code === 'cancelled') throw error;
    const reason = error instanceof CertwrightError ? error.message : `unexpected: ${error instanceof Error ? error.message : String(error)}`;
    world.interaction.report({ type: 'log', level: 'error', message: `Failed to renew certificate ${name} with error: ${reason}` });
    return { ...fine, state: 'failed', reason };
  }
}

/** What `decide` says without a person: every question must have been answered when the certificate was obtained. */
async function planFor(settings: Settings, world: World): Promise<Extract<ReturnType<typeof decide>, { plan: unknown }>['plan'] & { kind: 'obtain' }> {
  let facts: Facts = await gatherFacts(settings, { dirs: world.dirs, plugins: world.plugins, now: world.clock.now(), sandbox: world.sandbox !== null });
  for (;;) {
    const decision = decide(settings, facts, []);
    if ('ask' in decision) throw new MissingFlag(decision.ask.missing ?? decision.ask.title, decision.ask.flags);
    if ('lookup' in decision) {
      if (decision.lookup === 'fits') facts = await lookUpFits(facts, settings, world.plugins, decision.identifiers);
      else facts = await withDirectory(facts, settings, world);
      continue;
    }
    if (decision.plan.kind !== 'obtain') throw new Refused('There is nothing to renew for this certificate.');
    return decision.plan;
  }
}

/** F55: each distinct pre hook once in the process; post hooks are collected and run at the end, each once, also after failures. */
function sharedHooks({ interaction, runHook }: World): { around: HooksAround; end(outcomes: readonly RenewalOutcome[]): Promise<void> } {
  const before = new Set<string>();
  const after = new Map<string, number>();
  const run = async (kind: string, command: string, env: Record<string, string>, timeoutMs: number): Promise<void> => {
    const result = await runHook(command, { env, timeoutMs });
    interaction.report({ type: 'hook', kind, command, ...result });
  };
  return {
    around: {
      async before(settings) {
        const timeoutMs = settings.values.hookTimeout * 1000;
        for (const command of hooksOf(settings, 'post')) after.set(command, timeoutMs);
        for (const command of hooksOf(settings, 'pre')) {
          if (before.has(command)) continue;
          before.add(command);
          await run('pre-hook', command, {}, timeoutMs);
        }
      },
      after: () => Promise.resolve(),
    },
    async end(outcomes) {
      const names = (state: RenewalOutcome['state']): string => outcomes.filter((outcome) => outcome.state === state).map(({ name }) => name).join(' ');
      for (const [command, timeoutMs] of after) await run('post-hook', command, { RENEWED_DOMAINS: names('renewed'), FAILED_DOMAINS: names('failed') }, timeoutMs);
    },
  };
}
