import { readFileSync, statSync } from 'node:fs';
import { readLineage } from '../../store/lineage.js';
import { editRenewalText, type RenewalValue } from '../../store/renewal-file.js';
import { writeFileAtomic } from '../../system/atomic-file.js';
import { renewalSettings } from '../decide/renewal-settings.js';
import { Refused } from '../errors.js';
import { gatherFacts } from '../facts.js';
import { validateHooks } from '../hooks.js';
import { planForRenewal } from '../plan-for-renewal.js';
import { putRight } from '../put-right.js';
import type { Settings } from '../settings.js';
import type { World } from '../world.js';

/**
 * `reconfigure` (C01): other options for the renewals of one certificate, without renewing it. They are tried in a dry run first
 * and saved only when that worked. Throws Refused for names, which cannot be changed this way, HookFailed for hooks that cannot run.
 */
export async function reconfigure(asked: Settings, world: World): Promise<void> {
  const { certname, domains, ipAddresses } = asked.values;
  if (certname === undefined) throw new Refused('The certificate to reconfigure must be named.', { hint: 'Give --cert-name; `certwright certificates` lists the names.' });
  if (domains.length > 0 || ipAddresses.length > 0) {
    throw new Refused("You have specified domains, but this function cannot be used to modify the domains in a certificate. If you would like to do so, follow the guide of the certonly command with --cert-name.");
  }
  validateHooks(asked, world.env);
  await putRight(world);
  const lineage = readLineage(world.dirs, certname);
  const settings = renewalSettings(asked, certname, lineage.renewal.params);
  const tried: Settings = { ...settings, values: { ...settings.values, dryRun: true } };
  const facts = await gatherFacts(settings, { dirs: world.dirs, plugins: world.plugins, now: world.clock.now(), sandbox: world.sandbox !== null });
  const plan = await planForRenewal(settings, facts, world);
  const { carryOut } = await import('../carry-out.js');
  await carryOut({ ...plan, dryRun: true, resume: null }, tried, world);

  const { path } = lineage.renewal;
  const text = readFileSync(path, 'utf8');
  const account = lineage.renewal.params['account'];
  const params: Record<string, RenewalValue> = { ...(typeof account === 'string' ? { account } : {}), ...plan.renewalParams };
  const edited = editRenewalText(text, { params }, path);
  if (edited === text) return world.interaction.report({ type: 'result', text: 'No changes were made to the renewal configuration.' });
  writeFileAtomic(path, edited, { mode: statSync(path).mode & 0o777 });
  return world.interaction.report({ type: 'result', text: `Successfully updated configuration.\nChanges will apply when the certificate renews.` });
}
