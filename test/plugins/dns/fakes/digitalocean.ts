import { bodyOf, matched, noBody, numberOf, onlyQuery, pageOf, Undocumented, type Answer, type Ask, type Behaviour } from './fake.js';

/** https://docs.digitalocean.com/reference/api/reference/domains/ and, for errors and pages, https://docs.digitalocean.com/reference/api/intro/. */
export const digitaloceanFake: Behaviour = {
  hosts: ['api.digitalocean.com'],
  serve(ask, world) {
    if (ask.headers.authorization !== 'Bearer digitalocean-token-0123456789') return failure(401, 'Unauthorized', 'Unable to authenticate you');
    // python-digitalocean ends its paths with a slash.
    const clean = { ...ask, path: ask.path.replace(/\/$/, '') };
    if (matched(clean, 'GET /v2/domains')) {
      onlyQuery(ask, 'page', 'per_page');
      return listing(ask, 'domains', world.zones.map(({ name }) => ({ name, ttl: 1800, zone_file: '' })), world.pageSize);
    }
    const found = matched(clean, 'GET /v2/domains/:zone') ?? matched(clean, 'GET /v2/domains/:zone/records') ?? matched(clean, 'POST /v2/domains/:zone/records') ?? matched(clean, 'DELETE /v2/domains/:zone/records/:id');
    if (!found) throw new Undocumented('no such method');
    const zone = world.zones.find(({ name }) => name === found['zone']);
    if (!zone) return failure(404, 'not_found', 'The resource you were accessing could not be found.');
    if (found['id'] !== undefined) {
      const index = zone.records.findIndex(({ id }) => id === found['id']);
      if (index < 0) return failure(404, 'not_found', 'The resource you were accessing could not be found.');
      zone.records.splice(index, 1);
      return { status: 204 };
    }
    const shown = ({ id, name, type, value, ttl }: (typeof zone.records)[number]): unknown => ({ id: Number(id), type, name: name === zone.name ? '@' : name.slice(0, -zone.name.length - 1), data: value, priority: null, port: null, ttl, weight: null, flags: null, tag: null });
    if (ask.method === 'POST') {
      const { type, name, data, ttl } = bodyOf(ask, ['type', 'name', 'data'], ['ttl', 'priority', 'port', 'weight', 'flags', 'tag']) as { type: string; name: string; data: string; ttl: number };
      if (name.endsWith(zone.name)) throw new Undocumented('a whole name');
      if (ttl < 30) return failure(422, 'unprocessable_entity', 'TTL must be at least 30');
      const record = { id: world.id(), name: name === '@' ? zone.name : `${name}.${zone.name}`, type, value: data, ttl };
      zone.records.push(record);
      return { status: 201, json: { domain_record: shown(record) } };
    }
    noBody(ask);
    if (!clean.path.endsWith('/records')) return { json: { domain: { name: zone.name, ttl: 1800, zone_file: '' } } };
    onlyQuery(ask, 'name', 'type', 'page', 'per_page');
    const is = (name: string, value: string): boolean => (ask.query.get(name) ?? value) === value;
    return listing(ask, 'domain_records', zone.records.filter((record) => is('name', record.name) && is('type', record.type)).map(shown), world.pageSize);
  },
  refusal: (status) => failure(status, status === 403 ? 'Forbidden' : status === 429 ? 'too_many_requests' : 'server_error', status === 403 ? 'You are not authorized to perform this operation' : 'API Rate limit exceeded.'),
};

function failure(status: number, id: string, message: string): Answer {
  return { status, json: { id, message } };
}

function listing(ask: Ask, member: string, all: readonly unknown[], usual: number): Answer {
  const page = numberOf(ask, 'page', { least: 1, most: 100_000, usual: 1 });
  const size = Math.min(usual, numberOf(ask, 'per_page', { least: 1, most: 200, usual }));
  const { entries, pages } = pageOf(all, page, size);
  const query = new URLSearchParams([...ask.query].filter(([name]) => name !== 'page'));
  const link = (to: number): string => `${ask.origin}${ask.path}?page=${to}&${query.toString()}`;
  return { json: { [member]: entries, links: page < pages ? { pages: { next: link(page + 1), last: link(pages) } } : {}, meta: { total: all.length } } };
}
