import { UsageError } from '../core/errors.js';
import { parseNameList } from '../core/names.js';
import type { Given } from './argv.js';

/** Several authenticators on one command line, each for the names after it (U03). */
export interface ByPosition {
  first: string;
  /** ASCII name → authenticator, the first one's names too. */
  names: Readonly<Record<string, string>>;
  /** The plugin that was said to install as well (`--nginx`). */
  configurator?: string;
}

/** Plugins said with no name between them, and the names up to the next plugin. */
interface Slot {
  /** By flag: of `-a x -a y` the last one counts. */
  said: Map<string, string>;
  configurators: Set<string>;
  names: string[];
  /** Those of --webroot-map among them. */
  foldered: string[];
}

/**
 * Which names belong to which authenticator, by the rule of `-w`: it is for the names after it, up to the next one. Null when there is only
 * one, or when no names stand between them: then certbot's rule judges (`applyOptions`). Throws UsageError where a name would have none,
 * or two.
 */
export function authenticatorsByPosition(given: readonly Given[]): ByPosition | null {
  const [before, ...slots] = slotsOf(given);
  const used = slots.filter(({ names }) => names.length > 0);
  if (used.length < 2 || new Set(used.flatMap(({ said }) => [...said.values()])).size < 2) return null;
  for (const { said } of slots) refuseTwo([...said.values()]);
  const configurators = slots.flatMap(({ configurators: own }) => [...own]);
  refuseTwo(configurators);
  if (before && before.names.length > 0) throw new UsageError('If you specify multiple authenticators, one of them must precede all domain flags.');
  const idle = slots.find(({ names }) => names.length === 0);
  if (idle) throw new UsageError(`No name follows the authenticator '${pluginOf(idle)}'; of several each one is for the names after it.`);
  const names = new Map<string, string>();
  for (const slot of slots) {
    const plugin = pluginOf(slot);
    const [foldered] = slot.foldered;
    if (foldered !== undefined && plugin !== 'webroot') throw new UsageError(`--webroot-map gives a folder for ${foldered}, which is to be proved by '${plugin}': put it after -a webroot.`);
    for (const name of slot.names) {
      const other = names.get(name) ?? plugin;
      if (other !== plugin) throw new UsageError(`${name} is given twice, to be proved by '${other}' and by '${plugin}'.`);
      names.set(name, other);
    }
  }
  const [configurator] = configurators;
  return { first: pluginOf(slots[0]), names: Object.fromEntries(names), ...(configurator === undefined ? {} : { configurator }) };
}

/** The first one has the names that stand before any plugin. */
function slotsOf(given: readonly Given[]): readonly Slot[] {
  const changing = given.some(({ option }) => option.kind === 'name-changes');
  const slots: Slot[] = [{ said: new Map(), configurators: new Set(), names: [], foldered: [] }];
  for (const { option, value } of given) {
    const last = slots.at(-1);
    const dest = 'dest' in option ? option.dest : '';
    if ('topic' in option && (dest === 'authenticator' || dest === 'configurator')) {
      const slot: Slot = last && last.said.size > 0 && last.names.length === 0 ? last : { said: new Map(), configurators: new Set(), names: [], foldered: [] };
      if (slot !== last) slots.push(slot);
      const plugin = option.kind === 'plugin' ? option.value : (value ?? '');
      slot.said.set(option.kind === 'plugin' ? (option.flags.at(-1) ?? '') : dest, plugin);
      if (dest === 'configurator') slot.configurators.add(plugin);
      continue;
    }
    // What cannot be understood is said where the option itself is read.
    if (dest === 'domains' || dest === 'ipAddresses' || dest === 'addDomains') last?.names.push(...asciiNames(value ?? ''));
    else if (dest === 'webroot_map' && !changing) {
      const foldered = namesOfMap(value ?? '');
      last?.names.push(...foldered);
      last?.foldered.push(...foldered);
    }
  }
  return slots;
}

function asciiNames(text: string): readonly string[] {
  return parseNameList(text).identifiers.map(({ value }) => value);
}

function namesOfMap(text: string): readonly string[] {
  try {
    return Object.keys(JSON.parse(text) as object).flatMap(asciiNames);
  } catch {
    return [];
  }
}

/** Of a slot that has one. */
function pluginOf(slot: Slot | undefined): string {
  return [...(slot?.said.values() ?? [])].at(-1) ?? '';
}

function refuseTwo(plugins: readonly string[]): void {
  const [one, other] = new Set(plugins);
  if (other !== undefined) throw new UsageError(`Too many flags setting configurators/installers/authenticators: '${one}' and '${other}'`);
}
