import { shownSteps } from './change-step.js';
import type { Deployment, Installer } from '../plugins/contract.js';
import { enhancementsWanted } from './decide/enhancements-wanted.js';
import { ServerChanged } from './errors.js';
import { installInto, placeQuestion, planInstallation, tellUnsupported } from './installation.js';
import { back, type Answered } from './interaction.js';
import type { Settings } from './settings.js';
import type { World } from './world.js';

/** What is installed, and how it came to be meant. */
export interface Meant {
  deployment: Deployment;
  /** Name of the certificate, or the path of its file. */
  certificate: string;
  /** The answer that chose it; null = it was said by flags. */
  answered: Answered | null;
}

/**
 * `install` and `enhance` with a person: asks where the names go that only they can place, shows every change, and does it when they say so.
 * When the server's configuration was changed meanwhile, what would be done now is shown first. `back`: another certificate is wanted.
 * Throws PluginError, Cancelled.
 */
export async function installReviewed(installer: Installer, { deployment, certificate, answered }: Meant, settings: Settings, world: World, { deploy }: { deploy: boolean }): Promise<'done' | typeof back> {
  const { interaction } = world;
  const trail: Answered[] = answered ? [answered] : [];
  const chosen = new Map<string, readonly string[]>();
  const questions = deploy ? installer.questions(deployment) : [];
  const first = trail.length;
  for (;;) {
    const next = questions[trail.length - first];
    const at = { canGoBack: trail.length > 0, trail: [...trail] };
    if (next) {
      const question = placeQuestion(next);
      const before = chosen.get(next.name);
      const value = await interaction.ask(question, { ...at, ...(before ? { initial: before } : {}) });
      if (value === back) {
        if (trail.length === first) return back;
        trail.pop();
        continue;
      }
      const places = Array.isArray(value) ? value.map(String) : [String(value)];
      chosen.set(next.name, places);
      trail.push({ question, value: places, label: question.label, text: places.join(', ') });
      continue;
    }
    const planned = await planInstallation(installer, deployment, enhancementsWanted(settings), { deploy, chosen });
    const installation = { ...planned, steps: shownSteps(planned.steps) };
    await installer.read(new Map());
    if (installation.steps.length > 0 && !settings.values.plan) {
      tellUnsupported(installation, settings, world);
      const plan = { kind: 'install' as const, certificate, names: deployment.names, installer: settings.values.installer ?? '', installation };
      const choice = await interaction.review(plan, { ...at, command: commandFor(certificate, answered !== null, questions.map(({ name, flag }) => ({ flag, places: chosen.get(name) ?? [] })), settings, world) });
      if (choice === 'quit') {
        interaction.report({ type: 'result', text: 'Nothing was changed.' });
        return 'done';
      }
      if (choice === back) {
        if (trail.length === first) return back;
        trail.pop();
        continue;
      }
      // Whoever edited the files meanwhile did it before this.
      await installer.read(new Map());
    }
    try {
      await installInto(installer, deployment, settings, world, { deploy, lineage: certificate, chosen, shown: installation });
      return 'done';
    } catch (error) {
      if (!(error instanceof ServerChanged)) throw error;
      world.log('warning', `${error.message} This is what would be changed now.`);
      await installer.read(new Map());
    }
  }
}

/** The words that would have asked nothing. */
function commandFor(certificate: string, asked: boolean, placed: readonly { flag: string; places: readonly string[] }[], { program }: Settings, { args }: World): readonly string[] {
  return [program, ...args, ...(asked ? ['--cert-name', certificate] : []), ...placed.flatMap(({ flag, places }) => places.flatMap((place) => [flag, place])), '-n'];
}
