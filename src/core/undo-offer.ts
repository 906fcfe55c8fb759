import { checkpointReports } from './checkpoint-report.js';
import { undoReports } from './commands/rollback.js';
import { installedQuestion, putBackQuestion } from './decide/undo-choice.js';
import { Cancelled } from './errors.js';
import { back } from './interaction.js';
import type { Settings } from './settings.js';
import type { World } from './world.js';

/**
 * After a server was configured for a person: kept so, or all of it undone at once, after one more question. `known` are the ids of the
 * checkpoints from before, `names` what the certificate is for. Leaving is keeping. Throws what a rollback throws.
 */
export async function offerUndo({ known, names }: { known: ReadonlySet<string>; names: readonly string[] }, settings: Settings, world: World): Promise<void> {
  const made = checkpointReports(world.dirs).filter(({ id }) => !known.has(id));
  const server = world.plugins.find(({ name }) => name === settings.values.installer)?.server?.label;
  if (made.length === 0 || server === undefined) return;
  const paths = [...new Set(made.flatMap(({ files }) => files.map(({ path }) => path)))];
  if (!(await wantsUndo({ server, names, paths }, world))) return;
  await undoReports(made, settings, world);
  world.interaction.report({ type: 'result', text: `${server} was reloaded: it serves what it served before. The certificate is kept; \`${settings.program} install\` gives it to ${server} again.` });
}

async function wantsUndo(changed: Parameters<typeof installedQuestion>[0], { interaction }: World): Promise<boolean> {
  try {
    for (;;) {
      const wish = await interaction.ask(installedQuestion(changed), { canGoBack: false, trail: [] });
      if (wish !== 'undo') return false;
      const sure = await interaction.ask(putBackQuestion(changed), { canGoBack: true, trail: [] });
      if (sure !== back) return sure === 'yes';
    }
  } catch (error) {
    // What was asked for is done: who leaves here keeps it.
    if (error instanceof Cancelled) return false;
    throw error;
  }
}
