import { PluginError } from '../../../core/errors.js';
import { printableLine } from '../../../system/printable.js';
import { at, listIn, textIn, unquoted, word } from '../answers.js';
import type { DnsProvider, ProviderSetup, Zone } from '../provider.js';
import { allPages, ProviderRefusal, type ApiAnswer, type ApiRequest } from '../request.js';
import { singleRecords } from '../single-records.js';
import { zoneFinder } from '../zones.js';

/** 'An identical record already exists', and the older one of 'The record already exists'. */
const ALREADY_THERE = new Set([81_057, 81_058]);

/**
 * Cloudflare's API v4 (https://developers.cloudflare.com/api/resources/dns/subresources/records/), by a token or by the account's
 * global key, as certbot's plugin takes them. Throws PluginError.
 */
export async function createCloudflare(setup: ProviderSetup, base = 'https://api.cloudflare.com/client/v4'): Promise<DnsProvider> {
  const { plugin, access } = setup;
  const api = setup.connect({ base, headers: await authentication(setup), problem });
  return singleRecords<Zone>({
    zoneOf: zoneFinder(plugin, access, async (name) => {
      const zones = listIn(plugin, await api({ path: '/zones', query: { name } }), 'result');
      const id = word(zones[0]?.['id']);
      return id === '' ? null : { name, id };
    }),
    async list(zone, record) {
      const first: ApiRequest = { path: `/zones/${zone.id}/dns_records`, query: { type: 'TXT', name: record, per_page: 100 } };
      const records = await allPages(api, first, (answer, page) => ({
        entries: listIn(plugin, answer, 'result'),
        next: page < Number(at(answer.json, 'result_info', 'total_pages') ?? 1) ? { ...first, query: { ...first.query, page: page + 1 } } : null,
      }));
      return records.map(({ id, content }) => ({ id: word(id), value: unquoted(content) }));
    },
    async create(zone, record, value, ttl) {
      try {
        const answer = await api({ method: 'POST', path: `/zones/${zone.id}/dns_records`, json: { type: 'TXT', name: record, content: `"${value}"`, ttl } });
        textIn(plugin, answer, 'result', 'id');
      } catch (error) {
        // Somebody else was quicker, or an answer of ours was lost.
        if (!(error instanceof ProviderRefusal) || !ALREADY_THERE.has(Number(at(error.json, 'errors', 0, 'code')))) throw error;
      }
    },
    delete: (zone, id): Promise<ApiAnswer> => api({ method: 'DELETE', path: `/zones/${zone.id}/dns_records/${id}`, accept: [404] }),
  });
}

async function authentication({ plugin, access, credentials }: ProviderSetup): Promise<Record<string, string>> {
  const [token, email, key] = [await credentials.get('api_token'), await credentials.get('email'), await credentials.get('api_key')];
  const file = printableLine(credentials.path ?? '(none)');
  const no = (message: string): PluginError => new PluginError(plugin, `${file}: ${message}`, { hint: access });
  if (token !== undefined) {
    if (email !== undefined || key !== undefined) throw no('dns_cloudflare_email and dns_cloudflare_api_key are not needed when using an API Token');
    return { authorization: `Bearer ${token}` };
  }
  if (email === undefined && key === undefined) throw no('Either dns_cloudflare_api_token (recommended), or dns_cloudflare_email and dns_cloudflare_api_key are required.');
  if (email === undefined) throw no('dns_cloudflare_email is required when using a Global API Key. (should be email address associated with Cloudflare account)');
  if (key === undefined) throw no('dns_cloudflare_api_key is required when using a Global API Key.');
  return { 'x-auth-email': email, 'x-auth-key': key };
}

/** `{ errors: [{ code, message, error_chain? }] }` */
function problem(json: unknown): string | undefined {
  const errors = at(json, 'errors');
  if (!Array.isArray(errors) || errors.length === 0) return undefined;
  return errors.flatMap((error) => [error, ...((at(error, 'error_chain') as unknown[] | undefined) ?? [])]).map((error) => `${word(at(error, 'message'))} (${word(at(error, 'code'))})`).join('; ');
}
