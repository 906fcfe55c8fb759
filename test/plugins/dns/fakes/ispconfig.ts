import { bodyOf, Undocumented, type Answer, type Behaviour } from './fake.js';

const SESSION = 'session-0123456789abcdef';

/**
 * https://git.ispconfig.org/ispconfig/ispconfig3/-/tree/develop/remoting_client/API-docs and, for what a name that is no zone is
 * answered, interface/lib/classes/remote.d/dns.inc.php there. A zone is looked for by how it begins, so that another may be found.
 */
export const ispconfigFake: Behaviour = {
  hosts: [],
  serve(ask, world) {
    if (ask.method !== 'POST' || ask.path !== '/remote/json.php') throw new Undocumented('no such method');
    const name = ask.target.split('?')[1]?.replace(/=$/, '') ?? '';
    if (name === 'login') {
      const { username, password } = bodyOf(ask, ['username', 'password'], ['client_login']);
      return username === 'remote' && password === 'ispconfig-password-0123' ? ok(SESSION) : fault('login_failed', 'The login failed. Username or password wrong.');
    }
    const parameters: Readonly<Record<string, readonly string[]>> = { logout: [], dns_zone_get_id: ['origin'], dns_zone_get: ['primary_id'], dns_rr_get_all_by_zone: ['zone_id'], dns_txt_add: ['client_id', 'params'], dns_txt_delete: ['primary_id'] };
    const wanted = parameters[name];
    if (!wanted) throw new Undocumented(`the function ${name}`);
    const body = bodyOf(ask, ['session_id', ...wanted], ['update_serial', 'rr_type']);
    if (body['session_id'] !== SESSION) return fault('session_id_invalid', 'The Session ID is invalid.');
    if (name === 'logout') return ok(true);
    if (name === 'dns_zone_get_id') {
      if (!/^[\w.-]{1,64}\.[a-zA-Z0-9-]{2,63}$/.test(String(body['origin']))) return fault('no_domain_found', 'Invalid domain name.');
      const zone = world.zones.find((candidate) => `${candidate.name}.`.startsWith(String(body['origin'])));
      return zone ? ok(Number(zone.id)) : fault('no_domain_found', 'There is no domain ID with informed domain name.');
    }
    if (name === 'dns_zone_get') {
      const zone = world.zones.find(({ id }) => id === String(body['primary_id']));
      return ok(zone ? { id: zone.id, server_id: '1', origin: `${zone.name}.`, active: 'Y' } : false);
    }
    const below = (whole: string, zone: string): string => (whole === zone ? `${zone}.` : whole.slice(0, -zone.length - 1));
    if (name === 'dns_rr_get_all_by_zone') {
      const zone = world.zones.find(({ id }) => id === String(body['zone_id']));
      return ok((zone?.records ?? []).map((record) => ({ id: record.id, server_id: '1', zone: zone?.id, name: below(record.name, zone?.name ?? ''), type: record.type, data: record.value, ttl: String(record.ttl), active: 'Y' })));
    }
    if (name === 'dns_txt_delete') {
      for (const zone of world.zones) zone.records = zone.records.filter(({ id }) => id !== String(body['primary_id']));
      return ok(1);
    }
    const record = body['params'] as Record<string, string>;
    const zone = world.zones.find(({ id }) => id === record['zone']);
    if (!zone || record['server_id'] !== '1' || record['type'] !== 'TXT' || record['active'] !== 'Y') throw new Undocumented(JSON.stringify(record));
    const id = world.id();
    zone.records.push({ id, name: record['name'] === `${zone.name}.` ? zone.name : `${record['name']}.${zone.name}`, type: 'TXT', value: record['data'] ?? '', ttl: Number(record['ttl']) });
    return ok(id);
  },
  // A refusal has status 200 as well, and says in the body what it is.
  refusal: (status) => (status === 403 ? fault('permission_denied', 'You do not have the permissions to access this function.') : { status, json: { code: 'remote_fault', message: 'unavailable', response: false } }),
};

function ok(response: unknown): Answer {
  return { json: { code: 'ok', message: '', response } };
}

function fault(code: string, message: string): Answer {
  return { json: { code: 'remote_fault', message: `${message} (${code})`, response: false } };
}
