import { at, listIn, plainName, textIn, unquoted, word, type Fields } from '../answers.js';
import type { DnsProvider, ProviderSetup, Zone } from '../provider.js';
import type { ApiAnswer } from '../request.js';
import { singleRecords } from '../single-records.js';
import { longestZone, noZone } from '../zones.js';

/** LuaDNS's API v1 (https://luadns.com/api.html); its listings have no pages. Throws PluginError. */
export async function createLuadns(setup: ProviderSetup, base = 'https://api.luadns.com/v1'): Promise<DnsProvider> {
  const { plugin, access, credentials } = setup;
  const { email, token } = await credentials.require({ email: 'email address associated with LuaDNS account', token: 'API token for LuaDNS account' });
  const api = setup.connect({ base, headers: { authorization: `Basic ${Buffer.from(`${email}:${token}`).toString('base64')}` }, problem: (json) => word(at(json, 'message')) || undefined, secrets: () => [`${email}:${token}`] });
  let zones: Promise<readonly Fields[]> | undefined;
  return singleRecords<Zone>({
    async zoneOf(record) {
      const asked = (zones ??= api({ path: '/zones' }).then((answer) => listIn(plugin, answer)));
      asked.catch(() => (zones = undefined));
      const zone = longestZone(record, (await asked).map(({ id, name }) => ({ id: word(id), name: plainName(name) })));
      if (!zone) throw noZone(plugin, record, access);
      return zone;
    },
    async list(zone, record) {
      const records = listIn(plugin, await api({ path: `/zones/${zone.id}/records` }));
      return records.filter(({ type, name }) => type === 'TXT' && plainName(name) === record).map(({ id, content }) => ({ id: word(id), value: unquoted(content) }));
    },
    async create(zone, record, value, ttl) {
      textIn(plugin, await api({ method: 'POST', path: `/zones/${zone.id}/records`, json: { name: `${record}.`, type: 'TXT', content: value, ttl } }), 'id');
    },
    delete: (zone, id): Promise<ApiAnswer> => api({ method: 'DELETE', path: `/zones/${zone.id}/records/${id}`, accept: [404] }),
  });
}
