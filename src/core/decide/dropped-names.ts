import type { Identifier } from '../identifier.js';
import { parseNameList } from '../names.js';
import type { Settings } from '../settings.js';

/**
 * The settings of a renewal that also tries the names which --allow-subset-of-names left out of the present certificate
 * (U30): certbot keeps the smaller set for ever. Unchanged without that option, for then one bad name would fail the others. `dropped` as
 * the CA knows them.
 */
export function withDroppedNames(settings: Settings, present: readonly Identifier[], dropped: readonly string[]): Settings {
  const missing = parseNameList(dropped.join('\n')).identifiers.filter(({ value }) => !present.some((name) => name.value === value));
  if (!settings.values.allowSubsetOfNames || missing.length === 0) return settings;
  const all = [...present, ...missing];
  const of = (type: Identifier['type']): readonly string[] => all.filter((name) => name.type === type).map(({ value }) => value);
  return { ...settings, values: { ...settings.values, domains: of('dns'), ipAddresses: of('ip'), renewWithNewDomains: true } };
}
