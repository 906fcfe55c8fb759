import type { Identifier } from '../core/identifier.js';
import { parseNameList } from '../core/names.js';

/** What names are new and which are gone, as they are shown. */
export function nameChange(present: readonly string[], wanted: readonly Identifier[]): { added: readonly string[]; removed: readonly string[] } {
  const { identifiers: before } = parseNameList(present.join('\n'));
  const without = (list: readonly Identifier[], other: readonly Identifier[]): readonly string[] =>
    list.filter(({ value }) => !other.some((name) => name.value === value)).map(({ shown }) => shown);
  return { added: without(wanted, before), removed: without(before, wanted) };
}

/** `+new.example.com -old.example.com` as one types it on a line, applied to the present names; other words are a whole new list. */
export function typedChange(present: readonly string[], line: string): string {
  const words = line.split(/[\s,;]+/).filter((word) => word !== '');
  if (words.length === 0) return present.join('\n');
  if (!words.every((word) => /^[+-]./.test(word))) return words.join('\n');
  const gone = new Set(parseNameList(words.filter((word) => word.startsWith('-')).map((word) => word.slice(1)).join('\n')).identifiers.map(({ value }) => value));
  const kept = parseNameList(present.join('\n')).identifiers.filter(({ value }) => !gone.has(value));
  return [...kept.map(({ shown }) => shown), ...words.filter((word) => word.startsWith('+')).map((word) => word.slice(1))].join('\n');
}
