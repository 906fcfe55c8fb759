import type { Event, RenewalOutcome } from '../core/events.js';
import { printable, printableLine } from '../system/printable.js';

const frame = '- '.repeat(40).trimEnd();

/** What `renew` did, in certbot's words for those who grep; below the frame, in ours, why. */
export function renewalsText({ outcomes, dryRun }: Extract<Event, { type: 'renewals' }>): readonly string[] {
  const of = (state: string) => outcomes.filter((outcome) => outcome.state === state);
  const [renewed, notDue, failed, unreadable] = [of('renewed'), of('not-due'), of('failed'), of('unreadable')];
  const lines: string[] = ['', frame];
  if (notDue.length > 0) lines.push('The following certificates are not due for renewal yet:', ...notDue.map(({ name, notAfter }) => `  ${name} expires on ${(notAfter ?? '').slice(0, 10)} (skipped)`));
  if (renewed.length === 0 && failed.length === 0) lines.push(dryRun ? 'No simulated renewals were attempted.' : 'No renewals were attempted.');
  const word = dryRun ? 'simulated renewals' : 'renewals';
  if (renewed.length > 0) {
    lines.push(failed.length === 0 ? `Congratulations, all ${word} succeeded: ` : `The following ${word} succeeded:`, ...renewed.map(({ fullchain, name }) => `  ${fullchain ?? name} (success)`));
  }
  if (failed.length > 0) {
    lines.push(renewed.length === 0 ? `All ${word} failed. The following certificates could not be renewed:` : `The following ${word} failed:`, ...failed.map(({ name, reason }) => `  ${name} (failure)${reason === undefined ? '' : `: ${printable(reason).split('\n')[0]}`}`));
  }
  if (unreadable.length > 0) lines.push('', 'Additionally, the following renewal configurations were invalid: ', ...unreadable.map(({ name, reason }) => `  ${name} (parsefail)${reason === undefined ? '' : `: ${printable(reason)}`}`));
  const waiting = outcomes.flatMap(({ name, deploys }) => (deploys ?? []).filter(({ state }) => state !== 'done').map((hook) => ({ name, ...hook })));
  if (waiting.length > 0) lines.push('', 'The following deploy hooks have not succeeded yet; every renew runs them again:', ...waiting.map(({ name, command, exitCode, since }) => `  ${name}: ${printableLine(command)} (${exitCode === undefined ? 'not run to its end' : `error code ${exitCode}`}, since ${since.slice(0, 10)})`));
  const installs = (done: boolean) => outcomes.flatMap(({ name, install }) => (install && (install.state === 'done') === done ? [{ name, ...install }] : []));
  const [late, behind] = [installs(true), installs(false)];
  if (late.length > 0) lines.push('', 'The following certificates had not been given to what uses them, and now are:', ...late.map(({ name, installer, since }) => `  ${name}: ${installer} (since ${since.slice(0, 10)})`));
  if (behind.length > 0) lines.push('', 'The following certificates have not been given to what uses them yet; every renew tries again:', ...behind.map(({ name, installer, since, reason }) => `  ${name}: ${installer} (since ${since.slice(0, 10)})${reason === undefined ? '' : `: ${printable(reason).split('\n')[0]}`}`));
  const dropped = outcomes.filter((outcome) => outcome.dropped !== undefined);
  if (dropped.length > 0) lines.push('', 'These names could not be proved and are not in the certificate; every renewal tries them again:', ...dropped.map((outcome) => `  ${outcome.name}: ${outcome.dropped?.join(', ') ?? ''}`));
  return [...lines, frame, ...whyLines(outcomes), ...hintLines(outcomes)];
}

/** What to do about what failed: each advice once, however many certificates it is for (a CA that is down fails them all). */
export function hintLines(outcomes: readonly RenewalOutcome[]): readonly string[] {
  const byHint = new Map<string, string[]>();
  for (const { name, hint } of outcomes) if (hint !== undefined) byHint.set(hint, [...(byHint.get(hint) ?? []), name]);
  const told = [...byHint].flatMap(([hint, names]) => {
    const [first = '', ...others] = names;
    const whose = others.length === 0 ? first : others.length < 3 ? names.join(', ') : `${first} and ${others.length} others`;
    return [`  ${printableLine(whose)}:`, ...printable(hint).split('\n').map((line) => `    ${line}`)];
  });
  return told.length === 0 ? [] : ['What to do:', ...told];
}

function whyLines(outcomes: readonly RenewalOutcome[]): readonly string[] {
  const told = outcomes.flatMap((outcome) => {
    const reason = whyText(outcome);
    return reason === null ? [] : [`  ${outcome.name}: ${reason}`];
  });
  return told.length === 0 ? [] : ['Why:', ...told];
}

function whyText({ because, revocation, next }: RenewalOutcome): string | null {
  const day = (text: string): string => `${text.slice(0, 16).replace('T', ' ')} UTC`;
  if (because === 'revoked') {
    if (revocation?.by === 'us') return 'due because it was revoked from here';
    return `due because it is revoked${revocation ? ` (${revocation.by}${revocation.at === undefined ? '' : `, on ${day(revocation.at)}`})` : ''}`;
  }
  if (because !== undefined) return { forced: 'it was asked for', date: 'due by its dates', advised: 'due because its certificate authority asks for it' }[because];
  if (next === null) return 'left alone because its renewal file says autorenew = False';
  return next ? `due from ${day(next.at)}, ${next.by === 'date' ? 'by its dates' : 'as its certificate authority suggests'}` : null;
}
