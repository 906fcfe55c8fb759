import { openLineageIndex, writeLineageIndex } from '../../store/lineage-index.js';
import { listLineages, type Lineage } from '../../store/lineage.js';
import { readRenewalNotes, type RenewalNotes } from '../../store/renewal-notes.js';
import { noteBehind } from '../behind.js';
import type { Carried, HooksAround } from '../carry-out.js';
import { deployAgain } from '../deploy.js';
import type { Facts } from '../decide/facts.js';
import { withDroppedNames } from '../decide/dropped-names.js';
import { plannedAuthenticators } from '../decide/authenticators-by-name.js';
import { renewalSettings } from '../decide/renewal-settings.js';
import { CertwrightError, Refused } from '../errors.js';
import type { RenewalOutcome } from '../events.js';
import { repeatExports } from '../export.js';
import { failureHint, failureReason } from '../failure-reason.js';
import { gatherFacts, renewalFacts } from '../facts.js';
import { refuseFailedHooks, validateHooks, type HookRun } from '../hooks.js';
import { installRenewals, installsWaiting } from '../install-renewals.js';
import { settleKeyChanges } from '../key-change.js';
import { tellEarlyEnd, tellOthers } from '../notify.js';
import { planForRenewal } from '../plan-for-renewal.js';
import { putRight } from '../put-right.js';
import { reasonWords } from '../decide/renewal-reason.js';
import { inPairs, partnersAlong } from '../decide/renewal-pairs.js';
import { renewalVerdicts, type RenewalVerdict } from '../renewal-verdicts.js';
import { updateServers } from '../renewal-updates.js';
import type { Settings } from '../settings.js';
import { hooksOnce, inOrder } from '../hooks-once.js';
import type { World } from '../world.js';

/** C34: so that all machines of the world do not come at the same minute. Milliseconds. */
const LONGEST_SLEEP = 480_000;

/**
 * `renew`: every lineage (or --cert-name) that is due is renewed with the options it was obtained with, several at a time. One
 * broken file, one failing name or hook never stops the others. Throws Refused at the end when any failed (S99: exit 1 only then) or could
 * not be given to its server, and HookFailed with --strict-hooks when nothing but a hook did.
 */
export async function renew(settings: Settings, world: World): Promise<void> {
  if (settings.values.forecast !== undefined) return (await import('./forecast.js')).forecastRenewals(settings, world);
  let begun: Begun;
  try {
    begun = await begin(settings, world);
  } catch (error) {
    await tellEarlyEnd(error, settings, world);
    throw error;
  }
  const { now, lineages, own, unreadable, verdicts } = begun;
  const { interaction, dirs } = world;
  const { dryRun, maxParallel } = settings.values;
  const isDue = (name: string): boolean => verdicts.get(name)?.because !== undefined;
  const along = settings.values.dual === false ? new Map<string, string>() : partnersAlong(lineages, isDue, (lineage) => renewalFacts(lineage, now).renewable);
  const wanted = [...own, ...lineages.filter((lineage) => along.has(lineage.name) && !own.includes(lineage))];
  const due = wanted.filter(({ name }) => isDue(name) || along.has(name));
  const outcomes = new Map(wanted.map((lineage): [string, RenewalOutcome] => [lineage.name, { ...basics(lineage), state: 'not-due', ...verdicts.get(lineage.name) }]));
  if (due.length > 0) await sleepSomewhat(settings, world);

  // One listener and one hook at a time for all of them.
  const shared: World = { ...world, authenticators: new Map(), runHook: inOrder(world.runHook) };
  const hooks = hooksOnce(shared);
  let post: readonly HookRun[] = [];
  let reason: string | undefined;
  try {
    const base = due.length > 0 ? await gatherFacts(settings, { dirs, plugins: world.plugins, now, sandbox: world.sandbox !== null }) : null;
    const alone = new Map<string, Promise<unknown>>();
    const notes = readRenewalNotes(dirs);
    // Before the first is obtained: whenever this run is stopped, it is known what was not told of it.
    if (!dryRun) noteBehind(due, settings, world);
    await sideBySide(inPairs(due), maxParallel, world.signal, async (lineage) => {
      const partner = along.get(lineage.name);
      const verdict = partner === undefined ? verdicts.get(lineage.name) : undefined;
      if (partner !== undefined) world.log('info', `${lineage.name} is renewed now: along with its partner ${partner}.`);
      if (verdict?.because !== undefined && verdict.because !== 'forced') world.log('info', `${lineage.name} is renewed now: ${reasonWords[verdict.because]}.`);
      if (base) outcomes.set(lineage.name, { ...(await renewOne(lineage, settings, shared, { around: hooks.around, base, alone, notes })), ...verdict });
    });
    const others = wanted.filter(({ name }) => outcomes.get(name)?.state !== 'renewed');
    // What an earlier renewal could not export, or what another client renewed; those of today were exported with their renewal.
    if (!dryRun) for (const { name, renewal } of others) if (renewal.ownTables !== undefined) await repeatExports(name, settings, shared);
    for (const [name, deploys] of await deployAgain(settings, others, shared)) outcomes.set(name, { ...outcomes.get(name), deploys: [...deploys] } as RenewalOutcome);
    if (dryRun) for (const [name, install] of installsWaiting(others, settings, world)) outcomes.set(name, { ...outcomes.get(name), install } as RenewalOutcome);
    else {
      const renewed = due.filter(({ name }) => outcomes.get(name)?.state === 'renewed');
      for (const [name, install] of await installRenewals(renewed, others, settings, world)) outcomes.set(name, { ...outcomes.get(name), install } as RenewalOutcome);
      await updateServers(wanted, renewed, settings, world);
    }
  } catch (error) {
    reason = failureReason(error);
    throw error;
  } finally {
    const all = [...outcomes.values(), ...unreadable];
    interaction.report({ type: 'renewals', dryRun, outcomes: all });
    post = await hooks.end(all);
    await tellOthers({ outcomes: all, post, ...(reason === undefined ? {} : { reason }) }, settings, world);
  }
  const failed = [...outcomes.values()].filter(({ state }) => state === 'failed');
  const uninstalled = [...outcomes.values()].filter(({ install }) => install?.state === 'failed').length;
  if (failed.length + unreadable.length + uninstalled > 0) throw new Refused(`${failed.length} renew failure(s), ${unreadable.length} parse failure(s)${uninstalled > 0 ? `, ${uninstalled} installation failure(s)` : ''}`);
  if (settings.values.strictHooks) refuseFailedHooks([...outcomes.values()].flatMap(({ deploys }) => deploys ?? []), post);
}

/** What is there and what of it is due, before anything is renewed. */
interface Begun {
  /** Milliseconds since the epoch. */
  now: number;
  lineages: readonly Lineage[];
  /** Those that were asked for. */
  own: readonly Lineage[];
  unreadable: readonly RenewalOutcome[];
  verdicts: ReadonlyMap<string, RenewalVerdict>;
}

async function begin(settings: Settings, world: World): Promise<Begun> {
  const { certname, domains, dryRun } = settings.values;
  if (domains.length > 0) {
    throw new Refused('Currently, the renew verb is capable of either renewing all installed certificates that are due to be renewed or renewing a single certificate specified by its name.', {
      hint: 'Use --cert-name, or certonly -d to choose by domain names.',
    });
  }
  validateHooks(settings, world.env);
  const index = openLineageIndex(world.dirs);
  await putRight(world, index);
  await settleKeyChanges(settings, world);
  const { lineages, broken } = listLineages(world.dirs, index);
  if (!dryRun) writeLineageIndex(index, world.dirs);
  const own = certname === undefined ? lineages : lineages.filter(({ name }) => name === certname);
  const unreadable = broken
    .filter(({ path }) => certname === undefined || path.endsWith(`/${certname}.conf`))
    .map(({ path, reason }): RenewalOutcome => ({ name: path, state: 'unreadable', reason }));
  if (certname !== undefined && own.length === 0 && unreadable.length === 0) {
    throw new Refused(`No certificate found with name ${certname} (expected ${world.dirs.config}/renewal/${certname}.conf).`);
  }
  return { now: world.clock.now(), lineages, own, unreadable, verdicts: await renewalVerdicts(own, settings, world) };
}

interface Shared {
  around: HooksAround;
  /** Gathered once: a thousand lineages are not read a thousand times. */
  base: Facts;
  /** What must not overlap (an authenticator, the making of an account), with the end of what is done now. */
  alone: Map<string, Promise<unknown>>;
  notes: Readonly<Record<string, RenewalNotes>>;
}

async function renewOne(lineage: Lineage, asked: Settings, world: World, { around, base, alone, notes }: Shared): Promise<RenewalOutcome> {
  const fine = basics(lineage);
  const failed = (reason: string, hint?: string): RenewalOutcome => {
    world.interaction.report({ type: 'log', level: 'error', message: `Failed to renew certificate ${lineage.name} with error: ${reason}` });
    return { ...fine, state: 'failed', reason, ...(hint === undefined ? {} : { hint }) };
  };
  try {
    const settings = withDroppedNames(renewalSettings(asked, lineage.name, lineage.renewal.params), lineage.identifiers, notes[lineage.name]?.dropped ?? []);
    if (settings.values.authenticator === undefined) return failed('Its renewal file names no authenticator.', 'Obtain it once with certonly.');
    const plan = await planForRenewal(settings, base, world);
    // Loaded only when something is due: most runs of the timer have nothing to do.
    const { carryOut } = await import('../carry-out.js');
    let carried: Carried;
    const exclusive = plannedAuthenticators(plan).filter((used) => world.plugins.find(({ name }) => name === used)?.overlaps !== true);
    if (exclusive.length === 0 && plan.account.kind === 'existing') carried = await carryOut(plan, settings, world, around);
    else {
      // Whoever comes second finds the account that the first one made.
      const keys = exclusive.length === 0 ? [settings.values.server] : exclusive;
      const turn = Promise.all(keys.map((key) => alone.get(key))).then(async () => carryOut(await planForRenewal(settings, base, world), settings, world, around));
      for (const key of keys) alone.set(key, turn.catch(() => undefined));
      carried = await turn;
    }
    const { deploys, names, dropped } = carried;
    return { ...fine, names: [...names], ...(dropped.length > 0 ? { dropped: [...dropped] } : {}), state: 'renewed', fullchain: lineage.live.fullchain, ...(deploys.length > 0 ? { deploys: [...deploys] } : {}) };
  } catch (error) {
    if (error instanceof CertwrightError && error.code === 'cancelled') throw error;
    return failed(failureReason(error), failureHint(error));
  }
}

function basics({ name, notAfter, identifiers }: Lineage): { name: string; names: string[]; notAfter: string } {
  return { name, names: identifiers.map(({ value }) => value), notAfter: notAfter.toISOString() };
}

/** U28: told with the time it lasts; Ctrl-C and SIGTERM end it at once. */
async function sleepSomewhat({ values }: Settings, { attended, sandbox, clock, signal, interaction }: World): Promise<void> {
  if (attended || sandbox || !values.randomSleepOnRenew) return;
  const ms = 1000 + Math.random() * (LONGEST_SLEEP - 1000);
  interaction.report({ type: 'waiting', why: 'random-delay', seconds: Math.round(ms / 1000), until: new Date(clock.now() + ms).toISOString() });
  await clock.sleep(ms, signal);
}

/** At most `limit` groups at a time, in their order, and of each group one after the other; what was not begun when the run is cancelled is left out. */
async function sideBySide<T>(all: readonly (readonly T[])[], limit: number, signal: AbortSignal, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...all];
  const worker = async (): Promise<void> => {
    for (let group = waiting.shift(); group !== undefined && !signal.aborted; group = waiting.shift()) for (const item of group) if (!signal.aborted) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, all.length) }, worker));
}
