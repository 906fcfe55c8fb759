import { PluginError } from '../../../core/errors.js';
import { at, notUnderstood, plainName, unquoted, word } from '../answers.js';
import type { DnsProvider, ProviderSetup, Zone } from '../provider.js';
import { recordSets, type RecordSet } from '../record-sets.js';
import type { ApiAnswer } from '../request.js';
import { nameInZone, zoneFinder } from '../zones.js';

/** Gandi's LiveDNS API v5 (https://api.gandi.net/docs/livedns/). Throws PluginError. */
export async function createGandi(setup: ProviderSetup, ttl: number, base = 'https://api.gandi.net/v5/livedns'): Promise<DnsProvider> {
  const { plugin, access, credentials } = setup;
  const headers = await authentication(setup);
  const api = setup.connect({ base, headers, problem: (json) => word(at(json, 'message')) || undefined });
  const query = { sharing_id: await credentials.get('sharing_id') };
  const path = (zone: Zone, record: string): string => `/domains/${zone.id}/records/${nameInZone(record, zone.name) || '@'}/TXT`;
  return recordSets<Zone, RecordSet>(
    {
      zoneOf: zoneFinder(plugin, access, async (name) => {
        const answer = await api({ path: `/domains/${name}`, query, accept: [404] });
        if (answer.status === 404) return null;
        const fqdn = plainName(at(answer.json, 'fqdn'));
        if (fqdn === '') throw notUnderstood(plugin, answer, 'a value named fqdn');
        return { name: fqdn, id: fqdn };
      }),
      async read(zone, record) {
        const answer = await api({ path: path(zone, record), query, accept: [404] });
        if (answer.status === 404) return null;
        const values = at(answer.json, 'rrset_values');
        if (!Array.isArray(values)) throw notUnderstood(plugin, answer, 'a list named rrset_values');
        const ttlThere = at(answer.json, 'rrset_ttl');
        return { values: values.map(unquoted), ...(typeof ttlThere === 'number' ? { ttl: ttlThere } : {}) };
      },
      write: (zone, record, values, _before, seconds): Promise<ApiAnswer> => api({ method: 'PUT', path: path(zone, record), query, json: { rrset_values: values.map((value) => `"${value}"`), rrset_ttl: seconds } }),
      delete: (zone, record): Promise<ApiAnswer> => api({ method: 'DELETE', path: path(zone, record), query, accept: [404] }),
    },
    ttl,
  );
}

/** A personal access token; or an API key, which Gandi has given up, as older versions of the plugin have it. */
async function authentication({ plugin, access, credentials }: ProviderSetup): Promise<Record<string, string>> {
  const [token, key, sharing] = [await credentials.get('token'), await credentials.get('api_key'), await credentials.get('sharing_id')];
  if (sharing !== undefined && !/^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(sharing)) throw new PluginError(plugin, 'dns_gandi_sharing_id is no UUID.', { hint: access });
  if (token === undefined && key !== undefined) return { authorization: `Apikey ${key}` };
  const required = await credentials.require({ token: 'Personal access token for Gandi account' });
  return { authorization: `Bearer ${required.token}` };
}
