import { matched, noBody, numberOf, onlyQuery, bodyOf, pageOf, Undocumented, type Answer, type Ask, type Behaviour } from './fake.js';

/**
 * https://developers.cloudflare.com/api/resources/zones/methods/list/ and …/resources/dns/subresources/records/ (list, create, delete);
 * authentication by `Authorization: Bearer` or `X-Auth-Email` with `X-Auth-Key` (https://developers.cloudflare.com/fundamentals/api/how-to/make-api-calls/).
 * A TXT content may have quotes or not: it is the same record.
 */
export const cloudflareFake: Behaviour = {
  hosts: ['api.cloudflare.com'],
  serve(ask, world) {
    const refused = unauthorised(ask);
    if (refused) return refused;
    if (matched(ask, 'GET /client/v4/zones')) {
      onlyQuery(ask, 'name', 'status', 'account.id', 'page', 'per_page', 'order', 'direction', 'match');
      noBody(ask);
      const name = ask.query.get('name');
      const zones = world.zones.filter((zone) => name === null || zone.name === name);
      return listing(ask, zones.map((zone) => ({ id: zone.id, name: zone.name, status: 'active', paused: false, type: 'full' })), world.pageSize);
    }
    const records = matched(ask, 'GET /client/v4/zones/:zone/dns_records') ?? matched(ask, 'POST /client/v4/zones/:zone/dns_records');
    const one = matched(ask, 'DELETE /client/v4/zones/:zone/dns_records/:id');
    const zone = world.zones.find(({ id }) => id === (records ?? one)?.['zone']);
    if (!records && !one) throw new Undocumented('no such method');
    if (!zone) return failure(404, 7003, 'Could not route to /zones/x/dns_records, perhaps your object identifier is invalid?');
    if (one) {
      const index = zone.records.findIndex(({ id }) => id === one['id']);
      if (index < 0) return failure(404, 81_044, 'Record does not exist.');
      zone.records.splice(index, 1);
      return { json: { result: { id: one['id'] } } };
    }
    if (ask.method === 'GET') {
      onlyQuery(ask, 'type', 'name', 'content', 'page', 'per_page', 'order', 'direction', 'match');
      const is = (name: string, value: string): boolean => ask.query.get(name) === null || bare(ask.query.get(name) ?? '') === bare(value);
      const found = zone.records.filter((record) => is('type', record.type) && is('name', record.name) && is('content', record.value));
      return listing(ask, found.map(({ id, name, type, value, ttl }) => ({ id, name, type, content: type === 'TXT' ? `"${value}"` : value, ttl, proxied: false })), world.pageSize);
    }
    const { type, name, content, ttl } = bodyOf(ask, ['type', 'name', 'content', 'ttl'], ['comment', 'tags', 'proxied']) as { type: string; name: string; content: string; ttl: number };
    if (!(ttl === 1 || (ttl >= 60 && ttl <= 86_400))) return failure(400, 9021, 'Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.');
    if (!name.endsWith(zone.name)) throw new Undocumented(`the name ${name} in ${zone.name}`);
    if (zone.records.some((record) => record.type === type && record.name === name && record.value === bare(content))) return failure(400, 81_058, 'An identical record already exists.');
    const record = { id: world.id(), name, type, value: bare(content), ttl };
    zone.records.push(record);
    return { json: { success: true, errors: [], messages: [], result: { id: record.id, name, type, content, ttl } } };
  },
  refusal: (status) => failure(status, status === 403 ? 9109 : 10_000, status === 403 ? 'Unauthorized to access requested resource' : 'Authentication error'),
};

function bare(content: string): string {
  return content.replace(/^"(.*)"$/, '$1');
}

function unauthorised({ headers }: Ask): Answer | undefined {
  const byKey = headers['x-auth-email'] === 'me@example.com' && headers['x-auth-key'] === 'global-key-0123456789';
  if (headers.authorization === 'Bearer cloudflare-token-0123456789' || byKey) return undefined;
  return failure(headers.authorization === undefined ? 400 : 403, headers.authorization === undefined ? 9103 : 9109, headers.authorization === undefined ? 'Unknown X-Auth-Key or X-Auth-Email' : 'Invalid access token');
}

function failure(status: number, code: number, message: string): Answer {
  return { status, json: { success: false, errors: [{ code, message }], messages: [], result: null } };
}

function listing(ask: Ask, all: readonly unknown[], usual: number): Answer {
  const page = numberOf(ask, 'page', { least: 1, most: 100_000, usual: 1 });
  // A page is never larger than what the test wants, so that there are several.
  const size = Math.min(usual, numberOf(ask, 'per_page', { least: 1, most: 5_000_000, usual }));
  const { entries, pages } = pageOf(all, page, size);
  return { json: { success: true, errors: [], messages: [], result: entries, result_info: { page, per_page: size, count: entries.length, total_count: all.length, total_pages: pages } } };
}
