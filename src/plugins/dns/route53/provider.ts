import { notUnderstood, plainName } from '../answers.js';
import type { DnsProvider, ProviderSetup, Zone } from '../provider.js';
import { quotedSet, rememberedSets } from '../record-sets.js';
import { allPages, ProviderRefusal } from '../request.js';
import { settled } from '../settled.js';
import { longestZone, noZone } from '../zones.js';
import { awsCredentials } from '../../aws/credential-chain.js';
import { signV4 } from '../../aws/signature-v4.js';
import { awsProblem, elementsAt, parseXml, textAt, xmlText, type XmlElement } from '../../aws/xml.js';

const API = '/2013-04-01';

/**
 * Route 53's API of 2013-04-01 (https://docs.aws.amazon.com/Route53/latest/APIReference/). certbot's documented policy has not the right to list
 * records: what the run itself has set is then what is there. Throws PluginError.
 */
export async function createRoute53(setup: ProviderSetup, ttl: number, base = 'https://route53.amazonaws.com'): Promise<DnsProvider> {
  const { plugin, access, log } = setup;
  const credentials = await awsCredentials(setup);
  const api = setup.connect({
    base,
    headers: { accept: '*/*' },
    sign: async ({ method, url, body }) => signV4({ method, url, body }, { keys: await credentials.keys(), region: 'us-east-1', service: 'route53', at: Date.now() }),
    problem: (_json, text) => awsProblem(text),
    again: ({ status, text }) => status === 400 && /^(?:Throttling|PriorRequestNotComplete)\b/.test(awsProblem(text) ?? ''),
    secrets: () => credentials.secrets(),
  });
  /** Additions that are not known to be at all servers. */
  const pending = new Set<string>();

  let zones: Promise<readonly Zone[]> | undefined;
  const listZones = (): Promise<readonly Zone[]> =>
    allPages(api, { path: `${API}/hostedzone`, query: { maxitems: 100 } }, (answer) => {
      const root = parseXml(answer.text);
      if (root?.name !== 'ListHostedZonesResponse') throw notUnderstood(plugin, answer, 'a list named HostedZones');
      const entries = elementsAt(root, 'HostedZones', 'HostedZone').filter((zone) => textAt(zone, 'Config', 'PrivateZone') !== 'true').map((zone) => ({ name: plainName(textAt(zone, 'Name')), id: idIn(zone) }));
      const marker = textAt(root, 'NextMarker');
      return { entries: entries.filter(({ id }) => id !== ''), next: textAt(root, 'IsTruncated') === 'true' && marker !== '' ? { path: `${API}/hostedzone`, query: { maxitems: 100, marker } } : null };
    });
  const zoneOf = async (record: string): Promise<Zone> => {
    const asked = (zones ??= listZones());
    asked.catch(() => (zones = undefined));
    const zone = longestZone(record, await asked);
    if (!zone) throw noZone(plugin, record, access);
    return zone;
  };

  async function change(action: 'UPSERT' | 'DELETE', zone: Zone, record: string, values: readonly string[], seconds: number): Promise<string> {
    const answer = await api({ method: 'POST', path: `${API}/hostedzone/${zone.id}/rrset/`, headers: { 'content-type': 'application/xml' }, body: changeOf(action, record, values, seconds) });
    const id = idIn(elementsAt(parseXml(answer.text), 'ChangeInfo')[0]);
    if (id === '') throw notUnderstood(plugin, answer, 'a value named ChangeInfo.Id');
    return id;
  }
  const sets = rememberedSets<Zone>(
    {
      zoneOf,
      async read(zone, record) {
        const answer = await api({ path: `${API}/hostedzone/${zone.id}/rrset`, query: { name: record, type: 'TXT', maxitems: 1 } });
        const root = parseXml(answer.text);
        if (root?.name !== 'ListResourceRecordSetsResponse') throw notUnderstood(plugin, answer, 'a list named ResourceRecordSets');
        // The listing begins with this name or, where there is none, with what follows it.
        const set = elementsAt(root, 'ResourceRecordSets', 'ResourceRecordSet').find((found) => plainName(textAt(found, 'Name')) === record && textAt(found, 'Type') === 'TXT');
        return set ? quotedSet(elementsAt(set, 'ResourceRecords', 'ResourceRecord').map((found) => textAt(found, 'Value')), Number(textAt(set, 'TTL'))) : null;
      },
      async write(zone, record, values, before, seconds) {
        const id = await change('UPSERT', zone, record, values.map((value) => before?.raw.get(value) ?? `"${value}"`), seconds);
        if (values.length > (before?.values.length ?? 0)) pending.add(id);
      },
      delete: (zone, record, before) =>
        change('DELETE', zone, record, [...before.raw.values()], before.ttl).catch((error: unknown) => {
          if (!(error instanceof ProviderRefusal) || error.status !== 400 || !error.message.includes('but it was not found')) throw error;
        }),
    },
    { ttl, log: (message) => log('debug', `${plugin}: ${message}`) },
  );
  return {
    ...sets,
    settle: () =>
      settled(pending, setup, async (id) => {
        const answer = await api({ path: `${API}/change/${id}` });
        const status = textAt(parseXml(answer.text), 'ChangeInfo', 'Status');
        if (status === '') throw notUnderstood(plugin, answer, 'a value named ChangeInfo.Status');
        return status === 'INSYNC';
      }),
  };
}

/** The last part of `/hostedzone/Z123` and `/change/C123`; '' when it is none: it becomes a part of a path. */
function idIn(element: XmlElement | undefined): string {
  return /^(?:\/(?:hostedzone|change)\/)?([A-Za-z0-9]+)$/.exec(textAt(element, 'Id'))?.[1] ?? '';
}

function changeOf(action: 'UPSERT' | 'DELETE', record: string, values: readonly string[], seconds: number): string {
  const records = values.map((value) => `<ResourceRecord><Value>${xmlText(value)}</Value></ResourceRecord>`).join('');
  const set = `<Name>${xmlText(record)}.</Name><Type>TXT</Type><TTL>${seconds}</TTL><ResourceRecords>${records}</ResourceRecords>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<ChangeResourceRecordSetsRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ChangeBatch><Comment>certwright ${action}</Comment><Changes><Change><Action>${action}</Action><ResourceRecordSet>${set}</ResourceRecordSet></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>`;
}
