import { createHmac } from 'node:crypto';
import { bodyOf, matched, noBody, numberOf, onlyQuery, pageOf, Undocumented, type Answer, type Behaviour } from './fake.js';

/** https://api-docs.dnsmadeeasy.com/ (managed DNS by name; records; headers of each request). Pages are counted from 0. */
export const dnsmadeeasyFake: Behaviour = {
  hosts: ['api.dnsmadeeasy.com'],
  serve(ask, world) {
    const header = (name: string): string => String(ask.headers[name] ?? '');
    const date = header('x-dnsme-requestdate');
    if (!/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/.test(date)) throw new Undocumented(`the date ${date}`);
    const good = header('x-dnsme-apikey') === 'dnsme-key-0123456789' && header('x-dnsme-hmac') === createHmac('sha1', 'dnsme-secret-0123456789').update(date).digest('hex');
    if (!good || Math.abs(Date.parse(date) - Date.now()) > 120_000) return failure(403, 'API key or signature is wrong');
    if (matched(ask, 'GET /V2.0/dns/managed/name')) {
      onlyQuery(ask, 'domainname');
      const zone = world.zones.find(({ name }) => name === ask.query.get('domainname'));
      return zone ? { json: { id: Number(zone.id), name: zone.name, gtdEnabled: false } } : failure(404, 'Cannot find a domain for this name.');
    }
    const clean = { ...ask, path: ask.path.replace(/\/$/, '') };
    const found = matched(clean, 'GET /V2.0/dns/managed/:zone/records') ?? matched(clean, 'POST /V2.0/dns/managed/:zone/records') ?? matched(clean, 'DELETE /V2.0/dns/managed/:zone/records/:id');
    if (!found) throw new Undocumented('no such method');
    const zone = world.zones.find(({ id }) => id === found['zone']);
    if (!zone) return failure(404, 'Cannot find this domain.');
    const below = (name: string): string => (name === zone.name ? '' : name.slice(0, -zone.name.length - 1));
    const shown = ({ id, name, type, value, ttl }: (typeof zone.records)[number]): unknown => ({ id: Number(id), name: below(name), type, value: type === 'TXT' ? `"${value}"` : value, ttl, gtdLocation: 'DEFAULT', source: 1, sourceId: Number(zone.id), failover: false, monitor: false, dynamicDns: false });
    if (ask.method === 'POST') {
      const { name, type, value, ttl } = bodyOf(ask, ['name', 'type', 'value', 'ttl'], ['gtdLocation']) as { name: string; type: string; value: string; ttl: number };
      if (name.endsWith(zone.name)) throw new Undocumented('a whole name');
      const record = { id: world.id(), name: name === '' ? zone.name : `${name}.${zone.name}`, type, value: value.replace(/^"(.*)"$/, '$1'), ttl };
      zone.records.push(record);
      return { status: 201, json: shown(record) };
    }
    noBody(ask);
    if (ask.method === 'DELETE') {
      const index = zone.records.findIndex(({ id }) => id === found['id']);
      if (index < 0) return failure(404, 'Cannot find this record.');
      zone.records.splice(index, 1);
      return {};
    }
    onlyQuery(ask, 'type', 'recordName', 'page', 'rows');
    const all = zone.records.filter((record) => (ask.query.get('type') ?? record.type) === record.type && (ask.query.get('recordName') ?? below(record.name)) === below(record.name)).map(shown);
    const page = numberOf(ask, 'page', { least: 0, most: 100_000, usual: 0 });
    const { entries, pages } = pageOf(all, page + 1, world.pageSize);
    return { json: { data: entries, page, totalPages: pages, totalRecords: all.length } };
  },
  refusal: (status) => failure(status, status === 403 ? 'You do not have permission' : 'Rate limit exceeded'),
};

function failure(status: number, message: string): Answer {
  return { status, json: { error: [message] } };
}
