import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { carryOutPair } from './core/carry-out-pair.js';
import { plannedAuthenticators } from './core/decide/authenticators-by-name.js';
import type { ObtainPlan, Proof } from './core/decide/plan.js';
import { CertwrightError } from './core/errors.js';
import type { Interaction } from './core/interaction.js';
import type { Settings } from './core/settings.js';
import type { World } from './core/world.js';
import type { PluginDescriptor } from './plugins/contract.js';
import { startRehearsal } from './rehearsal.js';
import type { Log } from './system/log.js';
import { makeWorld } from './world.js';

/** Between two looks at records that the sandbox places for the person, in milliseconds. */
const LOOK_AGAIN = 500;

/**
 * Carries the plan out on the embedded CA, with the same names, key and proof, in folders that are thrown away: no hook runs,
 * no real CA is asked, /etc/letsencrypt is neither read nor written. A web folder is written to and cleaned, as it will be
 * later: that is worth rehearsing. A web server of this machine and an account at a DNS provider are not touched: something small stands in for them. Says how it went; true when
 * it worked.
 */
export async function rehearse(plan: ObtainPlan, settings: Settings, { interaction, plugins }: World, parts: { args: readonly string[]; env: World['env']; log: Log; signal: AbortSignal }): Promise<boolean> {
  const left = plugins.filter((plugin) => isOutside(plugin) && (plannedAuthenticators(plan).includes(plugin.name) || plugin.name === plan.installer)).map(({ name, title, server }) => ({ name, label: server?.label ?? title }));
  const folder = mkdtempSync(join(tmpdir(), 'certwright-rehearsal-'));
  const { http01Port: _http, httpsPort: _https, ...sources } = settings.sources;
  const given = {
    ...settings,
    plugin: { ...settings.plugin, manual_auth_hook: undefined, manual_cleanup_hook: undefined },
    sources: { ...sources, configDir: 'flag', workDir: 'flag', logsDir: 'flag' } as Settings['sources'],
    values: { ...settings.values, configDir: join(folder, 'config'), workDir: join(folder, 'work'), logsDir: join(folder, 'logs'), directoryHooks: false, debugChallenges: false },
  };
  const rehearsal = await startRehearsal({ ...given, values: { ...given.values, preHook: '', postHook: '', deployHook: '' } }, parts.env);
  try {
    const world = makeWorld({ ...parts, plugins, locks: null, env: rehearsal.env, interaction: watching(interaction), rehearsal, attended: true, dirs: { config: given.values.configDir, work: given.values.workDir, logs: given.values.logsDir } });
    await carryOutPair(onSandbox(plan, rehearsal.settings, left), rehearsal.settings, rehearsal.settings, world, new Map());
    interaction.report({ type: 'log', level: 'info', message: `The rehearsal worked: on the sandbox CA this plan gives a certificate. Nothing real was changed.${left.map(({ label }) => ` ${label} was left alone, so its part was not rehearsed.`).join('')}` });
    return true;
  } catch (error) {
    if (!(error instanceof CertwrightError) || error.code === 'cancelled') throw error;
    interaction.report({ type: 'log', level: 'info', message: `The rehearsal failed. Nothing real was changed.\n${error.message}${error.hint === undefined ? '' : `\n${error.hint}`}` });
    return false;
  } finally {
    await rehearsal.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A server of this machine, or an account at a DNS provider. */
function isOutside({ server, credentials }: PluginDescriptor): boolean {
  return server !== undefined || credentials !== undefined;
}

function onSandbox(plan: ObtainPlan, settings: Settings, left: readonly { name: string }[]): ObtainPlan {
  const { values } = settings;
  const several = plannedAuthenticators(plan).length > 1;
  const standIn = (authenticator: string, proofs: readonly Proof[]): string => {
    // The sandbox serves web folders on the port that a server of our own would need.
    if (several) return authenticator === 'standalone' || left.some(({ name }) => name === authenticator) ? 'manual' : authenticator;
    return left.some(({ name }) => name === authenticator) ? (proofs.some(({ challenge }) => challenge.startsWith('dns-')) ? 'manual' : 'standalone') : authenticator;
  };
  return {
    ...plan,
    authenticator: standIn(plan.authenticator, plan.proofs),
    proofs: plan.proofs.map((proof) => ({ ...proof, authenticator: standIn(proof.authenticator, plan.proofs) })),
    installer: null,
    resume: null,
    profile: null,
    preferredChain: null,
    hooks: {},
    account: { kind: 'new' },
    ca: { server: values.server, label: 'sandbox CA', test: true },
    lineage: plan.lineage && { ...plan.lineage, exists: false },
    ...(plan.pair ? { pair: onSandbox(plan.pair, settings, left) } : {}),
  };
}

/** The real face, with a patient assistant in front: what is to be placed by hand the sandbox places itself. */
function watching(interaction: Interaction): Interaction {
  return {
    ask: (question, at) => interaction.ask(question, at),
    review: (plan, at) => interaction.review(plan, at),
    recover: () => Promise.resolve('quit'),
    close: () => Promise.resolve(),
    report(event) {
      if (event.type !== 'saved' && event.type !== 'account-registered') interaction.report(event);
    },
    async instruct({ tasks, look }) {
      for (;;) {
        const seen = await look();
        if (tasks.every((_, index) => seen[index]?.every(({ state }) => state === 'seen'))) return;
        await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN));
      }
    },
  };
}
