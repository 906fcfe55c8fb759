import { PluginError } from '../../core/errors.js';
import type { Zone } from './provider.js';

/** The record's name and those above it, longest first, without the top-level domain: a.b.c, b.c. */
export function candidates(record: string): readonly string[] {
  const labels = record.split('.');
  return labels.slice(0, -1).map((_, index) => labels.slice(index).join('.'));
}

/** For accounts whose zones are listed: the longest that holds the record. */
export function longestZone<Z extends Zone>(record: string, zones: readonly Z[]): Z | undefined {
  const holding = zones.filter(({ name }) => record === name || record.endsWith(`.${name}`));
  return holding.sort((a, b) => b.name.length - a.name.length)[0];
}

/** For providers that are asked name by name: asks longest first, each name once for as long as this lives. Throws `noZone`. */
export function zoneFinder<Z extends Zone>(plugin: string, access: string, ask: (name: string) => Promise<Z | null>): (record: string) => Promise<Z> {
  const known = new Map<string, Promise<Z | null>>();
  return async (record) => {
    for (const name of candidates(record)) {
      const asked = known.get(name) ?? ask(name);
      known.set(name, asked);
      asked.catch(() => known.delete(name));
      const zone = await asked;
      if (zone) return zone;
    }
    throw noZone(plugin, record, access);
  };
}

/** No zone of the account holds the record; certbot's words. */
export function noZone(plugin: string, record: string, access: string): PluginError {
  return new PluginError(plugin, `Unable to determine base domain for ${record} using names: [${candidates(record).map((name) => `'${name}'`).join(', ')}].`, {
    hint: `None of these is a zone that the credentials of ${plugin} may see. Is the name hosted by this provider, in this account? ${access}`,
  });
}

/** The record's name inside the zone: `_acme-challenge.www`; '' for the zone's own name. */
export function nameInZone(record: string, zone: string): string {
  return record === zone ? '' : record.slice(0, -zone.length - 1);
}
