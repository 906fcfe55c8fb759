import { stepText } from '../core/decide/schedule.js';
import { caLabel } from '../core/ca.js';
import type { Event, NameState } from '../core/events.js';
import { printableLine } from '../system/printable.js';

/** Words for where a name stands. */
export const stateWords: Readonly<Record<NameState, string>> = {
  waiting: 'waiting',
  preparing: 'its answer is being put in place',
  presented: 'its answer is in place',
  checking: 'the CA is looking',
  valid: 'proved',
  failed: 'not proved',
};

const stageWords = {
  account: 'account',
  order: 'order',
  proof: 'proof of control',
  finalize: 'certificate requested',
  download: 'certificate downloaded',
  save: 'files saved',
  install: 'server configured',
  hooks: 'hooks',
} as const;

/** One line for a log of what happens, or null for what is told otherwise (results, the protocol). */
export function eventText(event: Event): string | null {
  switch (event.type) {
    case 'log':
      return event.level === 'debug' ? null : event.message;
    case 'account-registered':
      return `Account registered at ${printableLine(event.server)}.`;
    case 'order-created':
      return event.again ? null : `Requesting a certificate for ${listed(event.names)}`;
    case 'order-resumed':
      return `Going on with the order of an earlier run for ${listed(event.names)}`;
    case 'name':
      return `${event.name}: ${stateWords[event.state]}${event.detail === undefined ? '' : ` (${printableLine(event.detail)})`}`;
    case 'record-seen':
      return `${event.record}: ${event.state === 'seen' ? 'seen at' : event.state === 'not-yet' ? 'not yet at' : 'no answer from'} ${printableLine(event.server)}${event.server === event.address ? '' : ` (${event.address})`} after ${(event.ms / 1000).toFixed(1)} s`;
    case 'names-dropped':
      return `Going on without ${listed(event.names)}`;
    case 'stage':
      return event.state === 'done' ? `${stageWords[event.stage]}: done` : null;
    case 'schedule-step':
      return `Done: ${stepText(event.step)}`;
    case 'notified':
      return `Notified ${printableLine(event.target)}`;
    case 'waiting':
      return event.why === 'random-delay'
        ? `Non-interactive renewal: random delay of ${event.seconds} seconds, until ${clockTime(event.until)} (--no-random-sleep-on-renew leaves it out)`
        : `${caLabel(event.server ?? '')} asks for a pause: everything that concerns it waits ${event.seconds} seconds, until ${clockTime(event.until)}`;
    case 'credentials-tried':
      return event.state === 'started' ? `${event.by}: asking for the zones of these names` : null;
    case 'served-certificate':
      return servedText(event);
    case 'recovered':
      return `${event.what}: ${event.path}`;
    default:
      return null;
  }
}

/** Nothing is said of what is as it should be. */
function servedText({ names, address, state, reason, served }: Extract<Event, { type: 'served-certificate' }>): string | null {
  if (state === 'new') return null;
  if (!served) return `Could not ask which certificate is served for ${listed(names)}: ${address}, ${reason ?? ''}. Look whether the server runs, then try https there.`;
  const whose = served.names.length === 0 ? 'one without a name' : `one for ${listed(served.names)}`;
  return [
    `Another certificate than the new one is served for ${listed(names)}: ${address} answers with ${whose}, issued by ${served.issuer === '' ? 'nobody it names' : served.issuer}, good until ${served.notAfter.slice(0, 10)}.`,
    served.place === undefined ? 'It is in no block of this configuration: another program may hold the port, or the server does not run with this configuration yet. Restart it.' : `It is the one of the block at ${served.place}: either that block answers first there (give it the certificate too, or take the address from it), or the server does not run with this configuration yet (its error log says why).`,
  ].join(' ');
}

/** Local time of day, HH:MM:SS. */
function clockTime(moment: string): string {
  return new Date(moment).toTimeString().slice(0, 8);
}

function listed(names: readonly string[]): string {
  if (names.length <= 3) return names.join(' and ').replace(/ and (?=.* and )/g, ', ');
  return `${names.slice(0, 2).join(', ')} and ${names.length - 2} more names`;
}
