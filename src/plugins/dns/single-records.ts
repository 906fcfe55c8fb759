import type { DnsProvider, Zone } from './provider.js';

/** An API where each value is a record of its own, with an id. */
export interface SingleRecords<Z extends Zone> {
  zoneOf(record: string): Promise<Z>;
  /** The TXT records at this name, all pages of them; values without quotes. */
  list(zone: Z, record: string): Promise<readonly { id: string; value: string }[]>;
  create(zone: Z, record: string, value: string, ttl: number): Promise<unknown>;
  /** Nothing happens when it is gone meanwhile. */
  delete(zone: Z, id: string): Promise<unknown>;
}

/** The provider of such an API. A record that is there twice, as a creation that was tried again may have made it, is removed twice. */
export function singleRecords<Z extends Zone>({ zoneOf, list, create, delete: remove }: SingleRecords<Z>): DnsProvider {
  return {
    zoneOf,
    async add(record, value, ttl) {
      const zone = await zoneOf(record);
      if (!(await list(zone, record)).some((there) => there.value === value)) await create(zone, record, value, ttl);
    },
    async remove(record, value) {
      const zone = await zoneOf(record);
      for (const there of await list(zone, record)) if (there.value === value) await remove(zone, there.id);
    },
  };
}
