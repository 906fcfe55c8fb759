import { createHmac } from 'node:crypto';
import { at, listIn, plainName, textIn, unquoted, word } from '../answers.js';
import type { DnsProvider, ProviderSetup, Zone } from '../provider.js';
import { allPages, type ApiAnswer, type ApiRequest } from '../request.js';
import { singleRecords } from '../single-records.js';
import { nameInZone, zoneFinder } from '../zones.js';

/** DNS Made Easy's API 2.0 (https://api-docs.dnsmadeeasy.com/). Its limit of requests is told by status 400. Throws PluginError. */
export async function createDnsmadeeasy(setup: ProviderSetup, base = 'https://api.dnsmadeeasy.com/V2.0'): Promise<DnsProvider> {
  const { plugin, access, credentials } = setup;
  const keys = await credentials.require({ api_key: 'API key for DNS Made Easy account', secret_key: 'Secret key for DNS Made Easy account' });
  const api = setup.connect({
    base,
    sign() {
      const date = new Date().toUTCString();
      return { 'x-dnsme-apikey': keys.api_key, 'x-dnsme-requestdate': date, 'x-dnsme-hmac': dnsmeSignature(keys.secret_key, date) };
    },
    problem: (json) => errorsOf(json).join('; ') || undefined,
    again: ({ status, json }) => status === 400 && errorsOf(json).includes('Rate limit exceeded'),
  });
  return singleRecords<Zone>({
    zoneOf: zoneFinder(plugin, access, async (name) => {
      const answer = await api({ path: '/dns/managed/name', query: { domainname: name }, accept: [404] });
      return answer.status === 404 ? null : { name: plainName(textIn(plugin, answer, 'name')), id: textIn(plugin, answer, 'id') };
    }),
    async list(zone, record) {
      const first: ApiRequest = { path: `/dns/managed/${zone.id}/records`, query: { type: 'TXT', recordName: nameInZone(record, zone.name) } };
      const records = await allPages(api, first, (answer, page) => ({
        entries: listIn(plugin, answer, 'data'),
        next: page < Number(at(answer.json, 'totalPages') ?? 1) ? { ...first, query: { ...first.query, page } } : null,
      }));
      return records.filter(({ type, name }) => type === 'TXT' && plainName(name) === nameInZone(record, zone.name)).map(({ id, value }) => ({ id: word(id), value: unquoted(value) }));
    },
    async create(zone, record, value, ttl) {
      textIn(plugin, await api({ method: 'POST', path: `/dns/managed/${zone.id}/records`, json: { name: nameInZone(record, zone.name), type: 'TXT', value: `"${value}"`, ttl, gtdLocation: 'DEFAULT' } }), 'id');
    },
    delete: (zone, id): Promise<ApiAnswer> => api({ method: 'DELETE', path: `/dns/managed/${zone.id}/records/${id}`, accept: [404] }),
  });
}

/** The signature of a request's date, which is as HTTP has dates. */
export function dnsmeSignature(secret: string, date: string): string {
  return createHmac('sha1', secret).update(date).digest('hex');
}

/** `{ error: [TEXT] }`, or a text alone. */
function errorsOf(json: unknown): readonly string[] {
  const errors = at(json, 'error');
  return Array.isArray(errors) ? errors.map(word) : word(errors) === '' ? [] : [word(errors)];
}
