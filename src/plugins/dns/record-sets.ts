import type { DnsProvider, Zone } from './provider.js';

/** The TXT records of one name as an API has them that knows no single ones; values without quotes. */
export interface RecordSet {
  values: readonly string[];
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

/** The provider of such an API. `ttl`: seconds, where a set is written again because a value goes. */
export function recordSets<Z extends Zone, S extends RecordSet>({ zoneOf, read, write, delete: remove }: RecordSets<Z, S>, ttl: number): DnsProvider {
  return {
    zoneOf,
    async add(record, value, wanted) {
      const zone = await zoneOf(record);
      const before = await read(zone, record);
      if (before?.values.includes(value) !== true) await write(zone, record, [...(before?.values ?? []), value], before, wanted);
    },
    async remove(record, value) {
      const zone = await zoneOf(record);
      const before = await read(zone, record);
      if (before?.values.includes(value) !== true) return;
      const rest = before.values.filter((other) => other !== value);
      await (rest.length > 0 ? write(zone, record, rest, before, ttl) : remove(zone, record, before));
    },
  };
}
