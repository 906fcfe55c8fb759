import { bodyOf, matched, noBody, Undocumented, type Answer, type Behaviour } from './fake.js';

/** https://luadns.com/api.html: zones, records, errors. */
export const luadnsFake: Behaviour = {
  hosts: ['api.luadns.com'],
  serve(ask, world) {
    if (ask.headers.authorization !== `Basic ${Buffer.from('me@example.com:luadns-token-0123456789').toString('base64')}`) return failure(401, 'Unauthorized');
    if (matched(ask, 'GET /v1/zones')) {
      noBody(ask);
      return { json: world.zones.map(({ id, name }) => ({ id: Number(id), name, synced: false, queries_count: 0, records_count: 3 })) };
    }
    const found = matched(ask, 'GET /v1/zones/:zone/records') ?? matched(ask, 'POST /v1/zones/:zone/records') ?? matched(ask, 'DELETE /v1/zones/:zone/records/:id');
    if (!found) throw new Undocumented('no such method');
    const zone = world.zones.find(({ id }) => id === found['zone']);
    if (!zone) return failure(404, 'Zone not found');
    const shown = ({ id, name, type, value, ttl }: (typeof zone.records)[number]): unknown => ({ id: Number(id), name: `${name}.`, type, content: value, ttl, zone_id: Number(zone.id) });
    if (ask.method === 'POST') {
      const { name, type, content, ttl } = bodyOf(ask, ['name', 'type', 'content', 'ttl']) as { name: string; type: string; content: string; ttl: number };
      if (!name.endsWith(`${zone.name}.`)) throw new Undocumented(`the name ${name}`);
      if (ttl < 300) return failure(400, 'ttl is too low');
      const record = { id: world.id(), name: name.slice(0, -1), type, value: content, ttl };
      zone.records.push(record);
      return { json: shown(record) };
    }
    noBody(ask);
    if (ask.method === 'GET') return { json: zone.records.map(shown) };
    const index = zone.records.findIndex(({ id }) => id === found['id']);
    if (index < 0) return failure(404, 'Record not found');
    return { json: shown(zone.records.splice(index, 1)[0] as (typeof zone.records)[number]) };
  },
  refusal: (status) => failure(status, status === 403 ? 'Forbidden' : 'Rate limit exceeded'),
};

function failure(status: number, message: string): Answer {
  return { status, json: { status: 'error', request_id: 'x', message } };
}
