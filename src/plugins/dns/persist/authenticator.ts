import { Cancelled, PluginError } from '../../../core/errors.js';
import { systemClock } from '../../../system/clock.js';
import { judgePersistRecords, persistDay, persistRecordText, txtZoneLine, type PersistNeed } from '../../../system/persist-record.js';
import { printableLine } from '../../../system/printable.js';
import { lookupAt } from '../../../system/resolver.js';
import type { Authenticator, ChallengeContext, ChallengeTask } from '../../contract.js';
import { authoritiesOf } from '../authorities.js';
import { placeOf } from '../delegation.js';
import { lookAtRecords, nameOf, sightingOf, waitForRecords, type Expected, type ServerState } from '../propagation.js';
import { untilSeconds } from './until.js';

const PLUGIN = 'dns-persist';
/** Seconds that servers get where nobody is asked: the record was to be there before. */
const USUAL = 5;

/** How the servers of one task's record stand. */
interface Found {
  task: ChallengeTask;
  /** Where it has no good record, and what is there instead; empty = it has one wherever it could be looked for. */
  missing: readonly { at: string; why: string }[];
  /** Nobody could be asked. */
  unknown: boolean;
  /** When the record ends, seconds since the epoch; the first end where servers differ. */
  until?: number;
}

/**
 * Nothing is placed and nothing is removed. The nameservers are asked for the record; where it is missing a person is told it and it is
 * watched for, and with nobody to ask it is an error with the record in it: the CA is not asked for what it would refuse.
 */
export const dnsPersistAuthenticator: Authenticator = {
  challengeTypes: (identifier) => (identifier.type === 'dns' ? ['dns-persist-01'] : []),
  check(context) {
    wishedUntil(context);
  },
  prepare: () => Promise.resolve(),
  async present(tasks, context) {
    let found = await look(tasks, context, { patient: context.noninteractive });
    const lacking = found.filter(({ missing }) => missing.length > 0);
    // A person is shown also what nobody could be asked about: they know whether they have set it.
    const shown = context.noninteractive ? lacking : found.filter(({ missing, unknown }) => missing.length > 0 || unknown);
    if (shown.length > 0) {
      const wished = wishedTasks(shown.map(({ task }) => task), tasks, context);
      const refused = (): void => {
        if (lacking.length > 0) refuse(lacking, wished.filter(({ recordName }) => lacking.some(({ task }) => task.recordName === recordName)), context);
      };
      if (context.noninteractive) refused();
      else {
        await context.instruct(wished).catch((error: unknown) => {
          // There is nobody after all.
          if (error instanceof PluginError) refused();
          else throw error;
        });
        found = await look(tasks, context, { patient: false });
      }
    }
    for (const { task, until } of found) if (until !== undefined) context.lasts(task, until * 1000);
    const unknown = new Set(found.flatMap((each) => (each.unknown ? [each.task.recordName ?? ''] : [])));
    for (const record of unknown) context.log('warning', `No answer from the nameservers of ${record}: whether the record is there is not known.`);
  },
  cleanUp: () => Promise.resolve(),
};

function wishedUntil({ options }: ChallengeContext): number | undefined {
  const text = options['dns_persist_until'];
  return typeof text === 'string' && text !== '' ? untilSeconds(text) : undefined;
}

/** The tasks with the record that the options wish for; one for a name and its wildcard. Throws PluginError when it would have ended. */
function wishedTasks(lacking: readonly ChallengeTask[], all: readonly ChallengeTask[], context: ChallengeContext): readonly ChallengeTask[] {
  const until = wishedUntil(context);
  if (until !== undefined && until * 1000 <= systemClock.now()) {
    throw new PluginError(PLUGIN, `A record until ${persistDay(until)} would have ended already.`, { hint: 'Name a later day with --dns-persist-until, or leave it out.' });
  }
  return lacking.map((task) => {
    const wildcard = context.options['dns_persist_wildcard'] === true || all.some((other) => other.wildcard && other.recordName === task.recordName);
    const { issuers, accountUrl } = needOf(task);
    return { ...task, validation: persistRecordText({ issuer: issuers[0] ?? '', accountUrl, wildcard, ...(until === undefined ? {} : { until }) }) };
  });
}

function needOf({ persist, wildcard }: ChallengeTask): PersistNeed {
  return { issuers: persist?.issuers ?? [], accountUrl: persist?.accountUrl ?? '', wildcard };
}

/** Throws PluginError with what to set; with --no-self-check the CA is asked all the same. */
function refuse(lacking: readonly Found[], wished: readonly ChallengeTask[], context: ChallengeContext): void {
  const lines = [...new Set(wished.map(({ recordName = '', validation }) => txtZoneLine(recordName, validation)))];
  const faults = lacking.flatMap(({ task, missing }) => missing.map(({ at, why }) => `  ${task.recordName ?? ''} at ${at}: ${why}`));
  const error = new PluginError(PLUGIN, [`The DNS does not let this account obtain a certificate for ${lacking.map(({ task }) => shownName(task)).join(', ')}:`, ...new Set(faults), 'To be set once, to stay:', ...lines.map((line) => `  ${line}`)].join('\n'), {
    hint: 'The certificate authority was not asked to look, so nothing is used up: set the record and run the same command again. --no-self-check asks it all the same.',
  });
  if (context.selfCheck) throw error;
  context.log('warning', error.message);
}

function shownName({ identifier, wildcard }: ChallengeTask): string {
  return wildcard ? `*.${identifier.value}` : identifier.value;
}

/** Asks for the record of every task: once, or (`patient`) until all have it or the time is up. Throws Cancelled, PluginError. */
async function look(tasks: readonly ChallengeTask[], context: ChallengeContext, { patient }: { patient: boolean }): Promise<readonly Found[]> {
  const lookup = lookupAt(context.dnsResolvers);
  const good = (task: ChallengeTask, values: readonly string[]): boolean => judgePersistRecords(values, needOf(task), systemClock.now()).state === 'good';
  const records = [...new Set(tasks.map(({ recordName = '' }) => recordName.toLowerCase()))];
  const expected = await Promise.all(
    records.map(async (record): Promise<Expected & { record: string }> => {
      const { target } = await placeOf(record, { lookup, plugin: PLUGIN });
      const own = tasks.filter(({ recordName }) => recordName?.toLowerCase() === record);
      return { record, target, complete: (values) => own.every((task) => good(task, values)), servers: await authoritiesOf(target, lookup) };
    }),
  );
  const known = expected.filter(({ servers }) => servers.length > 0);
  const limit = (context.dnsPropagationTimeout ?? USUAL) * 1000;
  const states =
    known.length === 0
      ? []
      : patient
        ? (await waitForRecords(known, { usual: Math.min(limit, USUAL * 1000), limit }, { signal: context.signal, tell: (state, elapsed) => context.recordSeen(sightingOf(state, elapsed)) })).states
        : await lookAtRecords(known, context.signal);
  // Where nobody says which nameservers these are, the resolver may know the record.
  const resolved = await Promise.all(
    expected.filter(({ servers }) => servers.length === 0).map(async ({ target, complete }): Promise<ServerState> => {
      const values = await lookup.txt(target).catch(() => null);
      const at = context.dnsResolvers.length > 0 ? context.dnsResolvers.join(', ') : 'the resolver of this machine';
      return { target, server: { host: at, address: at, port: 53 }, values: values ?? [], view: values === null ? 'silent' : complete(values) ? 'seen' : 'not-yet' };
    }),
  );
  if (context.signal.aborted) throw new Cancelled();
  return tasks.map((task) => {
    const target = expected.find(({ record }) => record === task.recordName?.toLowerCase())?.target;
    return foundOf(task, [...states, ...resolved].filter((state) => state.target === target && (state.view === 'seen' || state.view === 'not-yet')));
  });
}

/** `answered`: the servers that gave an answer about its record. */
function foundOf(task: ChallengeTask, answered: readonly ServerState[]): Found {
  const judged = answered.map(({ server, values }) => ({ at: nameOf(server), verdict: judgePersistRecords(values, needOf(task), systemClock.now()) }));
  const missing = judged.flatMap(({ at, verdict }) => (verdict.state === 'good' ? [] : [{ at, why: verdict.state === 'bad' ? `the record ${printableLine(verdict.why, 300)}` : 'no record for this certificate authority' }]));
  const ends = judged.flatMap(({ verdict }) => (verdict.state === 'good' && verdict.until !== undefined ? [verdict.until] : []));
  return { task, missing, unknown: answered.length === 0, ...(ends.length > 0 ? { until: Math.min(...ends) } : {}) };
}
