import { checkpointReports } from '../checkpoint-report.js';
import { checkpointQuestion, editedQuestion, undoChoice, undoQuestion } from '../decide/undo-choice.js';
import { momentMeant } from '../decide/moment.js';
import { serverOf } from '../decide/server-of.js';
import { PluginError, Refused } from '../errors.js';
import type { CheckpointReport } from '../events.js';
import { openInstaller } from '../installation.js';
import { back } from '../interaction.js';
import { putRight } from '../put-right.js';
import { renamedSince } from '../renamed-since.js';
import { isSet, type Settings } from '../settings.js';
import { undoCommand } from '../undo-command.js';
import type { World } from '../world.js';
import { listCheckpoints } from '../../store/checkpoint.js';
import { keepEdited, undoCheckpoint } from '../../store/checkpoint-undo.js';

/**
 * `rollback` (S10, N11): undoes the newest --checkpoints changes of server configuration, those made --since a moment, or the one that is
 * named, or asks which.
 * A file that was edited since is never overwritten without being asked. The server of the installer that is named tests what is
 * there now and reads it. Throws Refused when something could not be put back, PluginError.
 */
export async function rollback(settings: Settings, world: World): Promise<void> {
  await putRight(world);
  const all = checkpointReports(world.dirs);
  if (all.length === 0) return world.log('warning', "Certbot hasn't modified your configuration, so rollback isn't available.");
  const undo = await chosen(all, settings, world);
  if (undo === null) return;
  await undoReports(undo, settings, world);
}

/**
 * Undoes these checkpoints, in this order; then the server of the installer that is named tests what is there and reads it. Throws Refused
 * when something could not be put back, PluginError.
 */
export async function undoReports(undo: readonly CheckpointReport[], settings: Settings, world: World): Promise<void> {
  const edits = undo.flatMap(({ files }) => files.filter(({ state }) => state === 'edited'));
  const wish = edits.length === 0 ? 'overwrite' : (settings.values.edits ?? (await world.interaction.ask(editedQuestion(edits, renamedSince(undo, world.dirs), settings), { canGoBack: false, trail: [] })));
  if (wish !== 'keep' && wish !== 'overwrite') return;
  const touched: string[] = [];
  const problems: string[] = [];
  const keep = wish === 'keep' ? edits.map(({ path }) => path) : [];
  for (const report of undo) {
    // A file that stays is not put back by an older change either.
    const done = await undoOne(report, keep, world);
    touched.push(...done.touched);
    problems.push(...done.problems);
  }
  if (settings.values.installer === undefined) tellServers(touched, world);
  else if (touched.length > 0) await reloadServer(settings, world);
  if (problems.length > 0) throw new Refused(`Unable to load checkpoint during rollback\n${problems.join('\n')}`);
}

async function chosen(all: readonly CheckpointReport[], settings: Settings, { interaction, log, clock }: World): Promise<readonly CheckpointReport[] | null> {
  const [named] = settings.operands;
  const { checkpoints, since } = settings.values;
  if (named !== undefined) return selected(all, { id: named });
  if (since !== undefined) {
    const moment = momentMeant(since, clock.now());
    if (moment === null) throw new Refused(`--since ${since} is no time.`, { hint: 'Say how long ago (90m, 2h, 3d), or a date with a time in UTC: "2026-11-03 08:05".' });
    return selected(all, { since: moment });
  }
  if (isSet(settings, 'checkpoints')) {
    if (all.length < checkpoints) log('warning', `Unable to rollback ${checkpoints} checkpoints, only ${all.length} exist`);
    return selected(all, { count: checkpoints });
  }
  for (;;) {
    const id = String(await interaction.ask(checkpointQuestion(all), { canGoBack: false, trail: [] }));
    const question = undoQuestion(all, id);
    const sure = await interaction.ask(question, { canGoBack: true, trail: [] });
    if (sure === back) continue;
    if (sure === 'no') return null;
    return selected(all, sure === 'newest' ? { count: all.findIndex((each) => each.id === id) + 1 } : { id });
  }
}

function selected(all: readonly CheckpointReport[], wanted: Parameters<typeof undoChoice>[1]): readonly CheckpointReport[] {
  const choice = undoChoice(all, wanted);
  if ('refused' in choice) throw new Refused(choice.refused, { hint: 'Nothing was changed. `config_changes --json` lists all checkpoints with their ids.' });
  return choice.undo;
}

async function undoOne(report: CheckpointReport, keep: readonly string[], world: World): Promise<{ touched: readonly string[]; problems: readonly string[] }> {
  const { dirs, interaction } = world;
  const checkpoint = listCheckpoints(dirs).find(({ id }) => id === report.id);
  if (!checkpoint) return { touched: [], problems: [`${report.id} is not there any more`] };
  const kept = report.files.map(({ path }) => path).filter((path) => keep.includes(path));
  const lost = report.files.filter(({ path, state }) => state === 'edited' && !kept.includes(path));
  const editsKeptAt = lost.flatMap(({ path }) => keepEdited(dirs, path, world.clock.now()) ?? []);
  const { restored, removed, problems, keptAt } = await undoCheckpoint(dirs, checkpoint, kept, undoCommand(world));
  interaction.report({ type: 'rolled-back', id: report.id, title: report.title, when: report.when, restored: [...restored], removed: [...removed], kept, editsKeptAt });
  if (keptAt === null) for (const problem of problems) world.log('warning', problem);
  return { touched: [...restored, ...removed], problems: keptAt === null ? [] : [...problems, `The copies are kept in ${keptAt}.`] };
}

/** Opened only now: a configuration that the server does not load is what a rollback may be for. */
async function reloadServer(settings: Settings, world: World): Promise<void> {
  const installer = await openInstaller(settings, world);
  const fault = await installer.test();
  if (fault !== null) throw new PluginError(settings.values.installer ?? '', `The files are as they were, but the server does not accept them, so it was not reloaded:\n${fault}`);
  await installer.reload();
}

/** Without an installer nobody reloads the server: how it is done is said. */
function tellServers(paths: readonly string[], { interaction }: World): void {
  const servers = new Map(paths.flatMap((path) => serverOf(path) ?? []).map((server) => [server.name, server]));
  if (paths.length === 0) return;
  const lines = [...servers.values()].map(({ name, reload }) => `${name} still runs with the configuration before this: ${reload}`);
  interaction.report({ type: 'result', text: lines.length > 0 ? lines.join('\n') : 'Reload the server whose files these are, so that it reads them again.' });
}
