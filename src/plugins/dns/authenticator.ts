import { Cancelled, CertwrightError, MissingFlag, PluginError } from '../../core/errors.js';
import { systemClock } from '../../system/clock.js';
import { lookupAt } from '../../system/resolver.js';
import type { Authenticator, ChallengeContext, ChallengeTask } from '../contract.js';
import { authoritiesOf } from './authorities.js';
import { placeOf, type Place } from './delegation.js';
import { optionOf } from './descriptor.js';
import { dnsJournal } from './journal.js';
import { nameOf, sightingOf, waitForRecords, type Expected, type ServerState } from './propagation.js';
import type { DnsProvider, ProviderDescription, Zone } from './provider.js';
import { openProvider, ownOptions } from './session.js';

/** Seconds that records get at least before silent servers are passed over, and before a missing record is a failure. */
const LEAST_USUAL = 5;
const LEAST_LIMIT = 120;

/** One account at the provider; several certificates may use it at a time. */
interface Session {
  provider: DnsProvider;
  /** Certificates that are being proved. */
  users: number;
  /** How many tasks need a value at a name: `TARGET VALUE` → count. Two orders may wait for the same authorization. */
  needed: Map<string, number>;
  turn: Promise<unknown>;
}

/** A value of a task in its place. */
interface Record {
  place: Place;
  value: string;
  zone: Zone;
}

/**
 * Proves names by TXT records, the same way for every provider (S33): where each value has to stand is found out and the zones are
 * asked for before anything is set; then all records are set, zone by zone; then there is one wait for all (U09). Only what was set
 * here is removed, in the next run where this one is killed.
 */
export function createDnsAuthenticator(description: ProviderDescription, { port = 53 }: { port?: number } = {}): Authenticator {
  const plugin = `dns-${description.name}`;
  const sessions = new Map<string, Promise<Session>>();
  const placed = new Map<ChallengeTask, Record>();
  const keyOf = (context: ChallengeContext): string => JSON.stringify(ownOptions(description, context.options));
  const sessionFor = (context: ChallengeContext): Promise<Session> => {
    const key = keyOf(context);
    const opened = sessions.get(key) ?? openProvider(description, context).then((provider): Session => ({ provider, users: 0, needed: new Map(), turn: Promise.resolve() }));
    sessions.set(key, opened);
    opened.catch(() => sessions.delete(key));
    return opened;
  };

  return {
    challengeTypes: (identifier) => (identifier.type === 'dns' ? ['dns-01', 'dns-account-01'] : []),
    check(context) {
      const dest = optionOf(description, 'credentials');
      if (description.credentials !== 'file' || (typeof context.options[dest] === 'string' && context.options[dest] !== '')) return;
      throw new MissingFlag(`Input the path to your ${description.title} credentials INI file`, [`--${plugin}-credentials`]);
    },
    async prepare(context) {
      const session = await sessionFor(context);
      session.users += 1;
    },
    async present(tasks, context) {
      const session = await sessionFor(context);
      const lookup = lookupAt(context.dnsResolvers);
      const places = await Promise.all(tasks.map((task) => placeOf(recordOf(task), { lookup, plugin, ...aliasFor(task, context) })));
      for (const { record, target, chain } of new Set(places)) if (target !== record) context.log('info', `${record} is an alias: the value is written to ${target} (${chain.join(' → ')})`);
      await inTurn(session, async () => {
        const found: { task: ChallengeTask; record: Record }[] = [];
        for (const [index, task] of tasks.entries()) {
          const place = places[index];
          if (place) found.push({ task, record: { place, value: task.validation, zone: await session.provider.zoneOf(place.target) } });
        }
        found.sort((a, b) => (a.record.zone.name < b.record.zone.name ? -1 : a.record.zone.name > b.record.zone.name ? 1 : 0));
        const journal = dnsJournal(context.configDir, plugin);
        for (const { task, record } of found) {
          if (context.signal.aborted) throw new Cancelled();
          const { value, place } = record;
          placed.set(task, record);
          const count = session.needed.get(idOf(record)) ?? 0;
          session.needed.set(idOf(record), count + 1);
          if (count > 0) continue;
          journal.note({ target: place.target, value, options: ownOptions(description, context.options), since: Date.now() });
          await session.provider.add(place.target, value, description.ttl);
          context.log('debug', `${plugin}: set ${place.target} TXT "${value}" in the zone ${record.zone.name}`);
        }
      });
    },
    async wait(tasks, context) {
      await (await sessionFor(context)).provider.settle?.();
      const seconds = context.options[optionOf(description, 'propagation-seconds')];
      if (seconds !== undefined && seconds !== '') return sleep(Number(seconds), context);
      await untilSeen(tasks.flatMap((task) => placed.get(task) ?? []), context);
    },
    async cleanUp(tasks, context) {
      const session = await sessionFor(context).catch(() => null);
      if (!session) return;
      const journal = dnsJournal(context.configDir, plugin);
      await inTurn(session, async () => {
        for (const task of tasks) {
          const record = placed.get(task);
          if (!record) continue;
          placed.delete(task);
          const left = (session.needed.get(idOf(record)) ?? 1) - 1;
          session.needed.set(idOf(record), left);
          if (left > 0) continue;
          session.needed.delete(idOf(record));
          const { place, value } = record;
          try {
            await session.provider.remove(place.target, value);
            journal.forget({ target: place.target, value });
            context.log('debug', `${plugin}: removed ${place.target} TXT "${value}"`);
          } catch (error) {
            const why = error instanceof CertwrightError ? error.message : String(error);
            context.log('warning', `The record ${place.target} TXT "${value}" could not be removed: ${why}\nIt does no harm. The next run tries again; or remove it by hand.`);
          }
        }
      });
      if (tasks.length > 0) return;
      session.users -= 1;
      if (session.users > 0) return;
      sessions.delete(keyOf(context));
      await session.provider.close?.().catch(() => undefined);
    },
  };

  async function untilSeen(records: readonly Record[], context: ChallengeContext): Promise<void> {
    const lookup = lookupAt(context.dnsResolvers);
    const targets = [...new Set(records.map(({ place }) => place.target))];
    const expected = await Promise.all(
      targets.map(async (target): Promise<Expected> => {
        const values = records.filter(({ place }) => place.target === target).map(({ value }) => value);
        return { target, complete: (seen) => values.every((value) => seen.includes(value)), servers: await authoritiesOf(target, lookup, port) };
      }),
    );
    const usual = Math.max(description.propagationSeconds, LEAST_USUAL);
    const limit = context.dnsPropagationTimeout ?? Math.max(description.propagationSeconds, LEAST_LIMIT);
    for (const { target, servers } of expected) {
      if (servers.length === 0) context.log('warning', `The nameservers of ${target} cannot be found from here, so the record cannot be watched: waiting ${Math.min(usual, limit)} s.`);
    }
    const known = expected.filter(({ servers }) => servers.length > 0);
    const blind = known.length < expected.length ? sleep(Math.min(usual, limit), context, true) : undefined;
    const { outcome, states } = known.length === 0 ? { outcome: 'go-on' as const, states: [] } : await waitForRecords(known, { usual: usual * 1000, limit: limit * 1000 }, { signal: context.signal, tell: (state, elapsed) => context.recordSeen(sightingOf(state, elapsed)) });
    await blind;
    const missing = states.filter(({ view }) => view === 'not-yet');
    if (outcome === 'give-up' && missing.length > 0) {
      const error = notThere(plugin, missing, limit);
      if (context.selfCheck) throw error;
      context.log('warning', error.message);
      return;
    }
    const silent = states.filter(({ view }) => view === 'silent');
    if (silent.length > 0) context.log('warning', `No answer from ${[...new Set(silent.map(({ server }) => nameOf(server)))].join(', ')}: whether the record is there is not known.`);
  }
}

function recordOf({ recordName, identifier }: ChallengeTask): string {
  return (recordName ?? `_acme-challenge.${identifier.value}`).toLowerCase();
}

/** --challenge-alias for this task: by the name of the certificate, or by that of the record. */
function aliasFor(task: ChallengeTask, { challengeAliases }: ChallengeContext): { given?: string } {
  const given = challengeAliases[task.identifier.value] ?? challengeAliases[recordOf(task)];
  return given === undefined ? {} : { given };
}

function idOf({ place, value }: Record): string {
  return `${place.target} ${value}`;
}

function inTurn<T>(session: Session, work: () => Promise<T>): Promise<T> {
  const result = session.turn.then(work);
  session.turn = result.catch(() => undefined);
  return result;
}

async function sleep(seconds: number, context: ChallengeContext, quiet = false): Promise<void> {
  if (!quiet) context.log('info', `Waiting ${seconds} seconds for DNS changes to propagate`);
  await systemClock.sleep(seconds * 1000, context.signal).catch(() => {
    throw new Cancelled();
  });
}

function notThere(plugin: string, missing: readonly ServerState[], limit: number): PluginError {
  const places = missing.map(({ target, server }) => `${target} at ${nameOf(server)}`);
  return new PluginError(plugin, `After ${limit} s not every nameserver has the new records. Missing: ${places.join(', ')}`, {
    hint: `The certificate authority was not asked, so nothing is used up. If these servers are only slow, run it again with --dns-propagation-timeout ${limit * 2}; if they are no servers of this zone any more, correct its NS records; --no-self-check asks all the same.`,
  });
}
