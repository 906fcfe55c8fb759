import { unquoted } from './answers.js';
import type { DnsProvider, Zone } from './provider.js';
import { ProviderRefusal } from './request.js';

/** The TXT records of one name as an API has them that knows no single ones; values without quotes. */
export interface RecordSet {
  values: readonly string[];
  /** Seconds. All values of a name have the same (RFC 2181 section 5.2): those of others keep it whatever comes or goes beside them. */
  ttl?: number;
}

/** One as zone files have it, for APIs where a set is replaced or deleted by exactly what it is. */
export interface QuotedSet extends RecordSet {
  /** With quotes and as several strings, by value. */
  raw: ReadonlyMap<string, string>;
  ttl: number;
}

/** These quoted values as a set; null when there are none. */
export function quotedSet(raw: readonly string[], ttl: number): QuotedSet | null {
  const byValue = new Map(raw.map((text) => [unquoted(text), text]));
  return byValue.size === 0 ? null : { values: [...byValue.keys()], raw: byValue, ttl };
}

/** An API where all values of a name are written at once. */
export interface RecordSets<Z extends Zone, S extends RecordSet> {
  zoneOf(record: string): Promise<Z>;
  /** What is there; null when nothing is. */
  read(zone: Z, record: string): Promise<S | null>;
  /** Writes these values, at least one, in place of what was read. */
  write(zone: Z, record: string, values: readonly string[], before: S | null, ttl: number): Promise<unknown>;
  /** Nothing happens when it is gone meanwhile. */
  delete(zone: Z, record: string, before: S): Promise<unknown>;
}

/** The provider of such an API. `ttl`: seconds, where a set is written again because a value goes and its own is not known. */
export function recordSets<Z extends Zone, S extends RecordSet>({ zoneOf, read, write, delete: remove }: RecordSets<Z, S>, ttl: number): DnsProvider {
  return {
    zoneOf,
    async add(record, value, wanted) {
      const zone = await zoneOf(record);
      const before = await read(zone, record);
      if (before?.values.includes(value) !== true) await write(zone, record, [...(before?.values ?? []), value], before, before?.ttl || wanted);
    },
    async remove(record, value) {
      const zone = await zoneOf(record);
      const before = await read(zone, record);
      if (before?.values.includes(value) !== true) return;
      const rest = before.values.filter((other) => other !== value);
      await (rest.length > 0 ? write(zone, record, rest, before, before.ttl || ttl) : remove(zone, record, before));
    },
  };
}

/**
 * The same for credentials that may perhaps not read: where `read` is refused (status 403), what this run has set is what is there, and
 * a value of an earlier run stands alone. `ttl` in seconds: that of all that is written then.
 */
export function rememberedSets<Z extends Zone>(api: RecordSets<Z, QuotedSet>, { ttl, log }: { ttl: number; log(message: string): void }): DnsProvider {
  const own = new Map<string, readonly string[]>();
  const unreadable = new Set<string>();
  const sets = (unknown: readonly string[]): DnsProvider =>
    recordSets<Z, QuotedSet>(
      {
        zoneOf: (record) => api.zoneOf(record),
        async read(zone, record) {
          if (!unreadable.has(zone.id)) {
            try {
              return await api.read(zone, record);
            } catch (error) {
              if (!(error instanceof ProviderRefusal) || error.status !== 403) throw error;
              unreadable.add(zone.id);
              log(`the records of ${zone.name} may not be listed: values at the same name that are not of this run are not known`);
            }
          }
          return quotedSet((own.get(record) ?? unknown).map((value) => `"${value}"`), ttl);
        },
        async write(zone, record, values, before, seconds) {
          await api.write(zone, record, values, before, seconds);
          own.set(record, values);
        },
        async delete(zone, record, before) {
          await api.delete(zone, record, before);
          own.delete(record);
        },
      },
      ttl,
    );
  return { zoneOf: (record) => api.zoneOf(record), add: (record, value, seconds) => sets([]).add(record, value, seconds), remove: (record, value) => sets([value]).remove(record, value) };
}
