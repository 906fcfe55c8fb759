import { PluginError } from '../../../core/errors.js';
import { printableLine } from '../../../system/printable.js';
import { at, listIn, plainName, textIn, unquoted, word } from '../answers.js';
import type { DnsProvider, ProviderSetup, Zone } from '../provider.js';
import type { ApiAnswer } from '../request.js';
import { singleRecords } from '../single-records.js';
import { nameInZone, zoneFinder } from '../zones.js';

interface ServedZone extends Zone {
  server: string;
}

/**
 * ISPConfig's remote API in JSON (https://git.ispconfig.org/ispconfig/ispconfig3/-/tree/develop/remoting_client): each call is
 * `ENDPOINT?FUNCTION`, its status is in the body, and a session is held from the first call to `close`. Throws PluginError.
 */
export async function createIspconfig(setup: ProviderSetup): Promise<DnsProvider> {
  const { plugin, access, credentials } = setup;
  const { endpoint, username, password } = await credentials.require({ endpoint: 'URL of the ISPConfig Remote API', username: 'Username for ISPConfig Remote API', password: 'Password for ISPConfig Remote API' });
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) throw new PluginError(plugin, `dns_ispconfig_endpoint is no URL: ${printableLine(endpoint, 200)}`, { hint: access });
  const { protocol, hostname } = new URL(endpoint);
  // As a warning, for what renewed by certbot goes on.
  if (protocol === 'http:' && !/^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname)) setup.log('warning', `dns_ispconfig_endpoint begins with http: the password goes to ${printableLine(hostname, 200)} unencrypted, for everybody on the way to read. Write https:// there.`);
  let session: Promise<string> | undefined;
  let held: string[] = [];
  const api = setup.connect({ base: endpoint.replace(/\/$/, ''), secrets: () => held, problem: (json) => word(at(json, 'message')) || undefined });
  const ask = async (name: string, parameters: Readonly<Record<string, unknown>>): Promise<ApiAnswer> => {
    const answer = await api({ method: 'POST', path: `?${name}`, json: parameters });
    if (at(answer.json, 'code') === 'ok') return answer;
    const said = textIn(plugin, answer, 'code') === 'remote_fault' ? word(at(answer.json, 'message')) : word(at(answer.json, 'code'));
    throw new PluginError(plugin, `ISPConfig did not carry out ${name}: ${printableLine(said, 500).replaceAll(password, '[secret]')}`, { hint: access });
  };
  const call = async (name: string, parameters: Readonly<Record<string, unknown>>): Promise<ApiAnswer> => {
    session ??= ask('login', { username, password }).then((answer) => textIn(plugin, answer, 'response'));
    const id = await session.catch((error: unknown) => {
      session = undefined;
      throw error;
    });
    held = [id];
    return ask(name, { session_id: id, ...parameters });
  };
  return {
    ...singleRecords<ServedZone>({
      zoneOf: zoneFinder(plugin, access, async (name) => {
        // A name that is no zone is a fault as well.
        const answer = await call('dns_zone_get_id', { origin: name }).catch((error: unknown) => {
          if (error instanceof PluginError && /no_domain_found|no domain ID|invalid domain name/i.test(error.message)) return null;
          throw error;
        });
        const id = word(at(answer?.json, 'response'));
        if (id === '' || id === '0') return null;
        // The server looks for how a zone begins: what it found may be another one.
        const zone = await call('dns_zone_get', { primary_id: id });
        return plainName(at(zone.json, 'response', 'origin')) === name ? { name, id, server: textIn(plugin, zone, 'response', 'server_id') } : null;
      }),
      async list(zone, record) {
        const records = listIn(plugin, await call('dns_rr_get_all_by_zone', { zone_id: zone.id }), 'response');
        return records.filter(({ type, name }) => word(type).toUpperCase() === 'TXT' && [nameInZone(record, zone.name), record].includes(plainName(name))).map(({ id, data }) => ({ id: word(id), value: unquoted(data) }));
      },
      create: (zone, record, value, ttl) =>
        call('dns_txt_add', {
          client_id: null,
          rr_type: 'TXT',
          params: { server_id: zone.server, zone: zone.id, name: nameInZone(record, zone.name) || `${zone.name}.`, type: 'TXT', data: value, aux: '0', ttl: String(ttl), active: 'Y', stamp: new Date().toISOString().slice(0, 19).replace('T', ' '), update_serial: true },
        }),
      delete: (_zone, id) => call('dns_txt_delete', { primary_id: id, update_serial: true }),
    }),
    async close() {
      const open = await session?.catch(() => undefined);
      if (open !== undefined) await ask('logout', { session_id: open });
    },
  };
}
