import { at, listIn, plainName, textIn, unquoted, word, type Fields } from '../answers.js';
import type { DnsProvider, ProviderSetup, Zone } from '../provider.js';
import { recordSets, type RecordSet } from '../record-sets.js';
import type { ApiAnswer } from '../request.js';
import { longestZone, noZone } from '../zones.js';

interface VersionedZone extends Zone {
  version: string;
}

interface Set extends RecordSet {
  id: string;
  ttl: number;
}

/** Gehirn's DNS API v1 (https://support.gehirn.jp/apidocs/gis/dns/); changes are made in the version that is served. Throws PluginError. */
export async function createGehirn(setup: ProviderSetup, ttl: number, base = 'https://api.gis.gehirn.jp/dns/v1'): Promise<DnsProvider> {
  const { plugin, access, credentials } = setup;
  const { api_token: token, api_secret: secret } = await credentials.require({ api_token: 'API token for Gehirn Infrastructure Service API', api_secret: 'API secret for Gehirn Infrastructure Service API' });
  const api = setup.connect({ base, headers: { authorization: `Basic ${Buffer.from(`${token}:${secret}`).toString('base64')}` }, problem: (json) => word(at(json, 'message')) || undefined, secrets: () => [`${token}:${secret}`] });
  const path = (zone: VersionedZone): string => `/zones/${zone.id}/versions/${zone.version}/records`;
  let zones: Promise<readonly Fields[]> | undefined;
  return recordSets<VersionedZone, Set>(
    {
      async zoneOf(record) {
        const asked = (zones ??= api({ path: '/zones' }).then((answer) => listIn(plugin, answer)));
        asked.catch(() => (zones = undefined));
        const zone = longestZone(record, (await asked).map((entry) => ({ id: word(entry['id']), name: plainName(entry['name']), version: word(entry['current_version_id']) })));
        if (!zone) throw noZone(plugin, record, access);
        return zone;
      },
      async read(zone, record) {
        const set = listIn(plugin, await api({ path: path(zone) })).find((entry) => entry['type'] === 'TXT' && plainName(entry['name']) === record);
        if (!set) return null;
        const records = Array.isArray(set['records']) ? (set['records'] as unknown[]) : [];
        return { id: word(set['id']), ttl: Number(set['ttl']) || ttl, values: records.map((entry) => unquoted(at(entry, 'data'))) };
      },
      async write(zone, record, values, before, seconds) {
        const json = { name: `${record}.`, type: 'TXT', enable_alias: false, ttl: seconds, records: values.map((data) => ({ data })) };
        textIn(plugin, await (before === null ? api({ method: 'POST', path: path(zone), json }) : api({ method: 'PUT', path: `${path(zone)}/${before.id}`, json: { id: before.id, ...json } })), 'id');
      },
      delete: (zone, _record, { id }): Promise<ApiAnswer> => api({ method: 'DELETE', path: `${path(zone)}/${id}`, accept: [404] }),
    },
    ttl,
  );
}
