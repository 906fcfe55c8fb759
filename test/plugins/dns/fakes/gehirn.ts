import { bodyOf, matched, noBody, Undocumented, type Answer, type Behaviour } from './fake.js';

/** https://support.gehirn.jp/apidocs/gis/dns/ (zones, versions, records). */
export const gehirnFake: Behaviour = {
  hosts: ['api.gis.gehirn.jp'],
  serve(ask, world) {
    if (ask.headers.authorization !== `Basic ${Buffer.from('gehirn-token-0123456789:gehirn-secret-0123456789').toString('base64')}`) return failure(401, 'Unauthorized');
    const version = (id: string): string => `version-${id}`;
    if (matched(ask, 'GET /dns/v1/zones')) return { json: world.zones.map(({ id, name }) => ({ id, name, current_version_id: version(id), current_version: { id: version(id), name: '1', editable: true } })) };
    const found = ['GET', 'POST'].map((method) => matched(ask, `${method} /dns/v1/zones/:zone/versions/:version/records`)).concat(['PUT', 'DELETE'].map((method) => matched(ask, `${method} /dns/v1/zones/:zone/versions/:version/records/:id`))).find((parts) => parts !== undefined);
    if (!found) throw new Undocumented('no such method');
    const zone = world.zones.find(({ id }) => id === found['zone']);
    if (!zone || found['version'] !== version(zone.id)) return failure(404, 'Not Found');
    /** A set's id is that of its name and type: it lives as long as there are records. */
    const idOf = ({ name, type }: { name: string; type: string }): string => Buffer.from(`${name} ${type}`).toString('hex');
    const sets = (): { id: string; name: string; type: string; ttl: number; enable_alias: boolean; records: unknown[] }[] =>
      [...new Set(zone.records.map(idOf))].map((id) => {
        const there = zone.records.filter((record) => idOf(record) === id);
        const [first] = there;
        return { id, name: `${first?.name}.`, type: first?.type ?? '', ttl: first?.ttl ?? 0, enable_alias: false, records: there.map(({ type, value }) => (type === 'TXT' ? { data: value } : { address: value })) };
      });
    if (ask.method === 'GET') {
      noBody(ask);
      return { json: sets() };
    }
    if (found['id'] !== undefined && !sets().some(({ id }) => id === found['id'])) return failure(404, 'Not Found');
    const removed = sets().find(({ id }) => id === found['id']);
    if (ask.method === 'DELETE') {
      noBody(ask);
      zone.records = zone.records.filter((record) => idOf(record) !== found['id']);
      return { json: removed };
    }
    const { name, type, ttl, records } = bodyOf(ask, ['name', 'type', 'enable_alias', 'ttl', 'records'], ask.method === 'PUT' ? ['id', 'version_id'] : []) as { name: string; type: string; ttl: number; records: { data: string }[] };
    if (!name.endsWith(`${zone.name}.`)) throw new Undocumented(`the name ${name}`);
    const whole = { name: name.slice(0, -1), type };
    if (ask.method === 'POST' && sets().some(({ id }) => id === idOf(whole))) return failure(409, 'The record exists already');
    if (ask.method === 'PUT' && idOf(whole) !== found['id']) throw new Undocumented('another name');
    zone.records = zone.records.filter((record) => idOf(record) !== idOf(whole));
    zone.records.push(...records.map(({ data }) => ({ id: world.id(), ...whole, value: data, ttl })));
    return { json: sets().find(({ id }) => id === idOf(whole)) };
  },
  refusal: (status) => failure(status, status === 403 ? 'Forbidden' : 'Too Many Requests'),
};

function failure(code: number, message: string): Answer {
  return { status: code, json: { code, message } };
}
