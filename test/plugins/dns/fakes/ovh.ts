import { createHash } from 'node:crypto';
import { bodyOf, matched, noBody, onlyQuery, Undocumented, type Answer, type Behaviour } from './fake.js';

/** https://eu.api.ovh.com/console/?section=%2Fdomain (zone, record, refresh, status) and https://docs.ovh.com/gb/en/api/first-steps-with-ovh-api/ (time, signature, errors). */
export const ovhFake: Behaviour = {
  hosts: ['eu.api.ovh.com'],
  serve(ask, world) {
    if (matched(ask, 'GET /1.0/auth/time')) return { json: Math.floor(Date.now() / 1000) + 3600 };
    const header = (name: string): string => String(ask.headers[name] ?? '');
    if (header('x-ovh-application') !== 'app-key-01234567') return failure(403, 'INVALID_KEY', 'Invalid application key');
    if (header('x-ovh-consumer') !== 'consumer-key-0123456789') return failure(403, 'INVALID_CREDENTIAL', 'This credential is not valid');
    const time = Number(header('x-ovh-timestamp'));
    if (Math.abs(time - Date.now() / 1000 - 3600) > 120) return failure(400, 'QUERY_TIME_OUT', 'Query out of time');
    const signature = createHash('sha1').update(['app-secret-0123456789', header('x-ovh-consumer'), ask.method, `${ask.origin}${ask.target}`, ask.body, String(time)].join('+')).digest('hex');
    if (header('x-ovh-signature') !== `$1$${signature}`) return failure(400, 'INVALID_SIGNATURE', 'Invalid signature');
    const clean = { ...ask, path: ask.path.replace(/\/$/, '') };
    if (matched(clean, 'GET /1.0/domain/zone')) return { json: world.zones.map(({ name }) => name) };
    const methods = ['GET /1.0/domain/zone/:zone/status', 'GET /1.0/domain/zone/:zone/record', 'POST /1.0/domain/zone/:zone/record', 'POST /1.0/domain/zone/:zone/refresh', 'GET /1.0/domain/zone/:zone/record/:id', 'DELETE /1.0/domain/zone/:zone/record/:id'];
    const found = methods.map((method) => matched(ask, method)).find((parts) => parts !== undefined);
    if (!found) throw new Undocumented('no such method');
    const zone = world.zones.find(({ name }) => name === found['zone']);
    if (!zone) return { status: 404, json: { message: 'This service does not exist', class: 'Client::NotFound' } };
    if (ask.path.endsWith('/status')) return { json: { isDeployed: true, warnings: [], errors: [] } };
    if (ask.path.endsWith('/refresh')) return { status: 200, text: 'null', headers: { 'content-type': 'application/json' } };
    const below = (name: string): string => (name === zone.name ? '' : name.slice(0, -zone.name.length - 1));
    const shown = ({ id, name, type, value, ttl }: (typeof zone.records)[number]): Answer => ({ json: { id: Number(id), zone: zone.name, subDomain: below(name), fieldType: type, target: value, ttl } });
    if (ask.method === 'POST') {
      const { fieldType, subDomain, target, ttl } = bodyOf(ask, ['fieldType', 'target'], ['subDomain', 'ttl']) as { fieldType: string; subDomain: string; target: string; ttl: number };
      if (subDomain.endsWith(zone.name)) throw new Undocumented('a whole name');
      const record = { id: world.id(), name: subDomain === '' ? zone.name : `${subDomain}.${zone.name}`, type: fieldType, value: target.replace(/^"(.*)"$/, '$1'), ttl };
      zone.records.push(record);
      return shown(record);
    }
    if (found['id'] === undefined) {
      onlyQuery(ask, 'fieldType', 'subDomain');
      const name = ask.query.get('subDomain');
      return { json: zone.records.filter((record) => (ask.query.get('fieldType') ?? record.type) === record.type && (name ?? below(record.name)) === below(record.name)).map(({ id }) => Number(id)) };
    }
    noBody(ask);
    const record = zone.records.find(({ id }) => id === found['id']);
    if (!record) return { status: 404, json: { message: `The requested object (id = ${found['id']}) does not exist`, class: 'Client::NotFound' } };
    if (ask.method === 'GET') return shown(record);
    zone.records.splice(zone.records.indexOf(record), 1);
    return { status: 200, text: 'null', headers: { 'content-type': 'application/json' } };
  },
  refusal: (status) => failure(status, status === 403 ? 'NOT_GRANTED_CALL' : 'ERROR', status === 403 ? 'This call has not been granted' : 'Internal server error'),
};

function failure(status: number, errorCode: string, message: string): Answer {
  return { status, json: { errorCode, httpCode: `${status}`, message } };
}
