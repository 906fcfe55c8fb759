import { at, listIn, notUnderstood, plainName, textIn, unquoted, word, type Fields } from '../answers.js';
import type { DnsProvider, ProviderSetup, Zone } from '../provider.js';
import { recordSets, type RecordSet } from '../record-sets.js';
import type { ApiAnswer } from '../request.js';
import { zoneFinder } from '../zones.js';

interface Answers extends RecordSet {
  /** The answers as they were: what others set with them (filters, metadata) is kept. */
  answers: readonly Fields[];
}

/** NS1's API v1 (https://developer.ibm.com/apis/catalog/ns1--ibm-ns1-connect-api/, DNS records). Throws PluginError. */
export async function createNsone(setup: ProviderSetup, ttl: number, base = 'https://api.nsone.net/v1'): Promise<DnsProvider> {
  const { plugin, access, credentials } = setup;
  const { api_key: key } = await credentials.require({ api_key: 'API key for NS1 account' });
  const api = setup.connect({ base, headers: { 'x-nsone-key': key }, problem: (json) => word(at(json, 'message')) || undefined });
  const path = (zone: Zone, record: string): string => `/zones/${zone.id}/${record}/TXT`;
  return recordSets<Zone, Answers>(
    {
      zoneOf: zoneFinder(plugin, access, async (name) => {
        const answer = await api({ path: `/zones/${name}`, query: { records: 'false' }, accept: [404] });
        return answer.status === 404 ? null : { name: plainName(textIn(plugin, answer, 'zone')), id: name };
      }),
      async read(zone, record) {
        const answer = await api({ path: path(zone, record), accept: [404] });
        if (answer.status === 404) return null;
        const answers = listIn(plugin, answer, 'answers');
        if (answers.some((entry) => !Array.isArray(entry['answer']))) throw notUnderstood(plugin, answer, 'answers');
        return { answers, values: answers.map(valueOf) };
      },
      write(zone, record, values, before, seconds): Promise<ApiAnswer> {
        const answers = values.map((value) => before?.answers.find((entry) => valueOf(entry) === value) ?? { answer: [value] });
        const method = before === null ? 'PUT' : 'POST';
        return api({ method, path: path(zone, record), json: before === null ? { zone: zone.name, domain: record, type: 'TXT', ttl: seconds, answers } : { answers } });
      },
      delete: (zone, record): Promise<ApiAnswer> => api({ method: 'DELETE', path: path(zone, record), accept: [404] }),
    },
    ttl,
  );
}

function valueOf(entry: Fields): string {
  return unquoted(at(entry, 'answer', 0));
}
