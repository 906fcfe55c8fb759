import { PluginError } from '../../../core/errors.js';
import { at, listIn, plainName, textIn, unquoted, word, type Fields } from '../answers.js';
import type { DnsProvider, ProviderSetup, Zone } from '../provider.js';
import { allPages, type ApiAnswer, type ApiRequest } from '../request.js';
import { singleRecords } from '../single-records.js';
import { nameInZone, zoneFinder } from '../zones.js';

interface AccountZone extends Zone {
  account: string;
}

/** DNSimple's API v2 (https://developer.dnsimple.com/v2/zones/records/), by a token of an account or of a user with several. Throws PluginError. */
export async function createDnsimple(setup: ProviderSetup, base = 'https://api.dnsimple.com/v2'): Promise<DnsProvider> {
  const { plugin, access, credentials } = setup;
  const { token } = await credentials.require({ token: 'User access token for DNSimple v2 API' });
  const api = setup.connect({ base, headers: { authorization: `Bearer ${token}` }, problem: (json) => word(at(json, 'message')) || undefined });
  const pages = (first: ApiRequest): Promise<readonly Fields[]> =>
    allPages(api, first, (answer, page) => ({
      entries: listIn(plugin, answer, 'data'),
      next: page < Number(at(answer.json, 'pagination', 'total_pages') ?? 1) ? { ...first, query: { ...first.query, page: page + 1 } } : null,
    }));
  let accounts: Promise<readonly string[]> | undefined;
  const path = ({ account, id }: AccountZone): string => `/${account}/zones/${id}/records`;
  return singleRecords<AccountZone>({
    zoneOf: zoneFinder(plugin, access, async (name) => {
      const asked = (accounts ??= pages({ path: '/accounts' }).then((list) => list.map(({ id }) => word(id))));
      asked.catch(() => (accounts = undefined));
      const known = await asked;
      if (known.length === 0) throw new PluginError(plugin, 'The token belongs to no account of DNSimple.', { hint: access });
      for (const account of known) {
        const answer = await api({ path: `/${account}/zones/${name}`, accept: [404] });
        if (answer.status !== 404) return { account, id: name, name: plainName(textIn(plugin, answer, 'data', 'name')) };
      }
      return null;
    }),
    async list(zone, record) {
      const records = await pages({ path: path(zone), query: { name: nameInZone(record, zone.name), type: 'TXT', per_page: 100 } });
      return records.filter(({ name }) => plainName(name) === nameInZone(record, zone.name)).map(({ id, content }) => ({ id: word(id), value: unquoted(content) }));
    },
    async create(zone, record, value, ttl) {
      textIn(plugin, await api({ method: 'POST', path: path(zone), json: { name: nameInZone(record, zone.name), type: 'TXT', content: value, ttl } }), 'data', 'id');
    },
    delete: (zone, id): Promise<ApiAnswer> => api({ method: 'DELETE', path: `${path(zone)}/${id}`, accept: [404] }),
  });
}
