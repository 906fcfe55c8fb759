import { readFileSync } from 'node:fs';
import type { ServerChange } from '../../plugins/contract.js';
import { withMovedPaths } from '../../plugins/server-configuration/moved-paths.js';
import { listLineages } from '../../store/lineage.js';
import { archiveFolder, liveFolder, renewalPath } from '../../store/paths.js';
import { beginRenaming, cancelRenaming, finishRenaming, renamingTitle } from '../../store/rename-lineage.js';
import { merged, type ChangeStep } from '../change-step.js';
import { planOnServers, type Detaching } from '../detach.js';
import { Refused, UsageError } from '../errors.js';
import { putRight } from '../put-right.js';
import { referencesTo } from '../references.js';
import { applySteps, undoChanges } from '../server-change.js';
import type { Settings } from '../settings.js';
import type { World } from '../world.js';

/**
 * `rename OLD NEW` (N13): another name for a certificate. Its files are there under both names while the servers are changed: nginx and Apache,
 * tested and reloaded, and by their text the configurations of others that name them, all in one checkpoint; then the old name goes, and the
 * checkpoint with it: another `rename` undoes it. A stop at any point leaves the old name or the new one, with servers that use it
 * (`settleRenamings`). Throws UsageError, Refused, StoreError, PluginError with the server's words: then nothing was changed.
 */
export async function rename(settings: Settings, world: World): Promise<void> {
  const { interaction, dirs, clock, root } = world;
  const { certname } = settings.values;
  const [from = '', to = ''] = certname === undefined ? settings.operands : [certname, ...settings.operands];
  if (from === '' || to === '' || settings.operands.length > (certname === undefined ? 2 : 1)) throw new UsageError('rename takes two names: that of a certificate, and the new one.', { hint: `${settings.program} rename OLD NEW; \`${settings.program} certificates\` lists the names.` });
  await putRight(world);
  const lineage = listLineages(dirs).lineages.find(({ name }) => name === from);
  if (!lineage) throw new Refused(`No certificate found with name ${from} (expected ${renewalPath(dirs, from)}).`);
  const moved = new Map([[liveFolder(dirs, from), liveFolder(dirs, to)], [archiveFolder(dirs, from), archiveFolder(dirs, to)]]);
  const renaming = await beginRenaming(dirs, from, to, clock.now());
  const title = renamingTitle(renaming);
  let changed: readonly string[];
  let others: ServerChange['files'];
  try {
    const servers = await planOnServers((installer) => installer.moved(moved), [lineage], settings, world);
    const own = merged(servers.map(({ change }) => ({ title, change })));
    changed = own.files.map(({ path }) => path);
    others = othersNaming(moved, changed, root);
    const change: ServerChange = { ...own, files: [...own.files, ...others], notes: [...own.notes, ...others.map(({ path }) => `Changed paths of a certificate in ${path}`)] };
    await switchServers(servers, change.files.length === 0 ? [] : [{ title, change }], world);
  } catch (error) {
    // Nothing names the new files: what was changed is put back by then.
    cancelRenaming(dirs, renaming);
    throw error;
  }
  await finishRenaming(dirs, renaming);
  interaction.report({ type: 'result', text: [`The certificate ${from} is named ${to} now: ${liveFolder(dirs, to)}`, ...(changed.length > 0 ? [`Changed, and read anew by the server: ${changed.join(', ')}`] : []), ...(others.length > 0 ? [`Changed too; have the programs that they belong to read them anew: ${others.map(({ path }) => path).join(', ')}`] : [])].join('\n') });
}

/** All servers test the change, then read it anew; when one does not, all is undone. The old names are good until then. */
async function switchServers(servers: readonly Detaching[], steps: readonly ChangeStep[], world: World): Promise<void> {
  const reload = async (): Promise<void> => {
    for (const { installer } of servers) await installer.reload();
  };
  try {
    await applySteps(steps, async () => (await Promise.all(servers.map(({ installer }) => installer.test()))).find((fault) => fault !== null) ?? null, world);
  } catch (error) {
    // One may work with it already when another refuses it.
    if (servers.length > 1) await reload().catch((again: unknown) => world.log('error', again instanceof Error ? again.message : String(again)));
    throw error;
  }
  try {
    await reload();
  } catch (error) {
    await undoChanges(steps.length, world);
    await reload().catch((again: unknown) => world.log('error', again instanceof Error ? again.message : String(again)));
    throw error;
  }
}

/** Files of other programs that name these folders, as they will be. Throws Refused for lines that name them in a way of their own. */
function othersNaming(moved: ReadonlyMap<string, string>, known: readonly string[], root: string): ServerChange['files'] {
  const references = referencesTo([...moved.keys()], root).filter(({ path }) => !known.includes(path));
  const files = [...new Set(references.map(({ path }) => path))].map((path) => {
    const before = readFileSync(path, 'latin1');
    return { path, before, after: withMovedPaths(before, moved) };
  });
  const stuck = references.filter(({ path }) => files.some((file) => file.path === path && file.before === file.after));
  if (stuck.length > 0) throw new Refused(`These lines name its files in a way that is not changed by itself:\n${stuck.map(({ path, line, text }) => `${path}:${line}  ${text.trim()}`).join('\n')}`, { hint: 'Nothing was changed. Write the full paths of the files there, then run the same command again.' });
  return files;
}
