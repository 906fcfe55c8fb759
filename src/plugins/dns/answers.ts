import { PluginError } from '../../core/errors.js';
import { printableLine } from '../../system/printable.js';
import type { ApiAnswer } from './request.js';

/** An object of an answer; what is in it is not checked yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** What stands at the path in the JSON of an answer, or in a part of one; undefined when there is no such thing. */
export function at(json: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((value, name) => (typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[name] : undefined), json);
}

/** The list of objects at the path. Throws PluginError when there is none: that is another API than the one that was meant. */
export function listIn(plugin: string, answer: ApiAnswer, ...path: readonly string[]): readonly Fields[] {
  const list = at(answer.json, ...path);
  if (!Array.isArray(list)) throw notUnderstood(plugin, answer, path.length === 0 ? 'a list' : `a list named ${path.join('.')}`);
  return list.filter((entry): entry is Fields => typeof entry === 'object' && entry !== null);
}

/** The text at the path, a number as text. Throws PluginError when there is neither. */
export function textIn(plugin: string, answer: ApiAnswer, ...path: readonly (string | number)[]): string {
  const value = at(answer.json, ...path);
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw notUnderstood(plugin, answer, `a value named ${path.join('.')}`);
}

/** An answer without what the provider's documents say is in it. `wanted`: 'a list named zones'. */
export function notUnderstood(plugin: string, { status }: ApiAnswer, wanted: string): PluginError {
  return new PluginError(plugin, `The provider's answer (status ${status}) has not ${printableLine(wanted)}, so it is not understood.`, { hint: 'Something on the way (a proxy, a captive portal) may have answered instead; or the provider has changed its API: then look for a newer version of certwright.' });
}

/** A name or a text of an answer; '' when it is something else. */
export function word(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** A zone's or record's name as we have them: lower case, without the final dot. */
export function plainName(value: unknown): string {
  return word(value).toLowerCase().replace(/\.$/, '');
}

/** A TXT value without the quotes of zone files; several strings are one (RFC 7208 section 3.3 does the same). */
export function unquoted(value: unknown): string {
  const text = word(value).trim();
  if (!/^"(?:[^"\\]|\\.)*"(?:\s+"(?:[^"\\]|\\.)*")*$/.test(text)) return text;
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, part = '']) => part.replace(/\\(.)/g, '$1')).join('');
}
