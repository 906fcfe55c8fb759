import { UsageError } from '../core/errors.js';

/** One line of a configuration file that says something. */
export interface ConfigEntry {
  /** The option's name as written, with or without dashes. */
  key: string;
  /** A list when written `[a, b]`. */
  value: string | readonly string[];
  path: string;
  /** From 1. */
  line: number;
}

const ENTRY = /^(?<key>[^:=;#\s]+)\s*(?:(?<equal>[:=\s])\s*(['"]?)(?<value>.+?)?\3)?\s*(?:\s[;#]\s*.*?\s*)?$/s;

/**
 * Reads cli.ini as certbot's parser (ConfigArgParse 1.5) does: `name = value`, `name: value`, `name value`, a bare name
 * is true, `[a, b]` is a list, `[section]` and comments count for nothing. Throws UsageError with file and line.
 */
export function readConfigFile(text: string, path: string): readonly ConfigEntry[] {
  const entries: ConfigEntry[] = [];
  for (const [index, raw] of text.replace(/^\ufeff/, '').split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '' || '#;['.includes(line[0] ?? '') || line.startsWith('---')) continue;
    const match = ENTRY.exec(line);
    const key = match?.groups?.['key'];
    if (!match || key === undefined) throw new UsageError(`${path}, line ${index + 1}: this is not \`name = value\`.`);
    const equal = match.groups?.['equal'];
    const value = match.groups?.['value'] ?? (equal === undefined || equal === ' ' ? 'true' : '');
    entries.push({ key, value: list(value) ?? value, path, line: index + 1 });
  }
  return entries;
}

function list(value: string): readonly string[] | null {
  if (!value.startsWith('[') || !value.endsWith(']')) return null;
  try {
    const parsed: unknown = JSON.parse(value);
    if (Array.isArray(parsed)) return parsed.map(String);
  } catch {
    // Not JSON: plain words between commas.
  }
  return value.slice(1, -1).split(',').map((item) => item.trim());
}
