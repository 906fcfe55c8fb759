import { randomBytes } from 'node:crypto';
import { PluginError } from '../../core/errors.js';
import type { Lookup } from '../../system/resolver.js';

/** Where the value for a record is written. */
export interface Place {
  /** The name that the CA asks for: `_acme-challenge.example.com`. */
  record: string;
  /** The name at the end of its aliases; the same when there are none. */
  target: string;
  /** All names from `record` to `target`. */
  chain: readonly string[];
}

/** Aliases that are followed; resolvers stop at about as many. */
const MOST = 12;

/**
 * Follows CNAME records from the CA's name to where the value has to stand (U08). `given`: a target that a person named, where the
 * alias cannot be seen from here. An alias that only a wildcard record makes (`*.example.com CNAME www.example.com`) is none: it is
 * gone as soon as the record itself is there. Without an answer the name itself is taken. Throws PluginError for a circle.
 */
export async function placeOf(record: string, { lookup, given, plugin }: { lookup: Lookup; given?: string; plugin: string }): Promise<Place> {
  const chain = [record, ...(given === undefined ? [] : [given])];
  for (;;) {
    const name = chain.at(-1) ?? record;
    const alias = await aliasOf(name, lookup);
    if (alias === null) return { record, target: name, chain };
    if (chain.includes(alias) || chain.length > MOST) {
      throw new PluginError(plugin, `The aliases (CNAME) of ${record} never end: ${[...chain, alias].join(' → ')}`, { hint: 'Correct these records: the last one must be a name without an alias.' });
    }
    chain.push(alias);
  }
}

async function aliasOf(name: string, lookup: Lookup): Promise<string | null> {
  try {
    const alias = tidy(await lookup.alias(name));
    if (alias === null) return null;
    const [, ...above] = name.split('.');
    const sister = tidy(await lookup.alias([`_certwright-${randomBytes(6).toString('hex')}`, ...above].join('.')).catch(() => null));
    return sister === alias ? null : alias;
  } catch {
    return null;
  }
}

function tidy(name: string | null): string | null {
  return name === null ? null : name.toLowerCase().replace(/\.$/, '');
}
