import type { Event } from '../core/events.js';
import { shellQuote } from '../core/decide/command-line.js';
import { printable, printableLine } from '../system/printable.js';
import { certificatesText } from './certificates-text.js';
import { checkpointsText, rolledBackText } from './checkpoints-text.js';
import { nextSteps, savedDetails, savedLines } from './done-text.js';
import { eventText } from './event-text.js';
import { exportedLines, exportFailedLines, exportsLines } from './export-text.js';
import { failureLines, messageLines } from './failure-text.js';
import { forecastLines } from './forecast-text.js';
import { installationLines } from './installation-text.js';
import { planLines } from './plan-text.js';
import { hintLines, renewalsText } from './renewals-text.js';
import { changeLines } from './server-change-text.js';
import { scheduleLines } from './schedule-text.js';
import { whyLines } from './why-text.js';

export interface LineStreams {
  stdout: NodeJS.WritableStream;
  stderr: NodeJS.WritableStream;
}

export interface LineOptions {
  /** Errors only. */
  quiet: boolean;
  /** How much more is said on stderr: 0 to 3. */
  verbose: number;
  program: string;
}

/**
 * Prints events as lines: results on stdout, progress, warnings and errors on stderr. What -v adds is never on stdout, for
 * scripts read it.
 */
export function linePrinter({ stdout, stderr }: LineStreams, { quiet, verbose, program }: LineOptions): (event: Event) => void {
  let logPath: string | null = null;
  const out = (...lines: readonly string[]): void => {
    if (!quiet) for (const line of lines) stdout.write(`${line}\n`);
  };
  const say = (...lines: readonly string[]): void => {
    if (!quiet) for (const line of lines) stderr.write(`${line}\n`);
  };
  const fail = (...lines: readonly string[]): void => {
    for (const line of lines) stderr.write(`${line}\n`);
  };

  return (event) => {
    switch (event.type) {
      case 'log-file':
        logPath = event.path;
        return say(`Saving debug log to ${event.path}`);
      case 'certificates':
        return out(certificatesText(event));
      case 'checkpoints':
        return event.checkpoints.length === 0 ? say('Certbot has not saved backups of your configuration') : out(...checkpointsText(event));
      case 'rolled-back':
        return out(...rolledBackText(event));
      case 'saved':
        return out(...savedLines(event), ...savedDetails(event), '', ...nextSteps(event, program));
      case 'csr-saved':
        return out(
          'Successfully received certificate.',
          `Certificate is saved at:            ${event.certPath}`,
          `Intermediate CA chain is saved at:  ${event.chainPath}`,
          `Full certificate chain is saved at: ${event.fullchainPath}`,
          `This certificate expires on ${event.notAfter.slice(0, 10)}.`,
        );
      case 'kept':
        return out('Certificate not yet due for renewal; no action taken.', `${event.lineage} is valid until ${event.notAfter.slice(0, 10)}.`);
      case 'dry-run-passed':
        return out('The dry run was successful.');
      case 'exported':
        return out(...exportedLines(event));
      case 'exports':
        return out(...exportsLines(event));
      case 'export-failed':
        return fail(...exportFailedLines(event));
      case 'result':
        return out(...printable(event.text).split('\n'));
      case 'schedule':
        return out(...scheduleLines(event, program));
      case 'installation':
        return out(...installationLines(event));
      case 'forecast':
        return out(...forecastLines(event));
      case 'why':
        return out(...whyLines(event));
      case 'renewals':
        // With -q too: a mail of cron says what to do.
        return quiet ? fail(...hintLines(event.outcomes)) : out(...renewalsText(event));
      case 'plan':
        return out(...planLines(event.plan).map(({ label, value }) => `${label.padEnd(13)} ${value}`), `${'The same'.padEnd(13)} ${shellQuote(event.command)}`, ...planChanges(event.plan));
      case 'hook': {
        const hook = hookWords(event);
        if (event.exitCode !== 0) fail(`${hook} reported error code ${event.exitCode}`);
        if (event.stdout.trim() !== '') out(`${hook} ran with output:`, ...indented(event.stdout));
        if (event.stderr.trim() !== '') fail(`${hook} ran with error output:`, ...indented(event.stderr));
        return;
      }
      case 'hook-tested':
        return out(...testedLines(event));
      case 'name':
        if (event.state === 'failed') return fail(`${event.name}: not proved`);
        return verbose > 0 ? say(eventText(event) ?? '') : undefined;
      case 'acme':
        return verbose > 1 ? say(`${event.method} ${printableLine(event.url)} ${event.status} in ${event.ms} ms: ${event.purpose}`) : undefined;
      case 'failed':
        if (event.failures) fail('', 'The certificate authority failed to verify these names:', ...failureLines(event.failures), '');
        fail(...messageLines(event.message, event.hint));
        if (logPath !== null && event.code !== 'cancelled' && event.code !== 'usage') fail(`See the log file ${logPath} or run it again with -v for more details.`);
        return;
      case 'log':
        if (event.level === 'warning' || event.level === 'error') return fail(...printable(event.message).split('\n'));
        if (event.level === 'info') return say(...printable(event.message).split('\n'));
        return verbose > 2 ? say(printableLine(event.message)) : undefined;
      default: {
        const text = eventText(event);
        if (text !== null && (event.type !== 'stage' || verbose > 0)) say(text);
      }
    }
  };
}

/** What a plan does to a server's files, to the letter. */
function planChanges(plan: Extract<Event, { type: 'plan' }>['plan']): readonly string[] {
  const steps = plan.kind === 'export' ? [] : (plan.installation?.steps ?? []);
  return steps.length === 0 ? [] : ['', ...changeLines(steps)];
}

/** certbot's words for a hook; those of manual are called by their option and the name they prove. */
function hookWords({ kind, name }: { kind: string; name?: string }): string {
  return kind.startsWith('manual-') ? `Hook '--${kind}' for ${printableLine(name ?? '')}` : `Hook '${kind}'`;
}

function testedLines({ kind, command, exitCode, ms, stdout, stderr }: Extract<Event, { type: 'hook-tested' }>): readonly string[] {
  const said = (title: string, text: string): readonly string[] => (text.trim() === '' ? [] : [`  ${title}`, ...indented(text).map((line) => `   ${line}`)]);
  return [`${kind}  ${printableLine(command)}`, `  exit code ${exitCode} after ${(ms / 1000).toFixed(2)} s`, ...said('output', stdout), ...said('error output', stderr)];
}

/** Output of a hook as data: indented, and no more of it than a person reads. */
function indented(text: string): readonly string[] {
  const lines = printable(text).trim().split('\n');
  return [...lines.slice(0, 40).map((line) => ` ${line.length > 1000 ? `${line.slice(0, 999)}…` : line}`), ...(lines.length > 40 ? [` (${lines.length - 40} more lines in the log)`] : [])];
}
