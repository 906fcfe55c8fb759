import { bodyOf, matched, noBody, Undocumented, type Answer, type Behaviour } from './fake.js';

interface Sets {
  CommonServiceItem: { Settings: { DNS: { ResourceRecordSets: { Name: string; Type: string; RData: string; TTL?: number }[] } } };
}

/** https://manual.sakura.ad.jp/cloud-api/1.1/appliance/ (commonserviceitem: search, read, change) and https://manual.sakura.ad.jp/cloud/support/api.html for the query, which is JSON. */
export const sakuracloudFake: Behaviour = {
  hosts: ['secure.sakura.ad.jp'],
  serve(ask, world) {
    if (ask.headers.authorization !== `Basic ${Buffer.from('sakura-token-0123456789:sakura-secret-0123456789').toString('base64')}`) return failure(401, 'error-unauthorized');
    const base = '/cloud/zone/is1a/api/cloud/1.1/commonserviceitem';
    const shown = (zone: (typeof world.zones)[number]): unknown => ({
      ID: zone.id,
      Name: zone.name,
      Settings: { DNS: { ResourceRecordSets: zone.records.map(({ name, type, value, ttl }) => ({ Name: name === zone.name ? '@' : name.slice(0, -zone.name.length - 1), Type: type, RData: value, TTL: ttl })) } },
      Status: { Zone: zone.name, NS: ['ns1.gslb1.sakura.ne.jp'] },
      Provider: { Class: 'dns' },
    });
    if (matched(ask, `GET ${base}`)) {
      noBody(ask);
      const text = decodeURIComponent(ask.target.slice(ask.target.indexOf('?') + 1).replaceAll('+', ' '));
      const { Filter } = JSON.parse(text) as { Filter: Record<string, string> };
      if (Filter['Provider.Class'] !== 'dns' || Object.keys(Filter).some((name) => !['Provider.Class', 'Name'].includes(name))) throw new Undocumented(`the filter ${text}`);
      // Names that have the text in them are found as well.
      const found = world.zones.filter(({ name }) => name.includes(Filter['Name'] ?? ''));
      return { json: { From: 0, Count: found.length, Total: found.length, CommonServiceItems: found.map(shown), is_ok: true } };
    }
    const one = matched(ask, `GET ${base}/:id`) ?? matched(ask, `PUT ${base}/:id`);
    if (!one) throw new Undocumented('no such method');
    const zone = world.zones.find(({ id }) => id === one['id']);
    if (!zone) return failure(404, 'error-not-found');
    if (ask.method === 'PUT') {
      bodyOf(ask, ['CommonServiceItem']);
      const sets = (ask.json as Sets).CommonServiceItem.Settings.DNS.ResourceRecordSets;
      if (sets.some(({ Name }) => Name.endsWith(zone.name))) throw new Undocumented('a whole name');
      zone.records = sets.map(({ Name, Type, RData, TTL = 3600 }) => ({ id: world.id(), name: Name === '@' ? zone.name : `${Name}.${zone.name}`, type: Type, value: RData, ttl: TTL }));
      return { json: { CommonServiceItem: shown(zone), Success: true, is_ok: true } };
    }
    noBody(ask);
    return { json: { CommonServiceItem: shown(zone), is_ok: true } };
  },
  refusal: (status) => failure(status, status === 403 ? 'error-forbidden' : 'error-too-many-requests'),
};

function failure(status: number, code: string): Answer {
  return { status, json: { is_fatal: true, serial: 'x', status: String(status), error_code: code, error_msg: code } };
}
