import { listLineages, readLineage, type Lineage } from '../../store/lineage.js';
import { runnable } from '../../system/hook-command.js';
import { renewalSettings } from '../decide/renewal-settings.js';
import { Cancelled, HookFailed, MissingFlag, Refused, UsageError } from '../errors.js';
import { deployEnvironment, LONGEST_LIST, postEnvironment } from '../hook-environment.js';
import { hookFiles, hooksOf, validateHooks, type HookKind } from '../hooks.js';
import { isSet, type Settings } from '../settings.js';
import type { World } from '../world.js';

const KINDS = ['pre', 'deploy', 'post'] as const;
/** Seconds a hook may take here when --hook-timeout says nothing: a person waits. */
const PATIENCE = 60;

/**
 * `hooks test [pre|post|deploy]` (N27): runs the hooks that a renewal of one certificate would run, in their order and with the variables
 * they would have, and tells output, exit code and time of each. No CA is asked and no certificate is touched; the hooks themselves
 * are real. Options of this command line count, so that a hook can be tried before it is saved. Throws HookFailed when one failed.
 */
export async function hooksTest(asked: Settings, world: World): Promise<void> {
  const kinds = kindsMeant(asked.operands);
  validateHooks(asked, world.env);
  const lineage = lineageMeant(asked, world);
  const settings = renewalSettings(asked, lineage.name, lineage.renewal.params);
  const { hookTimeout, configDir, directoryHooks } = settings.values;
  const timeoutMs = (isSet(asked, 'hookTimeout') ? hookTimeout : PATIENCE) * 1000;
  let ran = 0;
  let failed = 0;
  for (const kind of kinds) {
    for (const { command } of hooksOf(settings, kind)) {
      if (world.signal.aborted) throw new Cancelled();
      const start = performance.now();
      const result = await world.runHook(command, { env: environmentFor(kind, lineage), timeoutMs });
      world.interaction.report({ type: 'hook-tested', lineage: lineage.name, kind: `${kind}-hook`, command, ms: Math.round(performance.now() - start), ...result });
      ran += 1;
      if (result.exitCode !== 0) failed += 1;
    }
    for (const path of directoryHooks ? hookFiles(configDir, kind).filter((file) => !runnable(file)) : []) {
      world.interaction.report({ type: 'log', level: 'warning', message: `${path} is never run, for it is not a file that may be executed: chmod +x ${path}` });
    }
  }
  if (world.signal.aborted) throw new Cancelled();
  if (failed > 0) throw new HookFailed(`${failed} of ${ran} hooks failed.`, { hint: 'A renewal would go on all the same, unless --strict-hooks is given; a failed deploy hook would run again at the next one.' });
  world.interaction.report({ type: 'result', text: ran === 0 ? `A renewal of ${lineage.name} would run no ${kinds.length === 1 ? `${kinds[0]} ` : ''}hooks.` : `${ran === 1 ? 'The hook' : `All ${ran} hooks`} of ${lineage.name} succeeded.` });
}

function kindsMeant([what, kind]: readonly string[]): readonly HookKind[] {
  if (what !== 'test') throw new UsageError(what === undefined ? 'argument hooks: say what to do (choose from test)' : `argument hooks: invalid choice: '${what}' (choose from test)`, { hint: 'certwright hooks test runs the hooks of a certificate.' });
  const meant = KINDS.filter((each) => kind === undefined || each === kind);
  if (meant.length === 0) throw new UsageError(`argument hooks test: invalid choice: '${kind}' (choose from ${KINDS.join(', ')})`);
  return meant;
}

function lineageMeant({ values: { certname } }: Settings, { dirs }: World): Lineage {
  if (certname !== undefined) return readLineage(dirs, certname);
  const { lineages } = listLineages(dirs);
  const [first, second] = lineages;
  if (!first) throw new Refused('No certificates found.', { hint: 'Hooks are tested with the names and files of a certificate: obtain one first, for instance with --sandbox.' });
  if (second) throw new MissingFlag('Which certificate?', ['--cert-name'], `There are several certificates, and each may have hooks of its own: ${lineages.map(({ name }) => name).join(', ')}`);
  return first;
}

function environmentFor(kind: HookKind, { identifiers, liveFolder }: Lineage): Record<string, string> {
  const names = identifiers.map(({ value }) => value);
  if (kind === 'pre') return {};
  return kind === 'deploy' ? deployEnvironment({ names, liveFolder }) : postEnvironment(names, [], LONGEST_LIST.renew);
}
