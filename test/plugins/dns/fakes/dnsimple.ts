import { bodyOf, matched, noBody, numberOf, onlyQuery, pageOf, Undocumented, type Answer, type Ask, type Behaviour } from './fake.js';

/** https://developer.dnsimple.com/v2/accounts/, …/v2/domains/, …/v2/zones/, …/v2/zones/records/ and …/v2/ for pages and errors. */
export const dnsimpleFake: Behaviour = {
  hosts: ['api.dnsimple.com'],
  serve(ask, world) {
    if (ask.headers.authorization !== 'Bearer dnsimple-token-0123456789') return failure(401, 'Authentication failed');
    if (matched(ask, 'GET /v2/accounts')) return { json: { data: [{ id: 7, email: 'other@example.com', plan_identifier: null }, { id: 1010, email: 'me@example.com', plan_identifier: 'solo-v2-monthly' }] } };
    const found = ['GET /v2/:account/domains', 'GET /v2/:account/zones/:zone', 'GET /v2/:account/zones/:zone/records', 'POST /v2/:account/zones/:zone/records', 'DELETE /v2/:account/zones/:zone/records/:id'].map((method) => matched(ask, method)).find((parts) => parts !== undefined);
    if (!found) throw new Undocumented('no such method');
    if (ask.path.endsWith('/domains')) {
      onlyQuery(ask, 'name_like', 'registrant_id', 'sort', 'page', 'per_page');
      return listing(ask, world.zones.filter(({ name }) => name.includes(ask.query.get('name_like') ?? '')).map(({ id, name }) => ({ id: Number(id), account_id: 1010, name, state: 'hosted' })), world.pageSize);
    }
    const zone = found['account'] === '1010' ? world.zones.find(({ name }) => name === found['zone']) : undefined;
    if (!zone) return failure(404, `Zone \`${found['zone']}\` not found`);
    const below = (name: string): string => (name === zone.name ? '' : name.slice(0, -zone.name.length - 1));
    const shown = ({ id, name, type, value, ttl }: (typeof zone.records)[number]): unknown => ({ id: Number(id), zone_id: zone.name, parent_id: null, name: below(name), content: value, ttl, priority: null, type, regions: ['global'], system_record: false });
    if (ask.method === 'DELETE') {
      const index = zone.records.findIndex(({ id }) => id === found['id']);
      if (index < 0) return failure(404, `Record \`${found['id']}\` not found`);
      zone.records.splice(index, 1);
      return { status: 204 };
    }
    if (ask.method === 'POST') {
      const { name, type, content, ttl } = bodyOf(ask, ['name', 'type', 'content'], ['ttl', 'priority', 'regions']) as { name: string; type: string; content: string; ttl: number };
      if (name.endsWith(zone.name)) throw new Undocumented('a whole name');
      const record = { id: world.id(), name: name === '' ? zone.name : `${name}.${zone.name}`, type, value: content, ttl };
      zone.records.push(record);
      return { status: 201, json: { data: shown(record) } };
    }
    noBody(ask);
    if (!ask.path.endsWith('/records')) return { json: { data: { id: Number(zone.id), account_id: 1010, name: zone.name, reverse: false } } };
    onlyQuery(ask, 'name', 'name_like', 'type', 'sort', 'page', 'per_page');
    return listing(ask, zone.records.filter((record) => (ask.query.get('name') ?? below(record.name)) === below(record.name) && (ask.query.get('type') ?? record.type) === record.type).map(shown), world.pageSize);
  },
  refusal: (status) => failure(status, status === 403 ? 'Permission Denied. Required Scope: zones:*:write' : 'quota exceeded'),
};

function failure(status: number, message: string): Answer {
  return { status, json: { message } };
}

function listing(ask: Ask, all: readonly unknown[], usual: number): Answer {
  const page = numberOf(ask, 'page', { least: 1, most: 100_000, usual: 1 });
  const size = Math.min(usual, numberOf(ask, 'per_page', { least: 1, most: 100, usual: 30 }));
  const { entries, pages } = pageOf(all, page, size);
  return { json: { data: entries, pagination: { current_page: page, per_page: size, total_entries: all.length, total_pages: pages } } };
}
