import { bodyOf, matched, noBody, numberOf, onlyQuery, pageOf, Undocumented, type Answer, type Ask, type Behaviour } from './fake.js';

/** https://techdocs.akamai.com/linode-api/reference/get-domains, …/post-domain-record, …/delete-domain-record, …/pagination, …/filtering-and-sorting, …/errors. */
export const linodeFake: Behaviour = {
  hosts: ['api.linode.com'],
  serve(ask, world) {
    if (ask.headers.authorization !== `Bearer ${'0123456789abcdef'.repeat(4)}`) return failure(401, 'Invalid Token');
    if (matched(ask, 'GET /v4/domains')) {
      onlyQuery(ask, 'page', 'page_size');
      noBody(ask);
      const filter = JSON.parse(String(ask.headers['x-filter'] ?? '{}')) as Record<string, unknown>;
      if (Object.keys(filter).some((name) => name !== 'domain')) throw new Undocumented(`filter ${String(ask.headers['x-filter'])}`);
      return listing(ask, world.zones.filter(({ name }) => (filter['domain'] ?? name) === name).map(({ id, name }) => ({ id: Number(id), domain: name, type: 'master', status: 'active' })), world.pageSize);
    }
    const found = matched(ask, 'GET /v4/domains/:zone/records') ?? matched(ask, 'POST /v4/domains/:zone/records') ?? matched(ask, 'DELETE /v4/domains/:zone/records/:id');
    if (!found) throw new Undocumented('no such method');
    const zone = world.zones.find(({ id }) => id === found['zone']);
    if (!zone) return failure(404, 'Not found');
    const shown = ({ id, name, type, value, ttl }: (typeof zone.records)[number]): unknown => ({ id: Number(id), type, name: name === zone.name ? '' : name.slice(0, -zone.name.length - 1), target: value, ttl_sec: ttl, priority: 0, weight: 0, port: 0, service: null, protocol: null, tag: null });
    if (ask.method === 'DELETE') {
      const index = zone.records.findIndex(({ id }) => id === found['id']);
      if (index < 0) return failure(404, 'Not found');
      zone.records.splice(index, 1);
      return { json: {} };
    }
    if (ask.method === 'POST') {
      const { type, name, target, ttl_sec: ttl } = bodyOf(ask, ['type'], ['name', 'target', 'ttl_sec', 'priority', 'weight', 'port', 'service', 'protocol', 'tag']) as { type: string; name: string; target: string; ttl_sec: number };
      if (name.endsWith(zone.name)) throw new Undocumented('a whole name');
      const record = { id: world.id(), name: name === '' ? zone.name : `${name}.${zone.name}`, type, value: target, ttl };
      zone.records.push(record);
      return { json: shown(record) };
    }
    onlyQuery(ask, 'page', 'page_size');
    noBody(ask);
    return listing(ask, zone.records.map(shown), world.pageSize);
  },
  refusal: (status) => failure(status, status === 403 ? 'Your OAuth token is not authorized to use this endpoint.' : 'Too many requests'),
};

function failure(status: number, reason: string): Answer {
  return { status, json: { errors: [{ reason }] } };
}

function listing(ask: Ask, all: readonly unknown[], usual: number): Answer {
  const page = numberOf(ask, 'page', { least: 1, most: 100_000, usual: 1 });
  const { entries, pages } = pageOf(all, page, Math.min(usual, numberOf(ask, 'page_size', { least: 25, most: 500, usual: 100 })));
  return { json: { data: entries, page, pages, results: all.length } };
}
