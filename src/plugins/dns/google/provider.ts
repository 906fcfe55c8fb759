import { at, listIn, plainName, textIn, word, type Fields } from '../answers.js';
import type { DnsProvider, ProviderSetup, Zone } from '../provider.js';
import { quotedSet, rememberedSets, type QuotedSet } from '../record-sets.js';
import { allPages, type ApiRequest } from '../request.js';
import { settled } from '../settled.js';
import { zoneFinder } from '../zones.js';
import { googleAccess } from './access-token.js';

/** Google Cloud DNS's API v1 (https://cloud.google.com/dns/docs/reference/rest/v1). Throws PluginError. */
export async function createGoogle(setup: ProviderSetup, ttl: number, base = 'https://dns.googleapis.com'): Promise<DnsProvider> {
  const { plugin, access, log } = setup;
  const account = await googleAccess(setup);
  const api = setup.connect({
    base,
    sign: async () => ({ authorization: `Bearer ${await account.token()}` }),
    problem: (json) => word(at(json, 'error', 'message')) || undefined,
    // Too many calls are a 403 here.
    again: ({ status, json }) => status === 403 && /rateLimitExceeded/i.test(word(at(json, 'error', 'errors', 0, 'reason'))),
    secrets: () => account.secrets(),
  });
  const zonesPath = async (): Promise<string> => `/dns/v1/projects/${encodeURIComponent(await account.project())}/managedZones`;
  const changesPath = async (zone: Zone): Promise<string> => `${await zonesPath()}/${encodeURIComponent(zone.id)}/changes`;
  /** Additions that are not known to be at all servers. */
  const pending = new Set<{ id: string; zone: Zone }>();

  async function listZones(name: string): Promise<readonly Fields[]> {
    const first: ApiRequest = { path: await zonesPath(), query: { dnsName: `${name}.` } };
    return allPages(api, first, (answer) => {
      const token = word(at(answer.json, 'nextPageToken'));
      const none = at(answer.json, 'managedZones') === undefined && at(answer.json, 'kind') === 'dns#managedZonesListResponse';
      return { entries: none ? [] : listIn(plugin, answer, 'managedZones'), next: token === '' ? null : { ...first, query: { ...first.query, pageToken: token } } };
    });
  }
  /** `before` is taken away and these values set, as one change. */
  async function change(zone: Zone, record: string, { values, before, seconds }: { values: readonly string[]; before: QuotedSet | null; seconds: number }): Promise<void> {
    const set = (rrdatas: readonly string[], time: number): readonly unknown[] => (rrdatas.length === 0 ? [] : [{ name: `${record}.`, type: 'TXT', ttl: time, rrdatas }]);
    const deletions = before ? set([...before.raw.values()], before.ttl) : [];
    const additions = set(values.map((value) => before?.raw.get(value) ?? `"${value}"`), seconds);
    // A deletion alone of what is gone is a 404.
    const answer = await api({ method: 'POST', path: await changesPath(zone), json: { additions, deletions }, ...(values.length === 0 ? { accept: [404] } : {}) });
    if (answer.status === 404) return;
    const id = textIn(plugin, answer, 'id');
    if (values.length > (before?.values.length ?? 0)) pending.add({ id, zone });
  }

  const sets = rememberedSets<Zone>(
    {
      zoneOf: zoneFinder(plugin, access, async (name) => {
        const zone = (await listZones(name)).find((found) => plainName(found['dnsName']) === name && found['visibility'] !== 'private' && found['privateVisibilityConfig'] === undefined);
        return zone ? { name, id: word(zone['id']) || word(zone['name']) } : null;
      }),
      async read(zone, record) {
        const answer = await api({ path: `${await zonesPath()}/${encodeURIComponent(zone.id)}/rrsets`, query: { name: `${record}.`, type: 'TXT' } });
        const found = listIn(plugin, answer, 'rrsets').find(({ name, type }) => plainName(name) === record && type === 'TXT');
        return found && Array.isArray(found['rrdatas']) ? quotedSet(found['rrdatas'].map(word), Number(found['ttl'])) : null;
      },
      write: (zone, record, values, before, seconds) => change(zone, record, { values, before, seconds }),
      delete: (zone, record, before) => change(zone, record, { values: [], before, seconds: ttl }),
    },
    { ttl, log: (message) => log('debug', `${plugin}: ${message}`) },
  );
  return {
    ...sets,
    settle: () => settled(pending, setup, async ({ id, zone }) => textIn(plugin, await api({ path: `${await changesPath(zone)}/${encodeURIComponent(id)}` }), 'status') === 'done'),
  };
}
