import type { OptionValues, PluginValue, Settings } from '../settings.js';

/** What an answer says in options, and the flags that would have said it. */
export interface Assignment {
  verb?: Settings['verb'];
  values?: Partial<OptionValues>;
  plugin?: Readonly<Record<string, PluginValue>>;
  /** By option name; an empty list takes the option's words away. Names and web folders are printed from the values. */
  words?: Readonly<Record<string, readonly string[]>>;
}

/** Settings as if the person had typed the flags of this assignment. */
export function assign(settings: Settings, assignment: Assignment): Settings {
  const named = [...Object.keys(assignment.values ?? {}), ...Object.keys(assignment.plugin ?? {})];
  return {
    ...settings,
    verb: assignment.verb ?? settings.verb,
    verbGiven: settings.verbGiven || assignment.verb !== undefined,
    values: { ...settings.values, ...assignment.values },
    plugin: { ...settings.plugin, ...assignment.plugin },
    sources: { ...settings.sources, ...Object.fromEntries(named.map((name) => [name, 'answered' as const])) },
    words: { ...settings.words, ...assignment.words },
  };
}
