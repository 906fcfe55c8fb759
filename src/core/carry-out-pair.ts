import { listAccounts } from '../store/accounts.js';
import { readLineage } from '../store/lineage.js';
import { carryOut, readyInstaller, type Carried } from './carry-out.js';
import type { ObtainPlan } from './decide/plan.js';
import { AcmeProblem, CertwrightError, ChallengesFailed } from './errors.js';
import type { RenewalOutcome } from './events.js';
import type { Settings } from './settings.js';
import { hooksOnce } from './hooks-once.js';
import { installObtained } from './installation.js';
import type { World } from './world.js';

/**
 * Carries out a plan and that of its partner, if it has one: one account, one run of each pre and post hook, the same names one after
 * the other, so that the CA has them proved already the second time. A half that was obtained stays when the other one fails, and
 * is told. The server is given both at once, after the last; `done` gets what came of each certificate by its name, so that another try does what is left. Returns how post hooks ended. Throws what `carryOut` throws.
 */
export async function carryOutPair(plan: ObtainPlan, settings: Settings, partner: Settings | null, world: World, done: Map<string, Carried>): Promise<Carried['post']> {
  if (!plan.pair || !partner) {
    const carried = await carryOut(plan, settings, world);
    done.set(nameOf(plan), carried);
    return carried.post;
  }
  const installer = settings.verb === 'run' ? await readyInstaller(plan, settings, world) : null;
  const alone = (half: ObtainPlan): ObtainPlan => (installer ? { ...half, installer: null, installation: plan.installation } : half);
  const hooks = hooksOnce(world);
  const halves = [{ half: alone(plan), own: settings }, { half: alone(plan.pair), own: partner }];
  let failure: unknown;
  let post: Carried['post'] = [];
  try {
    for (const { half, own } of halves) {
      if (done.has(nameOf(half))) continue;
      try {
        done.set(nameOf(half), await carryOut({ ...half, account: knownAccount(half, own, world) }, own, world, hooks.around));
      } catch (error) {
        failure ??= error;
        // Names that cannot be proved, and a CA that cannot be reached, are the same for both.
        if (!(error instanceof AcmeProblem) || error instanceof ChallengesFailed) break;
      }
    }
    const obtained = halves.map(({ half }) => nameOf(half)).find((name) => done.has(name));
    if (installer && obtained !== undefined) await installObtained(installer, readLineage(world.dirs, obtained), settings, world);
  } finally {
    post = await hooks.end(halves.map(({ half }): RenewalOutcome => ({ name: nameOf(half), names: half.identifiers.map(({ value }) => value), state: done.has(nameOf(half)) ? 'renewed' : 'failed' })));
  }
  if (failure !== undefined) {
    const missing = halves.map(({ half }) => nameOf(half)).filter((name) => !done.has(name));
    if (done.size > 0 && failure instanceof CertwrightError) world.log('error', halfOnly([...done.keys()], missing));
    throw failure;
  }
  return post;
}

/** What is there and what is not when one half of a pair failed. */
export function halfOnly(kept: readonly string[], missing: readonly string[]): string {
  return `The certificate ${kept.join(', ')} was obtained and is kept; its partner ${missing.join(', ')} was not.`;
}

/** Whoever comes second takes the account that the first one made. */
function knownAccount({ account }: ObtainPlan, { values }: Settings, { dirs }: World): ObtainPlan['account'] {
  const id = account.kind === 'new' ? listAccounts(dirs, values.server)[0]?.id : undefined;
  return id === undefined ? account : { kind: 'existing', id };
}

function nameOf({ lineage, csr }: ObtainPlan): string {
  return lineage?.name ?? csr?.path ?? '';
}
