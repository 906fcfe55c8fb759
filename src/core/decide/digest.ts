import { printable, printableLine } from '../../system/printable.js';
import type { DeployOutcome, RenewalOutcome } from '../events.js';

/** What a run did, for those who were not there: one for each run. JSON-safe. */
export interface Digest {
  schema: 1;
  program: string;
  host: string;
  /** RFC 3339. */
  time: string;
  command: string;
  /** Nothing real was done: --dry-run or --sandbox. */
  rehearsal: boolean;
  result: 'failure' | 'renewal' | 'nothing';
  /** One line, for a subject or a message on a telephone. */
  summary: string;
  certificates: readonly RenewalOutcome[];
  failedHooks: readonly { kind: string; command: string; exitCode: number; certificate?: string }[];
  /** Why the run itself ended early. */
  reason?: string;
  log: string;
}

export interface RunFacts {
  program: string;
  host: string;
  now: number;
  command: string;
  rehearsal: boolean;
  outcomes: readonly RenewalOutcome[];
  post: readonly { command: string; exitCode: number }[];
  reason?: string;
  log: string;
}

/** Makes the digest of a run. A failed hook is a failure, whatever the exit status is (U18). Pure. */
export function digestOf({ outcomes, post, now, reason, ...rest }: RunFacts): Digest {
  const hooks = [
    ...outcomes.flatMap(({ name, deploys = [] }) => deploys.filter(isFailed).map(({ command, exitCode }) => ({ kind: 'deploy-hook', command, exitCode, certificate: name }))),
    ...post.filter(({ exitCode }) => exitCode !== 0).map(({ command, exitCode }) => ({ kind: 'post-hook', command, exitCode })),
  ];
  const bad = outcomes.filter(({ state }) => state === 'failed' || state === 'unreadable').length;
  const renewed = outcomes.filter(({ state }) => state === 'renewed').length;
  const behind = outcomes.filter(({ install }) => install?.state === 'failed').length;
  const result = bad > 0 || behind > 0 || hooks.length > 0 || reason !== undefined ? 'failure' : renewed > 0 ? 'renewal' : 'nothing';
  return {
    schema: 1,
    ...rest,
    time: new Date(now).toISOString(),
    result,
    summary: `${rest.rehearsal ? 'Rehearsal: ' : ''}${summary(rest, { bad, renewed, behind, all: outcomes.length, hooks: hooks.length, broken: reason !== undefined })}`,
    certificates: outcomes,
    failedHooks: hooks,
    ...(reason === undefined ? {} : { reason }),
  };
}

function isFailed(outcome: DeployOutcome): outcome is DeployOutcome & { exitCode: number } {
  return outcome.state === 'failed' && outcome.exitCode !== undefined;
}

function summary({ host, command }: { host: string; command: string }, { bad, renewed, behind, all, hooks, broken }: { bad: number; renewed: number; behind: number; all: number; hooks: number; broken: boolean }): string {
  const done = command === 'renew' ? 'renewed' : 'obtained';
  if (bad > 0) return `${all === 1 ? 'The certificate' : `${bad} of ${all} certificates`} could not be ${done} on ${host}`;
  if (broken) return `${command} ended early on ${host}`;
  if (behind > 0) return `${counted(behind)} ${done} and could not be installed on ${host}`;
  if (hooks > 0) return `${hooks === 1 ? 'A hook' : `${hooks} hooks`} failed on ${host}${renewed > 0 ? `; ${counted(renewed)} ${done}` : ''}`;
  return renewed > 0 ? `${counted(renewed)} ${done} on ${host}` : `No certificate was due on ${host}`;
}

function counted(number: number): string {
  return number === 1 ? '1 certificate was' : `${number} certificates were`;
}

/** --notify-on: from `failure`, the rarest, to `always`. */
export function isWanted(result: Digest['result'], level: 'failure' | 'renewal' | 'always'): boolean {
  return level === 'always' || result === 'failure' || (level === 'renewal' && result === 'renewal');
}

/** The digest for a person to read, as lines. Words from outside stay words. */
export function digestText(digest: Digest): string {
  const of = (...states: readonly RenewalOutcome['state'][]): readonly RenewalOutcome[] => digest.certificates.filter(({ state }) => states.includes(state));
  const now = Date.parse(digest.time);
  const renew = digest.command === 'renew';
  const lines = [`${digest.summary}.`, ''];
  const section = (title: string, body: readonly string[]): void => {
    if (body.length > 0) lines.push(title, ...body, '');
  };
  section('Why', digest.reason === undefined ? [] : indented(digest.reason));
  section(renew ? 'Not renewed' : 'Not obtained', of('failed').flatMap(({ name, reason, hint, notAfter }) => [`  ${printableLine(name)}${notAfter === undefined ? '' : `: ${left(Date.parse(notAfter), now)}`}`, ...[...indented(reason ?? ''), ...indented(hint ?? '')].map((line) => `  ${line}`)]));
  section('Renewal files that cannot be used', of('unreadable').flatMap(({ name, reason }) => [`  ${printableLine(name)}`, ...indented(reason ?? '').map((line) => `  ${line}`)]));
  section('Not installed', digest.certificates.flatMap(({ name, install }) => (install?.state === 'failed' ? [`  ${printableLine(name)}: ${printableLine(install.installer)} (every renew tries again)`, ...indented(install.reason ?? '').map((line) => `  ${line}`)] : [])));
  section('Hooks that failed', digest.failedHooks.map(({ kind, command, exitCode, certificate }) => `  ${kind}${certificate === undefined ? '' : ` of ${printableLine(certificate)}`}: error code ${exitCode}: ${printableLine(command)}${kind === 'deploy-hook' ? ' (every renew tries again)' : ''}`));
  section(renew ? 'Renewed' : 'Obtained', of('renewed').map(({ name, dropped = [] }) => `  ${printableLine(name)}${dropped.length > 0 ? `, without ${dropped.join(', ')} (not proved; every renewal tries again)` : ''}`));
  const notDue = of('not-due').length;
  if (notDue > 0) lines.push(`${notDue === 1 ? '1 certificate was' : `${notDue} certificates were`} not due.`, '');
  lines.push(`The log on ${digest.host} says more: ${digest.log}`, '');
  return lines.join('\n');
}

function left(notAfter: number, now: number): string {
  const days = Math.floor((notAfter - now) / 86_400_000);
  const date = new Date(notAfter).toISOString().slice(0, 10);
  if (notAfter <= now) return `its certificate ran out on ${date}`;
  return `its certificate is valid until ${date}, ${days === 0 ? 'less than a day' : days === 1 ? '1 more day' : `${days} more days`}`;
}

/** At most ten lines. */
function indented(text: string): readonly string[] {
  return printable(text).trim().split('\n').filter((line) => line !== '').slice(0, 10).map((line) => `  ${line}`);
}
