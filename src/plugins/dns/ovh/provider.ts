import { createHash } from 'node:crypto';
import { PluginError } from '../../../core/errors.js';
import { printableLine } from '../../../system/printable.js';
import { at, notUnderstood, plainName, textIn, unquoted, word } from '../answers.js';
import type { DnsProvider, ProviderSetup, Zone } from '../provider.js';
import type { ApiAnswer } from '../request.js';
import { singleRecords } from '../single-records.js';
import { longestZone, nameInZone, noZone } from '../zones.js';

/** Endpoints by the names that OVHcloud's own clients have for them. */
const ENDPOINTS: Readonly<Record<string, string>> = {
  'ovh-eu': 'https://eu.api.ovh.com/1.0',
  'ovh-ca': 'https://ca.api.ovh.com/1.0',
  'ovh-us': 'https://api.us.ovhcloud.com/1.0',
  'kimsufi-eu': 'https://eu.api.kimsufi.com/1.0',
  'kimsufi-ca': 'https://ca.api.kimsufi.com/1.0',
  'soyoustart-eu': 'https://eu.api.soyoustart.com/1.0',
  'soyoustart-ca': 'https://ca.api.soyoustart.com/1.0',
};

/** OVHcloud's API (https://eu.api.ovh.com/console/, /domain/zone); changes are served after a refresh of the zone. Throws PluginError. */
export async function createOvh(setup: ProviderSetup): Promise<DnsProvider> {
  const { plugin, access, credentials } = setup;
  const keys = await credentials.require({
    endpoint: 'OVH API endpoint (ovh-eu or ovh-ca)',
    application_key: 'Application key for OVH API',
    application_secret: 'Application secret for OVH API',
    consumer_key: 'Consumer key for OVH API',
  });
  const base = ENDPOINTS[keys.endpoint];
  if (base === undefined) throw new PluginError(plugin, `dns_ovh_endpoint is not known: ${printableLine(keys.endpoint, 100)}.`, { hint: `It is one of ${Object.keys(ENDPOINTS).join(', ')}.` });
  const problem = (json: unknown): string | undefined => [word(at(json, 'errorCode')), word(at(json, 'message'))].filter((part) => part !== '').join(': ') || undefined;
  const open = setup.connect({ base, problem });
  /** Seconds that the clock there is ahead of ours: signatures are good for a short time only. */
  let ahead: number | undefined;
  const api = setup.connect({
    base,
    problem,
    async sign({ method, url, body }) {
      ahead ??= Number((await open({ path: '/auth/time' })).text) - Math.floor(Date.now() / 1000);
      if (Number.isNaN(ahead)) ahead = 0;
      const time = String(Math.floor(Date.now() / 1000) + ahead);
      return { 'x-ovh-application': keys.application_key, 'x-ovh-consumer': keys.consumer_key, 'x-ovh-timestamp': time, 'x-ovh-signature': ovhSignature(keys, { method, url: url.href, body, time }) };
    },
  });
  const list = (answer: ApiAnswer): readonly string[] => {
    if (!Array.isArray(answer.json)) throw notUnderstood(plugin, answer, 'a list');
    return answer.json.map(word).filter((text) => text !== '');
  };
  let zones: Promise<readonly string[]> | undefined;
  const refresh = (zone: Zone): Promise<ApiAnswer> => api({ method: 'POST', path: `/domain/zone/${zone.id}/refresh` });
  return singleRecords<Zone>({
    async zoneOf(record) {
      const asked = (zones ??= api({ path: '/domain/zone' }).then(list));
      asked.catch(() => (zones = undefined));
      const zone = longestZone(record, (await asked).map((name) => ({ name: plainName(name), id: name })));
      if (!zone) throw noZone(plugin, record, access);
      return zone;
    },
    async list(zone, record) {
      const ids = list(await api({ path: `/domain/zone/${zone.id}/record`, query: { fieldType: 'TXT', subDomain: nameInZone(record, zone.name) } }));
      const found: { id: string; value: string }[] = [];
      for (const id of ids) {
        const answer = await api({ path: `/domain/zone/${zone.id}/record/${id}`, accept: [404] });
        // Without a name the listing is of the whole zone.
        if (answer.status !== 404 && plainName(at(answer.json, 'subDomain')) === nameInZone(record, zone.name)) found.push({ id, value: unquoted(at(answer.json, 'target')) });
      }
      return found;
    },
    async create(zone, record, value, ttl) {
      textIn(plugin, await api({ method: 'POST', path: `/domain/zone/${zone.id}/record`, json: { fieldType: 'TXT', subDomain: nameInZone(record, zone.name), target: `"${value}"`, ttl } }), 'id');
      await refresh(zone);
    },
    async delete(zone, id) {
      await api({ method: 'DELETE', path: `/domain/zone/${zone.id}/record/${id}`, accept: [404] });
      await refresh(zone);
    },
  });
}

/** The signature of a call (https://docs.ovh.com/gb/en/api/first-steps-with-ovh-api/); `time` in seconds since 1970. */
export function ovhSignature(keys: { application_secret: string; consumer_key: string }, { method, url, body, time }: { method: string; url: string; body: string; time: string }): string {
  return `$1$${createHash('sha1').update([keys.application_secret, keys.consumer_key, method, url, body, time].join('+')).digest('hex')}`;
}
