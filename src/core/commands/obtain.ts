import { listCheckpoints } from '../../store/checkpoint.js';
import { readLineage } from '../../store/lineage.js';
import type { Carried } from '../carry-out.js';
import { carryOutPair, halfOnly } from '../carry-out-pair.js';
import { collect, withoutLast, type LookUp, type Progress } from '../collect.js';
import { answeredSettings, withAnswers } from '../decide/decide.js';
import { settingsOfPair } from '../decide/pair.js';
import { reasonWords } from '../decide/renewal-reason.js';
import type { KeepPlan, ObtainPlan } from '../decide/plan.js';
import { deploymentOf } from '../deployment.js';
import { AcmeProblem, CertwrightError, ChallengesFailed, HookFailed, NetworkError, NotInstalled, PluginError, ServerChanged } from '../errors.js';
import { withCredentials, writeCredentials } from '../credentials-file.js';
import { dnsProviderOf } from '../dns-provider-here.js';
import { withDirectory } from '../directory-facts.js';
import { withEarlyRenewals } from '../early-facts.js';
import type { RenewalOutcome } from '../events.js';
import { failureReason } from '../failure-reason.js';
import { gatherFacts, lookUpFits } from '../facts.js';
import { refuseFailedHooks, validateHooks } from '../hooks.js';
import { installInto, lookUpInstallation, openInstaller } from '../installation.js';
import { putRight } from '../put-right.js';
import type { RecoveryChoice } from '../interaction.js';
import { serversHere } from '../servers-here.js';
import { withServing } from '../serving.js';
import { settleKeyChanges } from '../key-change.js';
import { tellOthers, type RunResult } from '../notify.js';
import type { Settings, Verb } from '../settings.js';
import { offerUndo } from '../undo-offer.js';
import { withFolders } from '../web-folders.js';
import type { World } from '../world.js';

/** What the person chose at the first screen instead of a certificate. */
export type Outcome = { done: true; result?: RunResult } | { instead: Exclude<Verb, 'run' | 'certonly'> };

/**
 * `run`, `certonly` and the wizard: ask what is not known, show the plan, do it. When it fails a person may try again, go on
 * without the names that failed, or change the plan; without a person the error is thrown.
 */
export async function obtain(settings: Settings, world: World): Promise<Outcome> {
  const alone = settings.values.noninteractiveMode || !world.attended;
  let outcome: Outcome;
  try {
    outcome = await untilDecided(settings, world);
  } catch (error) {
    if (alone) await tellOthers({ outcomes: [notObtained(settings, error)], post: [] }, settings, world);
    throw error;
  }
  if ('instead' in outcome || !outcome.result) return outcome;
  const { result } = outcome;
  if (alone) await tellOthers(result, settings, world);
  if (settings.values.strictHooks) refuseFailedHooks(result.outcomes.flatMap(({ deploys }) => deploys ?? []), result.post);
  return outcome;
}

/** What a failed run is told as, whether it came to a plan or not. */
function notObtained({ values: { certname, domains, ipAddresses } }: Settings, error: unknown): RenewalOutcome {
  const names = [...domains, ...ipAddresses];
  return { name: certname ?? names[0]?.replace(/^\*\./, '') ?? 'the certificate', state: 'failed', names, reason: failureReason(error) };
}

async function untilDecided(settings: Settings, world: World): Promise<Outcome> {
  const { interaction } = world;
  validateHooks(settings, world.env);
  await putRight(world);
  await settleKeyChanges(settings, world);
  const schedule = world.sandbox === null ? await world.schedule({ user: settings.values.userDirs }) : undefined;
  const gather = () => gatherFacts(settings, { dirs: world.dirs, plugins: world.plugins, now: world.clock.now(), sandbox: world.sandbox !== null, ...(schedule === undefined ? {} : { schedule }) });
  let progress: Progress = { answers: [], trail: [] };

  for (;;) {
    const lookUp: LookUp = async (known, { lookup: what, identifiers, wish, credentials, folders, serving }) => {
      if (credentials) return withCredentials(known, credentials, settings, world, identifiers);
      if (wish) return lookUpInstallation(known, wish, world);
      if (serving) return withServing(known, serving, world);
      if (folders) return withFolders(known, folders);
      if (what === 'servers') return { ...known, servers: await serversHere(settings, world) };
      if (what === 'early') return withEarlyRenewals(known, settings, world, identifiers);
      if (what !== 'fits') return withDirectory(known, settings, world);
      // The sandbox has a DNS of its own, in which no provider sets anything.
      const attended = world.attended && !settings.values.noninteractiveMode && world.sandbox === null;
      const fitting = await lookUpFits(known, settings, world.plugins, identifiers, { attended });
      const provider = attended ? await dnsProviderOf(identifiers, world.plugins) : null;
      return provider === null ? fitting : { ...fitting, dnsProvider: provider };
    };
    const collected = await collect(settings, await gather(), interaction, lookUp, progress);
    const { plan } = collected;
    progress = collected.progress;
    if (plan.kind === 'command') return plan.verb === 'quit' ? { done: true } : { instead: plan.verb };
    const known = new Set(listCheckpoints(world.dirs).map(({ id }) => id));
    if (plan.kind === 'keep') {
      if (settings.values.plan && plan.installation) {
        interaction.report({ type: 'plan', plan, command: [...collected.command] });
        return { done: true };
      }
      interaction.report({ type: 'kept', lineage: plan.lineage, notAfter: new Date(plan.notAfter).toISOString() });
      const own = withAnswers(settings, collected.facts, progress.answers);
      try {
        await installKept(plan, own, world);
      } catch (error) {
        if (!(error instanceof ServerChanged) || progress.answers.length === 0) throw error;
        tellReviewAgain(error, world);
        continue;
      }
      if (progress.answers.length > 0 && plan.installation) await offerUndo({ known, names: readLineage(world.dirs, plan.lineage).identifiers.map(({ shown }) => shown) }, own, world);
      return { done: true, result: { outcomes: [{ name: plan.lineage, state: 'not-due', notAfter: new Date(plan.notAfter).toISOString() }], post: [] } };
    }
    const effective = withAnswers(settings, collected.facts, progress.answers);
    const partner = plan.kind === 'obtain' ? settingsOfPair(answeredSettings(settings, collected.facts, progress.answers), effective, collected.facts, plan) : null;
    if (settings.values.plan) {
      interaction.report({ type: 'plan', plan, command: [...collected.command] });
      return { done: true };
    }
    if (plan.kind === 'export') {
      const { exportUntilDone } = await import('../carry-out-export.js');
      if ((await exportUntilDone(plan, progress.answers, effective, world)) === 'done') return { done: true };
      progress = withoutLast(progress);
      continue;
    }
    if (plan.credentialsFile !== undefined) {
      writeCredentials(collected.facts);
      interaction.report({ type: 'log', level: 'info', message: `The credentials are kept in ${plan.credentialsFile}, which only its owner can read.` });
    }
    if (collected.rehearse) {
      await world.rehearse(plan, effective);
      continue;
    }
    if (plan.lineage && (plan.reason === 'date' || plan.reason === 'advised' || plan.reason === 'revoked')) world.log('info', `${plan.lineage.name} is renewed now: ${reasonWords[plan.reason]}.`);
    // What was answered counts as typed: `resume` repeats it without asking.
    const asTyped: World = { ...world, args: collected.command.slice(1) };
    const carried = await untilDone(plan, { own: effective, partner }, asTyped, progress.answers.length > 0);
    if (carried === 'review') continue;
    if (carried !== 'change') {
      if (progress.answers.length > 0 && plan.installation) await offerUndo({ known, names: plan.identifiers.map(({ shown }) => shown) }, effective, world);
      return { done: true, result: resultOf(carried) };
    }
    progress = withoutLast(progress);
  }
}

/**
 * Carries the plan out, again as often as the person wishes; names that are proved stay so at the CA and are not asked again. `review`:
 * nothing was done, for a server is not what it was when the plan was shown.
 */
async function untilDone(plan: ObtainPlan, settings: { own: Settings; partner: Settings | null }, world: World, mayChange: boolean): Promise<CarriedHalves | 'change' | 'review'> {
  let next = plan;
  const halves = new Map<string, Carried>();
  for (;;) {
    try {
      const post = await carryOutPair(next, settings.own, settings.partner, world, halves);
      return { halves, post };
    } catch (error) {
      if (!(error instanceof CertwrightError)) throw error;
      if (error instanceof ServerChanged && mayChange && halves.size === 0) {
        tellReviewAgain(error, world);
        return 'review';
      }
      const choices = waysOut(plan, error).filter((way) => mayChange || way !== 'change');
      const choice = choices.every((way) => way === 'quit') ? 'quit' : await world.interaction.recover(error, choices, { safe: whatIsSafe(plan, [...halves.keys()]) });
      if (choice === 'quit') throw error;
      if (choice === 'change') return 'change';
      const again = (half: ObtainPlan): ObtainPlan => ({ ...half, resume: null, allowSubsetOfNames: plan.allowSubsetOfNames || choice === 'without-failed' });
      next = { ...again(plan), ...(plan.pair ? { pair: again(plan.pair) } : {}) };
    }
  }
}

/** The answers stay: what is shown next is the same plan with the change as it would be now. */
function tellReviewAgain({ message }: ServerChanged, world: World): void {
  world.log('warning', `${message} This is what would be changed now.`);
}

interface CarriedHalves {
  /** What came of each certificate, by its name (or the path of --csr): one, or the two of a pair. */
  halves: ReadonlyMap<string, Carried>;
  post: RunResult['post'];
}

function resultOf({ halves, post }: CarriedHalves): RunResult {
  const outcomes = [...halves].map(([name, { deploys, names, dropped }]): RenewalOutcome => ({ name, state: 'renewed', names: [...names], ...(dropped.length > 0 ? { dropped: [...dropped] } : {}), ...(deploys.length > 0 ? { deploys: [...deploys] } : {}) }));
  return { outcomes, post };
}

/** Only errors that may go away offer another try. */
function waysOut(plan: ObtainPlan, error: CertwrightError): readonly RecoveryChoice[] {
  // The certificate is there: another try would order one more.
  if (error instanceof NotInstalled) return ['quit'];
  if (error instanceof ChallengesFailed) {
    const some = error.valid.length > 0 && plan.csr === null;
    return some ? ['retry', 'without-failed', 'change', 'quit'] : ['retry', 'change', 'quit'];
  }
  if (error instanceof AcmeProblem || error instanceof NetworkError || error instanceof PluginError || error instanceof HookFailed) return ['retry', 'change', 'quit'];
  return error.code === 'cancelled' ? [] : ['change', 'quit'];
}

function whatIsSafe(plan: ObtainPlan, halves: readonly string[]): string {
  const names = [plan, plan.pair].map((half) => half?.lineage?.name ?? '');
  if (halves.length > 0) return halfOnly(halves, names.filter((name) => !halves.includes(name)));
  return plan.lineage?.exists ? `Nothing was changed. The certificate ${plan.lineage.name} that you have is still in use.` : 'Nothing was changed: no file was saved, no server was touched.';
}

/** `run` with a certificate that is kept: the server may still have to be pointed to it (certbot's reinstall). */
async function installKept({ lineage: name, installer, installation }: KeepPlan, settings: Settings, world: World): Promise<void> {
  if (installer === null || settings.verb !== 'run') return;
  await installInto(await openInstaller(settings, world), deploymentOf(readLineage(world.dirs, name), settings, world.dirs), settings, world, { deploy: true, ...(installation ? { shown: installation } : {}) });
}
