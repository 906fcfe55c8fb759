import { isIP } from 'node:net';
import { probe } from '../../system/http-probe.js';
import { judgePersistRecord } from '../../system/persist-record.js';
import { printableLine } from '../../system/printable.js';
import { lookupAt, type Lookup } from '../../system/resolver.js';
import type { ChallengeTask } from '../contract.js';

/** What one nameserver, or one address of the name, shows right now. */
export interface Sighting {
  at: string;
  state: 'seen' | 'not-yet' | 'wrong' | 'unreachable';
  /** What was found instead, control characters stripped. */
  found?: string;
}

export interface Watch {
  /** The zone of each record, by record name, where it could be found out. */
  zones: Readonly<Record<string, string>>;
  /** Looks once more; index of the task → what each place says. Never throws, ends within some seconds. */
  look(): Promise<Readonly<Record<number, readonly Sighting[]>>>;
}

/** Milliseconds for the answers of one nameserver, or for one fetch. */
const ANSWER_TIMEOUT = 3000;
/** Milliseconds to find the addresses of a name before it is fetched. */
const ADDRESS_TIMEOUT = 2000;

/**
 * Prepares to watch for answers that a person places: the authoritative nameservers of each record are found once and then
 * asked directly, without any cache between. `nameservers` (`ADDRESS:PORT`) are taken as authoritative for everything; else `resolvers`
 * say which they are, or where there are none those of this machine.
 */
export async function watchTasks(tasks: readonly ChallengeTask[], { httpPort, nameservers, resolvers }: { httpPort: number; nameservers?: readonly string[]; resolvers?: readonly string[] }): Promise<Watch> {
  const records = [...new Set(tasks.flatMap(({ recordName }) => (recordName === undefined ? [] : [recordName])))];
  const found = new Map(await Promise.all(records.map(async (record) => [record, await authority(record, nameservers, resolvers)] as const)));
  const names = lookupAt(nameservers ?? resolvers);
  return {
    zones: Object.fromEntries([...found].flatMap(([record, { zone }]) => (zone === null ? [] : [[record, zone]]))),
    async look() {
      const sightings = await Promise.all(
        tasks.map((task) => (task.recordName === undefined ? lookForFile(task, names, httpPort) : lookForRecord(task, found.get(task.recordName), validationsUnder(tasks, task.recordName)))),
      );
      return Object.fromEntries(sightings.entries());
    },
  };
}

interface Authority {
  zone: string | null;
  /** Where the value stands in the end: behind aliases, the only name that these servers know. */
  record: string;
  /** `lookup` is null for a nameserver that cannot be found. */
  servers: readonly { name: string; lookup: Lookup | null }[];
}

/** Walks from the record's name upwards to the first name that has nameservers; aliases are followed first (S142). */
async function authority(record: string, given: readonly string[] | undefined, resolvers: readonly string[] = []): Promise<Authority> {
  if (given && given.length > 0) {
    return { zone: record.split('.').slice(-2).join('.'), record, servers: given.map((address) => ({ name: address, lookup: lookupAt([address]) })) };
  }
  const system = lookupAt(resolvers);
  let name = record;
  try {
    for (let hops = 0; hops < 8; hops += 1) {
      const alias = await system.alias(name);
      if (alias === null) break;
      name = alias;
    }
    const labels = name.split('.');
    for (let start = 0; start < labels.length - 1; start += 1) {
      const zone = labels.slice(start).join('.');
      const hosts = await system.nameservers(zone);
      if (hosts.length === 0) continue;
      const servers = await Promise.all(
        [...hosts].sort().map(async (host) => {
          const addresses = await system.addresses(host).catch(() => []);
          return { name: host, lookup: addresses.length === 0 ? null : lookupAt(addresses.slice(0, 1)) };
        }),
      );
      return { zone: name === record ? zone : null, record: name, servers };
    }
  } catch {
    // The resolver of this machine does not answer: look through it later, it may come back.
  }
  return { zone: null, record: name, servers: [{ name: resolvers.length > 0 ? resolvers.join(', ') : 'the resolver of this machine', lookup: system }] };
}

/** All values that shall stand under this record name: apex and wildcard share one (S141). */
function validationsUnder(tasks: readonly ChallengeTask[], name: string): readonly string[] {
  return tasks.filter(({ recordName }) => recordName === name).map(({ validation }) => validation);
}

/** What values under the record's name are for this task; those of others (`expected`) are not wrong. */
function judge({ validation, persist, wildcard }: ChallengeTask, values: readonly string[], expected: readonly string[]): Omit<Sighting, 'at'> {
  if (persist !== undefined) {
    const verdicts = values.map((value) => judgePersistRecord(value, { ...persist, wildcard }, Date.now()));
    if (verdicts.some(({ state }) => state === 'good')) return { state: 'seen' };
    const faults = verdicts.flatMap((verdict) => (verdict.state === 'bad' ? [`it ${verdict.why}`] : []));
    return faults.length === 0 ? { state: 'not-yet' } : { state: 'wrong', found: printableLine(faults.join(' | '), 200) };
  }
  if (values.includes(validation)) return { state: 'seen' };
  // Its sister's value under the same name is not wrong, it is just not all.
  const strange = values.filter((value) => !expected.includes(value));
  return strange.length === 0 ? { state: 'not-yet' } : { state: 'wrong', found: printableLine(strange.join(' | '), 200) };
}

async function lookForRecord(task: ChallengeTask, place: Authority | undefined, expected: readonly string[]): Promise<readonly Sighting[]> {
  if (!place) return [];
  return Promise.all(
    place.servers.map(async ({ name, lookup }): Promise<Sighting> => {
      if (!lookup) return { at: name, state: 'unreachable', found: 'this nameserver has no address in DNS' };
      try {
        return { at: name, ...judge(task, await within(ANSWER_TIMEOUT, valuesAt(place.record, lookup)), expected) };
      } catch (error) {
        return { at: name, state: 'unreachable', found: reason(error) };
      }
    }),
  );
}

/** The values of a record, also behind an alias that was placed after the watch began. */
async function valuesAt(name: string, lookup: Lookup): Promise<readonly string[]> {
  let record = name;
  for (let hops = 0; hops < 8; hops += 1) {
    const alias = await lookup.alias(record);
    if (alias === null) break;
    record = alias;
  }
  return lookup.txt(record);
}

async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('no answer'), { code: 'ETIMEOUT' })), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function lookForFile({ identifier, token, validation }: ChallengeTask, names: Lookup, port: number): Promise<readonly Sighting[]> {
  const host = identifier.value;
  let addresses: readonly string[];
  try {
    addresses = isIP(host) === 0 ? await within(ADDRESS_TIMEOUT, names.addresses(host)) : [host];
  } catch (error) {
    return [{ at: host, state: 'unreachable', found: reason(error) }];
  }
  if (addresses.length === 0) return [{ at: host, state: 'unreachable', found: 'the name has no address in DNS' }];
  const shownHost = isIP(host) === 6 ? `[${host}]` : host;
  const url = `http://${shownHost}${port === 80 ? '' : `:${port}`}/.well-known/acme-challenge/${token}`;
  return Promise.all(
    addresses.map(async (address): Promise<Sighting> => {
      try {
        const { status, body } = await within(ANSWER_TIMEOUT, probe(url, address, { timeoutMs: ANSWER_TIMEOUT, resolve: (name) => names.addresses(name) }));
        if (status === 200 && body.trim() === validation) return { at: address, state: 'seen' };
        if (status === 404) return { at: address, state: 'not-yet' };
        return { at: address, state: 'wrong', found: status === 200 ? printableLine(body, 200) : `HTTP status ${status}` };
      } catch (error) {
        return { at: address, state: 'unreachable', found: reason(error) };
      }
    }),
  );
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED') return 'connection refused';
  if (code === 'ETIMEOUT' || code === 'ETIMEDOUT') return 'no answer';
  return printableLine(message, 200);
}
