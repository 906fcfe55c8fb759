import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { storeExport } from '../store/export-targets.js';
import { readLineage } from '../store/lineage.js';
import { permitted, writeFileAtomic } from '../system/atomic-file.js';
import type { Answer } from './decide/answers.js';
import type { ExportPlan } from './decide/plan.js';
import { CertwrightError } from './errors.js';
import { exportLineage, exportPassword } from './export.js';
import type { ExportTarget } from './export-target.js';
import type { Settings } from './settings.js';
import type { World } from './world.js';

/** Exports; when it fails a person may change the plan or leave, without a person the error is thrown. Throws what `exportLineage` throws. */
export async function exportUntilDone(plan: ExportPlan, answers: readonly Answer[], settings: Settings, world: World): Promise<'done' | 'change'> {
  try {
    await carryOutExport(plan, answers, settings, world);
    return 'done';
  } catch (error) {
    if (!(error instanceof CertwrightError) || error.code === 'cancelled' || answers.length === 0) throw error;
    if ((await world.interaction.recover(error, ['change', 'quit'], { safe: 'The certificate is as it was, and your servers still use it.' })) === 'change') return 'change';
    throw error;
  }
}

/**
 * Does what an export's plan says. `answers` hold a password that was typed; it goes into the file, and with --keep into a file of its
 * own that only its owner can read, nowhere else. Nothing is stored unless the export worked. Throws what `exportLineage` throws.
 */
async function carryOutExport(plan: ExportPlan, answers: readonly Answer[], settings: Settings, world: World): Promise<void> {
  const { lineage: name, format, path, friendlyName, legacy, keep, reloadCommand } = plan;
  const lineage = readLineage(world.dirs, name);
  const { password, source } = await passwordOf(plan, answers, world);
  const target: ExportTarget = {
    path,
    format,
    legacy,
    ...(friendlyName === null || friendlyName === name ? {} : { friendlyName }),
    ...(source === null ? {} : { password: source }),
    ...(reloadCommand === null ? {} : { reloadCommand }),
  };
  const paths = await exportLineage(lineage, target, password, settings, world);
  if (keep) storeExport(world.dirs, name, { ...target, version: lineage.version });
  world.interaction.report({ type: 'exported', lineage: name, format, paths, again: keep });
}

async function passwordOf({ password: wish }: ExportPlan, answers: readonly Answer[], world: World): Promise<{ password: string; source: string | null }> {
  if (wish === null) return { password: '', source: null };
  if (wish.source !== null) return { password: await exportPassword(wish.source, world), source: wish.source };
  const typed = String(answers.find(({ id }) => id === 'export-password')?.value ?? '');
  const { keptIn } = wish;
  if (keptIn === null) return { password: typed, source: null };
  permitted(dirname(keptIn), 'create', () => mkdirSync(dirname(keptIn), { recursive: true, mode: 0o700 }));
  writeFileAtomic(keptIn, `${typed}\n`, { mode: 0o600 });
  return { password: typed, source: `file:${keptIn}` };
}
