import { removeKeptPassword } from '../../store/export-passwords.js';
import { forgetExport, storedExports } from '../../store/export-targets.js';
import { listLineages, type Lineage } from '../../store/lineage.js';
import { recover } from '../../store/recover.js';
import { collect, withoutLast, type Progress } from '../collect.js';
import { Refused } from '../errors.js';
import type { StoredExport } from '../export-target.js';
import { gatherFacts } from '../facts.js';
import type { Settings } from '../settings.js';
import type { World } from '../world.js';

/**
 * `export`: a certificate for another program, once or with --keep at every renewal (N21); `--list` and `--forget` look after what is
 * stored. Throws Refused, MissingFlag, StoreError, PermissionMissing.
 */
export async function exportCertificate(settings: Settings, world: World): Promise<void> {
  const { listExports, forget, plan: onlyPlan } = settings.values;
  if (listExports) return list(settings, world);
  if (forget) return forgetStored(settings, world);
  const { interaction, dirs, plugins, clock, sandbox } = world;
  for (const { what, path } of await recover(dirs)) interaction.report({ type: 'recovered', what, path });
  const facts = await gatherFacts(settings, { dirs, plugins, now: clock.now(), sandbox: sandbox !== null });
  const { exportUntilDone } = await import('../carry-out-export.js');
  for (let start: Progress | undefined; ; ) {
    const { plan, command, progress } = await collect(settings, facts, interaction, (known) => Promise.resolve(known), start);
    if (plan.kind !== 'export') return;
    if (onlyPlan) return interaction.report({ type: 'plan', plan, command: [...command] });
    if ((await exportUntilDone(plan, progress.answers, settings, world)) === 'done') return;
    start = withoutLast(progress);
  }
}

interface Found {
  lineage: Lineage;
  target: StoredExport;
}

function stored({ certname, out }: Settings['values'], { dirs }: World): readonly Found[] {
  return listLineages(dirs)
    .lineages.filter(({ name }) => certname === undefined || name === certname)
    .flatMap((lineage) => storedExports(dirs, lineage.name).map((target): Found => ({ lineage, target })))
    .filter(({ target: { path } }) => out === undefined || path === out);
}

function list({ values }: Settings, world: World): void {
  world.interaction.report({
    type: 'exports',
    exports: stored(values, world).map(({ lineage, target: { path, format, password, reloadCommand, version } }) => ({
      lineage: lineage.name,
      format,
      path,
      ...(password === undefined ? {} : { password }),
      ...(reloadCommand === undefined ? {} : { reloadCommand }),
      current: version === lineage.version,
    })),
  });
}

function forgetStored({ values }: Settings, world: World): void {
  const { certname, out } = values;
  if (certname === undefined && out === undefined) throw new Refused('What shall be forgotten must be said.', { hint: 'Give --cert-name, or --out with the path; `certwright export --list` shows both.' });
  const found = stored(values, world);
  if (found.length === 0) throw new Refused('No export like that is stored.', { hint: '`certwright export --list` shows those there are.' });
  for (const { lineage, target } of found) {
    forgetExport(world.dirs, lineage.name, target.path);
    // A password that was typed was kept for this target alone.
    removeKeptPassword(world.dirs, target.password);
    world.interaction.report({ type: 'result', text: `Renewals of ${lineage.name} do not write ${target.path} any more. The file itself is still there.` });
  }
}
