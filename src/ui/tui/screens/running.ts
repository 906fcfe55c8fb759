import type { Event, NameState, Stage } from '../../../core/events.js';
import { printable, printableLine } from '../../../system/printable.js';
import { eventText, stateWords } from '../../event-text.js';
import { blank, row, wrapped, type Row } from '../rows.js';
import type { Hint, View } from '../screen.js';

export interface RunningState {
  /** In the order of the order. */
  names: ReadonlyMap<string, { state: NameState; since: number; detail?: string; took?: number }>;
  stages: ReadonlyMap<Stage, 'started' | 'done'>;
  /** Lines that are told once: accounts, hooks, warnings. */
  log: readonly string[];
  /** What was said to the CA. */
  protocol: readonly string[];
  showProtocol: boolean;
  startedAt: number;
  /** Who is asked before there is an order, as a line; null = the certificate authority. */
  asking: string | null;
}

export function runningState(now: number): RunningState {
  return { names: new Map(), stages: new Map(), log: [], protocol: [], showProtocol: false, startedAt: now, asking: null };
}

const order: readonly NameState[] = ['checking', 'preparing', 'presented', 'waiting', 'failed', 'valid'];
const stageWords: readonly (readonly [Stage, string])[] = [['finalize', 'certificate'], ['download', 'download'], ['save', 'save the files'], ['install', 'configure the server']];

/** What an event changes on the screen. */
export function runningEvent(state: RunningState, event: Event, now: number): RunningState {
  switch (event.type) {
    case 'order-created':
    case 'order-resumed':
      return { ...state, names: new Map(event.names.map((name) => [name, { state: 'waiting', since: now }])) };
    case 'name': {
      const before = state.names.get(event.name);
      const ended = event.state === 'valid' || event.state === 'failed';
      const entry = { state: event.state, since: before?.since ?? now, ...(event.detail === undefined ? {} : { detail: event.detail }), ...(ended ? { took: now - (before?.since ?? now) } : {}) };
      return { ...state, names: new Map([...state.names, [event.name, entry]]) };
    }
    case 'names-dropped':
      return { ...state, log: [...state.log, `Going on without ${event.names.join(', ')}`] };
    case 'stage':
      return { ...state, stages: new Map([...state.stages, [event.stage, event.state]]) };
    case 'account-registered':
      return { ...state, log: [...state.log, `Account registered at ${printableLine(event.server)}`] };
    case 'hook': {
      const said = printable(`${event.stdout}${event.stderr}`).trim();
      const lines = said === '' ? [] : said.split('\n').slice(0, 3).map((line) => `  ${line}`);
      return { ...state, log: [...state.log, `${event.kind}${event.exitCode === 0 ? '' : ` reported error code ${event.exitCode}`}`, ...lines] };
    }
    case 'log':
      return event.level === 'debug' ? state : { ...state, log: [...state.log, ...printable(event.message).split('\n')] };
    case 'waiting':
    case 'record-seen':
      return { ...state, log: [...state.log, eventText(event) ?? ''] };
    case 'served-certificate': {
      const said = eventText(event);
      return said === null ? state : { ...state, log: [...state.log, said] };
    }
    case 'recovered':
      return { ...state, log: [...state.log, `${event.what}: ${event.path}`] };
    case 'credentials-tried':
      return { ...state, asking: eventText(event) };
    case 'acme':
      return { ...state, protocol: [...state.protocol.slice(-200), `${event.method.padEnd(5)}${String(event.status).padEnd(4)} ${String(event.ms).padStart(5)} ms  ${event.purpose}`] };
    default:
      return state;
  }
}

/** One live line a name, what is done and what comes, the log above. */
export function runningRows(state: RunningState, view: View): readonly Row[] {
  const { glyphs, now, tick } = view;
  const moving = glyphs.spinner[tick % glyphs.spinner.length] ?? '';
  const rows: Row[] = state.log.slice(-4).flatMap((line) => wrapped(line, view.width, 'dim')).slice(-6);
  if (rows.length > 0) rows.push(blank);
  if (state.showProtocol) {
    rows.push(row({ text: 'What is said to the certificate authority', look: 'strong' }), ...state.protocol.slice(-12).map((line, index, all) => ({ ...row(`  ${line}`), focus: index === all.length - 1 })));
    return rows;
  }
  if (state.names.size === 0) rows.push(row(`${moving} ${state.asking ?? 'asking the certificate authority'}`));
  const entries = [...state.names].sort(([, a], [, b]) => order.indexOf(a.state) - order.indexOf(b.state));
  const widest = Math.min(40, Math.max(0, ...entries.map(([name]) => name.length)));
  for (const [name, { state: where, since, took, detail }] of entries) {
    const seconds = `${((took ?? now - since) / 1000).toFixed(1)} s`;
    const sign = where === 'valid' ? { text: glyphs.done, look: 'good' as const } : where === 'failed' ? { text: glyphs.failed, look: 'bad' as const } : { text: where === 'waiting' ? glyphs.waiting : moving, look: 'accent' as const };
    rows.push(row(sign, ` ${name.padEnd(widest)}  `, { text: `${stateWords[where]}${detail === undefined ? '' : ` (${printableLine(detail, 80)})`}`, ...(where === 'valid' ? { look: 'dim' as const } : {}) }, { text: `   ${where === 'waiting' ? '' : seconds}`, look: 'dim' }));
  }
  for (const [stage, words] of stageWords) {
    const where = state.stages.get(stage);
    // Not part of every plan.
    if (stage === 'install' && where === undefined) continue;
    rows.push(row({ text: where === 'done' ? glyphs.done : where === 'started' ? moving : glyphs.waiting, look: where === 'done' ? 'good' : 'accent' }, ` ${words}`));
  }
  rows.push(blank, row({ text: `${Math.max(0, Math.floor((now - state.startedAt) / 1000))} s`, look: 'dim' }));
  return rows;
}

export const runningHints: readonly Hint[] = [{ key: 't', does: 'what is being said to the CA' }];
