import { at, listIn, notUnderstood, plainName, unquoted, word, type Fields } from '../answers.js';
import type { DnsProvider, ProviderSetup, Zone } from '../provider.js';
import { singleRecords } from '../single-records.js';
import { nameInZone, zoneFinder } from '../zones.js';

/**
 * Sakura Cloud's API 1.1 (https://manual.sakura.ad.jp/cloud-api/1.1/appliance/): a zone is an appliance whose records are all written
 * at once, so each change reads them anew just before, and again before it is tried once more. Throws PluginError.
 */
export async function createSakuracloud(setup: ProviderSetup, base = 'https://secure.sakura.ad.jp/cloud/zone/is1a/api/cloud/1.1'): Promise<DnsProvider> {
  const { plugin, access, credentials } = setup;
  const { api_token: token, api_secret: secret } = await credentials.require({ api_token: 'API token for Sakura Cloud API', api_secret: 'API secret for Sakura Cloud API' });
  const api = setup.connect({ base, headers: { authorization: `Basic ${Buffer.from(`${token}:${secret}`).toString('base64')}` }, problem: (json) => word(at(json, 'error_msg')) || undefined, secrets: () => [`${token}:${secret}`] });
  const read = async (zone: Zone): Promise<readonly Fields[]> => {
    const answer = await api({ path: `/commonserviceitem/${zone.id}` });
    return listIn(plugin, answer, 'CommonServiceItem', 'Settings', 'DNS', 'ResourceRecordSets');
  };
  const write = async (zone: Zone, change: (sets: readonly Fields[]) => readonly Fields[]): Promise<void> => {
    const answer = await api({ method: 'PUT', path: `/commonserviceitem/${zone.id}`, jsonAnew: async () => ({ CommonServiceItem: { Settings: { DNS: { ResourceRecordSets: change(await read(zone)) } } } }) });
    if (at(answer.json, 'Success') !== true && at(answer.json, 'is_ok') !== true) throw notUnderstood(plugin, answer, 'a value named Success');
  };
  const here = (zone: Zone, record: string) => (set: Fields): boolean => set['Type'] === 'TXT' && plainName(set['Name']) === (nameInZone(record, zone.name) || '@');
  return singleRecords<Zone>({
    zoneOf: zoneFinder(plugin, access, async (name) => {
      // The query is JSON itself, not names and values.
      const answer = await api({ path: `/commonserviceitem?${encodeURIComponent(JSON.stringify({ Filter: { 'Provider.Class': 'dns', Name: name } }))}` });
      const id = word(listIn(plugin, answer, 'CommonServiceItems').find((item) => plainName(at(item, 'Status', 'Zone')) === name)?.['ID']);
      return id === '' ? null : { name, id };
    }),
    // Records have no ids: they are told apart by name and value.
    list: async (zone, record) => (await read(zone)).filter(here(zone, record)).map(({ RData }) => ({ id: JSON.stringify([record, word(RData)]), value: unquoted(RData) })),
    // A try without an answer may have added it.
    create: (zone, record, value, ttl) => write(zone, (sets) => sets.some((set) => here(zone, record)(set) && unquoted(set['RData']) === value) ? sets : [...sets, { Name: nameInZone(record, zone.name) || '@', Type: 'TXT', RData: value, TTL: ttl }]),
    delete(zone, id) {
      const [record = '', data = ''] = JSON.parse(id) as string[];
      return write(zone, (sets) => sets.filter((set) => !(here(zone, record)(set) && word(set['RData']) === data)));
    },
  });
}
