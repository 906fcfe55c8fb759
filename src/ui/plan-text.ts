import { derKeyPath } from '../core/export-target.js';
import { shellQuote } from '../core/decide/command-line.js';
import { reasonWords } from '../core/decide/renewal-reason.js';
import { plannedAuthenticators, provedWithoutPerson } from '../core/decide/authenticators-by-name.js';
import type { ExportPlan, InstallPlan, ObtainPlan, Plan } from '../core/decide/plan.js';
import { merged } from '../core/change-step.js';
import { fileDifferences } from './server-change-text.js';
import { formatNames } from './export-text.js';
import { localMinute } from './schedule-text.js';

export interface PlanLine {
  label: string;
  value: string;
}

/** The plan in words for the review: what, from whom, how proved, which files, what runs, how it is renewed. */
export function planLines(plan: Plan | InstallPlan): readonly PlanLine[] {
  if (plan.kind === 'export') return exportLines(plan);
  if (plan.kind === 'keep') return [{ label: 'Certificate', value: `${plan.lineage}, which stays as it is` }, ...installationLines(plan)];
  if (plan.kind === 'install') return [{ label: 'Certificate', value: `${plan.certificate}, which stays as it is` }, { label: 'Names', value: plan.names.join('  ') }, ...installationLines(plan)];
  if (plan.kind !== 'obtain') return [];
  const { lineage, csr, ca, account, hooks, proofs } = plan;
  const lines: PlanLine[] = [{ label: 'Certificate', value: `${plan.identifiers.map(({ shown }) => shown).join('  ')}${plan.key === null ? '' : `      ${keyText(plan)}`}` }];
  if (plan.pair) lines.push({ label: 'And', value: `a second one for the same names      ${keyText(plan.pair)}` });
  if (lineage && lineage.added.length > 0 && lineage.exists) lines.push({ label: 'Added', value: lineage.added.map(({ shown }) => `+ ${shown}`).join('  ') });
  if (lineage && lineage.removed.length > 0) lines.push({ label: 'Taken out', value: lineage.removed.map(({ shown }) => `- ${shown}`).join('  ') });
  if (plan.reason === 'date' || plan.reason === 'advised' || plan.reason === 'revoked') lines.push({ label: 'Because', value: reasonWords[plan.reason] });
  lines.push({ label: 'From', value: `${ca.label}${ca.test ? ' (for tests, trusted by nobody)' : ''}, ${accountText(account)}` });
  lines.push(...proofLines(plan));
  if (plan.resume) lines.push({ label: 'Order', value: 'goes on with the one that is open; nothing is ordered twice' });
  if (plan.dryRun) lines.push({ label: 'Saved as', value: 'nothing: this is a rehearsal' });
  else if (csr) lines.push({ label: 'Saved as', value: csr.certPath ?? 'files in this folder' });
  else if (lineage) lines.push({ label: 'Saved as', value: savedAs(lineage) });
  if (plan.pair?.lineage && !plan.dryRun) lines.push({ label: '', value: savedAs(plan.pair.lineage) });
  if (lineage?.partner !== undefined && !plan.dryRun) lines.push({ label: 'Pair', value: plan.pair ? 'the two are renewed as one' : `${lineage.partner}, which stays as it is; the two are renewed as one` });
  if (plan.installation) lines.push(...installationLines(plan));
  else lines.push({ label: 'Changes', value: csr ? 'no server is touched' : 'files below live/, archive/ and renewal/; no server is touched' });
  for (const folder of new Set(proofs.map(({ detail }) => detail).filter((detail) => detail !== undefined && detail !== ''))) lines.push({ label: 'Web folder', value: `${folder} (a file for a moment)` });
  if (plan.credentialsFile !== undefined) lines.push({ label: 'Credentials', value: `${plan.credentialsFile}   new, for its owner alone` });
  if (hooks.pre !== undefined) lines.push({ label: 'Before', value: hooks.pre });
  if (hooks.deploy !== undefined) lines.push({ label: 'Then', value: hooks.deploy });
  if (hooks.post !== undefined) lines.push({ label: 'At the end', value: hooks.post });
  if (!csr && !plan.dryRun) lines.push({ label: 'Renews', value: renewsText(plan) });
  return lines;
}

/** What becomes of the server's files: how many lines of each come (+) and go (-). */
function installationLines({ installer, installation, ...plan }: Pick<ObtainPlan | InstallPlan, 'installer' | 'installation'>): readonly PlanLine[] {
  if (!installation) return [];
  const { steps } = installation;
  const server = serverNames[installer ?? ''] ?? installer ?? '';
  if (steps.length === 0) return [{ label: 'Changes', value: `nothing: ${server} is configured for it already` }];
  const { commands, links, warnings } = merged(steps);
  const redirect = steps.some(({ title }) => title === 'Add enhancement redirect');
  return [
    ...fileDifferences(steps).map(({ path, isNew, isRemoved, added, removed }, index) => ({ label: index === 0 ? 'Changes' : '', value: `${path}   ${isNew ? 'new' : isRemoved ? 'removed' : `+${added} -${removed}`}` })),
    ...links.map(({ path }) => ({ label: '', value: `${path}   new link` })),
    ...commands.map(({ run }) => ({ label: '', value: run.join(' ') })),
    { label: 'http', value: 'takesOut' in plan && plan.takesOut === true ? 'is served as before https was turned on' : redirect ? 'sends visitors to https' : 'answers as it does now' },
    ...warnings.map((warning) => ({ label: 'Mind', value: warning })),
    { label: 'Then', value: `${server} tests it and reads it anew; if it does not accept it, all is put back` },
  ];
}

/** As people call them. */
const serverNames: Readonly<Record<string, string>> = { nginx: 'nginx', apache: 'Apache' };

function exportLines({ lineage, format, path, password, friendlyName, legacy, keep, reloadCommand }: ExportPlan): readonly PlanLine[] {
  const name = friendlyName === null || friendlyName === lineage ? '' : `, named ${friendlyName}`;
  const lines: PlanLine[] = [
    { label: 'Export', value: lineage },
    { label: 'As', value: `${formatNames[format]}${name}${legacy ? ', for old readers' : ''}` },
    { label: 'File', value: path },
  ];
  if (format === 'der') lines.push({ label: 'Key', value: derKeyPath(path) });
  lines.push({ label: 'Renewals', value: keep ? 'write it again, each of them' : 'leave it as it is' });
  if (password) lines.push({ label: 'Password', value: password.source === null ? (password.keptIn === null ? 'as typed; kept nowhere' : `as typed; kept for renewals in ${password.keptIn}`) : password.source === 'file:/dev/null' ? 'none' : `read from ${password.source}` });
  if (reloadCommand !== null) lines.push({ label: 'Then', value: reloadCommand });
  return lines;
}

function savedAs({ name, exists }: NonNullable<ObtainPlan['lineage']>): string {
  return exists ? `a new version of ${name}; the present one is kept beside it` : `${name}, new`;
}

function keyText({ key }: ObtainPlan): string {
  if (!key) return '';
  const kind = key.type === 'rsa' ? `RSA ${key.rsaKeySize ?? 2048}` : `ECDSA ${{ secp256r1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' }[key.curve ?? 'secp256r1'] ?? key.curve}`;
  return key.reuse ? `${kind}, the key it has` : kind;
}

function accountText(account: ObtainPlan['account']): string {
  if (account.kind === 'existing') return `account ${account.id.slice(0, 8)}…`;
  return account.email === undefined ? 'a new account without e-mail' : `a new account for ${account.email}`;
}

/** One line, and of several authenticators one for each with its names. */
function proofLines(plan: ObtainPlan): readonly PlanLine[] {
  const used = plannedAuthenticators(plan);
  if (used.length === 1) return [{ label: 'Proof', value: proofText(plan) }];
  return used.map((authenticator, index) => {
    const proofs = plan.proofs.filter((proof) => proof.authenticator === authenticator);
    return { label: index === 0 ? 'Proof' : '', value: `${proofs.map(({ identifier }) => identifier.shown).join('  ')}: ${proofText({ proofs, authenticator })}` };
  });
}

function proofText({ proofs, authenticator }: Pick<ObtainPlan, 'proofs' | 'authenticator'>): string {
  const kinds = [...new Set(proofs.map(({ challenge }) => challenge))];
  const how = { standalone: 'a small server for a moment', webroot: 'a file in a web folder', manual: 'by hand', nginx: 'nginx answers for a moment', apache: 'Apache answers for a moment' }[authenticator] ?? authenticator;
  return `${how}, ${kinds.join(' and ')}`;
}

function renewsText(plan: ObtainPlan): string {
  const { renewalParams, renewal, schedule = ['schedule', 'install'] } = plan;
  if (!provedWithoutPerson(plan)) return 'not by itself: somebody has to place the answers again';
  if (renewalParams['autorenew'] === false) return 'not by itself, as --no-autorenew says';
  if (renewal === undefined) return 'when `certwright renew` runs and it is due';
  if (renewal === null) return `nothing does that here yet; \`${shellQuote(['certwright', ...schedule])}\`${schedule.includes('--user-dirs') ? '' : ' (as root)'} sets a timer up`;
  return `by ${renewal.by}${renewal.next === undefined ? '' : `, next look ${localMinute(renewal.next)}`}`;
}
