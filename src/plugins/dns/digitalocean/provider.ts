import { at, listIn, plainName, textIn, unquoted, word } from '../answers.js';
import type { DnsProvider, ProviderSetup, Zone } from '../provider.js';
import { allPages, type ApiAnswer } from '../request.js';
import { singleRecords } from '../single-records.js';
import { nameInZone, zoneFinder } from '../zones.js';

/** DigitalOcean's API v2 (https://docs.digitalocean.com/reference/api/reference/domains/). Throws PluginError. */
export async function createDigitalocean(setup: ProviderSetup, base = 'https://api.digitalocean.com'): Promise<DnsProvider> {
  const { plugin, access, credentials } = setup;
  const { token } = await credentials.require({ token: 'API token for DigitalOcean account' });
  const api = setup.connect({ base, headers: { authorization: `Bearer ${token}` }, problem: (json) => word(at(json, 'message')) || undefined });
  return singleRecords<Zone>({
    zoneOf: zoneFinder(plugin, access, async (name) => {
      const answer = await api({ path: `/v2/domains/${encodeURIComponent(name)}`, accept: [404] });
      return answer.status === 404 ? null : { name: plainName(textIn(plugin, answer, 'domain', 'name')), id: name };
    }),
    async list(zone, record) {
      const records = await allPages(api, { path: `/v2/domains/${zone.id}/records`, query: { type: 'TXT', name: record, per_page: 200 } }, (answer) => {
        const next = word(at(answer.json, 'links', 'pages', 'next'));
        return { entries: listIn(plugin, answer, 'domain_records'), next: next === '' ? null : { path: next } };
      });
      return records.map(({ id, data }) => ({ id: word(id), value: unquoted(data) }));
    },
    async create(zone, record, value, ttl) {
      const answer = await api({ method: 'POST', path: `/v2/domains/${zone.id}/records`, json: { type: 'TXT', name: nameInZone(record, zone.name) || '@', data: value, ttl } });
      textIn(plugin, answer, 'domain_record', 'id');
    },
    delete: (zone, id): Promise<ApiAnswer> => api({ method: 'DELETE', path: `/v2/domains/${zone.id}/records/${id}`, accept: [404] }),
  });
}
