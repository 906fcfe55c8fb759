import type { PluginDescriptor } from '../plugins/contract.js';
import { lookupAt, type Lookup } from '../system/resolver.js';
import type { Identifier } from './identifier.js';

/** Milliseconds that a person waits for it at most. */
const PATIENCE = 1500;

/** The plugin of the provider whose nameservers serve all of these names, as the DNS says; null when that is none we know, or nobody answers in time. Never throws. */
export async function dnsProviderOf(identifiers: readonly Identifier[], plugins: readonly PluginDescriptor[], lookup: Lookup = lookupAt()): Promise<string | null> {
  const bases = new Set(identifiers.filter(({ type }) => type === 'dns').map(({ value }) => value.replace(/^\*\./, '')));
  const asking = Promise.all([...bases].map(async (base) => providerOf(await nameserversOf(base, lookup), plugins)));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), PATIENCE);
  });
  const found = await Promise.race([asking.catch(() => null), late]);
  clearTimeout(timer);
  const [first] = found ?? [];
  return first !== undefined && found?.every((name) => name === first) ? first : null;
}

/** The nameservers of the zone that holds this name. */
async function nameserversOf(base: string, lookup: Lookup): Promise<readonly string[]> {
  const labels = base.split('.');
  for (let start = 0; start < labels.length - 1; start += 1) {
    const hosts = await lookup.nameservers(labels.slice(start).join('.'));
    if (hosts.length > 0) return hosts;
  }
  return [];
}

function providerOf(hosts: readonly string[], plugins: readonly PluginDescriptor[]): string | null {
  const names = hosts.map((host) => `.${host.toLowerCase().replace(/\.$/, '')}`);
  const servesAll = (endings: readonly string[]): boolean => names.length > 0 && names.every((name) => endings.some((ending) => name.endsWith(`.${ending}`)));
  return plugins.find(({ credentials }) => credentials !== undefined && servesAll(credentials.nameservers))?.name ?? null;
}
