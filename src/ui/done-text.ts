import type { Event } from '../core/events.js';
import { shellQuote } from '../core/decide/command-line.js';
import { localMinute } from './schedule-text.js';

type Saved = Extract<Event, { type: 'saved' }>;

/** What certbot says too, word for word, for those who grep; then what comes next. `program` is how we were called. */
export function savedLines(event: Saved): readonly string[] {
  return [
    '',
    'Successfully received certificate.',
    `Certificate is saved at: ${event.files.fullchain}`,
    `Key is saved at:         ${event.files.privkey}`,
    `This certificate expires on ${event.notAfter.slice(0, 10)}.`,
  ];
}

/** Names and issuer, for a person who wants to know what was received. */
export function savedDetails(event: Saved): readonly string[] {
  const dropped = event.dropped ?? [];
  return [`Names:  ${event.names.join(', ')}`, ...(dropped.length > 0 ? [`Not in it: ${dropped.join(', ')} (not proved; every renewal tries again)`] : []), `Issuer: ${event.issuer}`];
}

/** How the common servers are pointed to the files, unless that is done for them or was done for an earlier version; paths stand alone on their lines so that they can be copied. */
export function nextSteps({ version, files, renewsByItself, renewal, schedule, installs }: Saved, program: string): readonly string[] {
  return [
    ...(installs || version > 1
      ? []
      : [
          'Point your server to these files (their place never changes):',
          `  nginx    ssl_certificate ${files.fullchain};`,
          `           ssl_certificate_key ${files.privkey};`,
          `  Apache   SSLCertificateFile ${files.fullchain}`,
          `           SSLCertificateKeyFile ${files.privkey}`,
        ]),
    ...(renewsByItself
      ? renewalLines(renewal, schedule ?? ['schedule', 'install'], program)
      : [
          'Renewal:   this certificate will not be renewed automatically: somebody placed the',
          '           answers by hand. Run the same command before it expires, or let scripts',
          '           place them with --manual-auth-hook.',
        ]),
  ];
}

/** T22: what is really set up on this machine, looked up before the certificate was ordered. */
function renewalLines(renewal: Saved['renewal'], schedule: readonly string[], program: string): readonly string[] {
  if (renewal === undefined) return [`Renewal:   \`${program} renew\`, run twice a day, renews it when it is due.`];
  if (renewal === null) return ['Renewal:   nothing on this machine renews it yet.', `           \`${shellQuote([program, ...schedule])}\`${schedule.includes('--user-dirs') ? '' : ' (as root)'} sets a timer up.`];
  const next = renewal.next === undefined ? '' : `, next look ${localMinute(Date.parse(renewal.next))}`;
  return [`Renewal:   by ${renewal.by}${next}`];
}
