import { PluginError } from '../../../core/errors.js';
import { at, listIn, plainName, textIn, unquoted, word } from '../answers.js';
import type { DnsProvider, ProviderSetup, Zone } from '../provider.js';
import { allPages, type ApiAnswer, type ApiRequest } from '../request.js';
import { singleRecords } from '../single-records.js';
import { nameInZone, zoneFinder } from '../zones.js';

/** Linode's API v4 (https://techdocs.akamai.com/linode-api/reference/get-domains). Throws PluginError. */
export async function createLinode(setup: ProviderSetup, base = 'https://api.linode.com/v4'): Promise<DnsProvider> {
  const { plugin, access, credentials } = setup;
  const { key } = await credentials.require({ key: 'API key for Linode account' });
  const version = await credentials.get('version');
  if (version !== undefined && version !== '4') throw new PluginError(plugin, 'dns_linode_version: only version 4 of the API is spoken here.', { hint: access });
  const api = setup.connect({ base, headers: { authorization: `Bearer ${key}` }, problem });
  const pages = (first: ApiRequest): ReturnType<typeof allPages<ReturnType<typeof listIn>[number]>> =>
    allPages(api, first, (answer, page) => ({
      entries: listIn(plugin, answer, 'data'),
      next: page < Number(at(answer.json, 'pages') ?? 1) ? { ...first, query: { ...first.query, page: page + 1 } } : null,
    }));
  return singleRecords<Zone>({
    zoneOf: zoneFinder(plugin, access, async (name) => {
      const answer = await api({ path: '/domains', headers: { 'x-filter': JSON.stringify({ domain: name }) } });
      const id = word(listIn(plugin, answer, 'data').find(({ domain }) => plainName(domain) === name)?.['id']);
      return id === '' ? null : { name, id };
    }),
    async list(zone, record) {
      const records = await pages({ path: `/domains/${zone.id}/records`, query: { page_size: 500 } });
      const name = nameInZone(record, zone.name);
      return records.filter((entry) => entry['type'] === 'TXT' && plainName(entry['name']) === name).map(({ id, target }) => ({ id: word(id), value: unquoted(target) }));
    },
    async create(zone, record, value, ttl) {
      textIn(plugin, await api({ method: 'POST', path: `/domains/${zone.id}/records`, json: { type: 'TXT', name: nameInZone(record, zone.name), target: value, ttl_sec: ttl } }), 'id');
    },
    delete: (zone, id): Promise<ApiAnswer> => api({ method: 'DELETE', path: `/domains/${zone.id}/records/${id}`, accept: [404] }),
  });
}

/** `{ errors: [{ reason, field? }] }` */
function problem(json: unknown): string | undefined {
  const errors = at(json, 'errors');
  return Array.isArray(errors) ? errors.map((error) => [word(at(error, 'field')), word(at(error, 'reason'))].filter((part) => part !== '').join(': ')).join('; ') : undefined;
}
