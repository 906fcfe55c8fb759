import { bodyOf, matched, noBody, onlyQuery, Undocumented, type Answer, type Behaviour } from './fake.js';

/** https://api.gandi.net/docs/livedns/ (domains, records by name and type) and https://api.gandi.net/docs/authentication/; an API key is what older clients have. */
export const gandiFake: Behaviour = {
  hosts: ['api.gandi.net'],
  serve(ask, world) {
    if (!['Bearer gandi-token-0123456789', 'Apikey gandi-token-0123456789'].includes(ask.headers.authorization ?? '')) return failure(401, 'The server could not verify that you authorized to access the document you requested.');
    onlyQuery(ask, 'sharing_id');
    const set = ['GET', 'PUT', 'DELETE'].map((method) => matched(ask, `${method} /v5/livedns/domains/:zone/records/:name/TXT`)).find((parts) => parts !== undefined);
    const found = set ?? matched(ask, 'GET /v5/livedns/domains/:zone');
    if (!found) throw new Undocumented('no such method');
    const zone = world.zones.find(({ name }) => name === found['zone']);
    if (!zone) return failure(404, 'The resource could not be found.');
    if (!set) return { json: { fqdn: zone.name, automatic_snapshots: true } };
    const name = set['name'] === '@' ? zone.name : `${set['name']}.${zone.name}`;
    const there = zone.records.filter((record) => record.type === 'TXT' && record.name === name);
    if (ask.method === 'GET') {
      noBody(ask);
      return there.length === 0 ? failure(404, "Can't find the DNS record") : { json: { rrset_name: set['name'], rrset_type: 'TXT', rrset_ttl: there[0]?.ttl, rrset_values: there.map(({ value }) => `"${value}"`) } };
    }
    zone.records = zone.records.filter((record) => !there.includes(record));
    if (ask.method === 'DELETE') return { status: 204 };
    const { rrset_values: values, rrset_ttl: ttl = 10_800 } = bodyOf(ask, ['rrset_values'], ['rrset_ttl']) as { rrset_values: string[]; rrset_ttl?: number };
    if (ttl < 300) return failure(400, 'rrset_ttl must be at least 300');
    zone.records.push(...values.map((value) => ({ id: world.id(), name, type: 'TXT', value: value.replace(/^"(.*)"$/, '$1'), ttl })));
    return { status: 201, json: { message: 'DNS Record Created' } };
  },
  refusal: (status) => failure(status, status === 403 ? 'Access was denied to this resource.' : 'Too many requests'),
};

function failure(status: number, message: string): Answer {
  return { status, json: { code: status, message, object: 'HTTPError', cause: 'Error' } };
}
