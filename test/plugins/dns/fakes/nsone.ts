import { bodyOf, matched, noBody, onlyQuery, Undocumented, type Answer, type Behaviour } from './fake.js';

/** https://developer.ibm.com/apis/catalog/ns1--ibm-ns1-connect-api/ (view a zone; view, create, modify and delete a record). */
export const nsoneFake: Behaviour = {
  hosts: ['api.nsone.net'],
  serve(ask, world) {
    if (ask.headers['x-nsone-key'] !== 'nsone-key-0123456789') return failure(401, 'Unauthorized');
    const set = ['GET', 'PUT', 'POST', 'DELETE'].map((method) => matched(ask, `${method} /v1/zones/:zone/:name/TXT`)).find((parts) => parts !== undefined);
    const found = set ?? matched(ask, 'GET /v1/zones/:zone');
    if (!found) throw new Undocumented('no such method');
    const zone = world.zones.find(({ name }) => name === found['zone']);
    if (!zone) return failure(404, 'zone not found');
    if (!set) {
      onlyQuery(ask, 'records');
      return { json: { id: zone.id, zone: zone.name, ttl: 3600, records: [] } };
    }
    const there = zone.records.filter((record) => record.type === 'TXT' && record.name === set['name']);
    const shown = (): Answer => ({ json: { id: 'x', zone: zone.name, domain: set['name'], type: 'TXT', ttl: 60, answers: zone.records.filter((record) => record.type === 'TXT' && record.name === set['name']).map(({ id, value }) => ({ answer: [value], id })) } });
    if (ask.method === 'PUT' && there.length > 0) return failure(400, 'record already exists');
    if (ask.method !== 'PUT' && there.length === 0) return failure(404, 'record not found');
    if (ask.method === 'GET') {
      noBody(ask);
      return shown();
    }
    if (ask.method !== 'DELETE') {
      // lexicon sends the type and the name again when it modifies one.
      const { answers, ttl = there[0]?.ttl ?? 3600 } = bodyOf(ask, ask.method === 'PUT' ? ['zone', 'domain', 'type', 'answers'] : ['answers'], ['ttl', 'type', 'name', 'filters', 'meta', 'use_client_subnet']) as { answers: { answer: string[] }[]; ttl?: number };
      zone.records = zone.records.filter((record) => !there.includes(record));
      zone.records.push(...answers.map(({ answer }) => ({ id: world.id(), name: set['name'] ?? '', type: 'TXT', value: answer[0] ?? '', ttl })));
      return shown();
    }
    zone.records = zone.records.filter((record) => !there.includes(record));
    return { json: {} };
  },
  refusal: (status) => failure(status, status === 403 ? 'Forbidden' : 'rate limit exceeded'),
};

function failure(status: number, message: string): Answer {
  return { status, json: { message } };
}
