import { dnsAddress } from '../../system/addresses.js';

const NAME = /^(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})+$/;

/** What is wrong with a value of --challenge-alias, null when nothing is. */
export function aliasProblem(text: string): string | null {
  const [name, target] = parts(text);
  return NAME.test(name) && NAME.test(target) ? null : 'it must be NAME=TARGET: a name of the certificate, and the name of the record that its value is written to (both as in DNS, international names in their xn-- form)';
}

/** `NAME=TARGET` values by name (U08); of two for one name the later one. */
export function aliasMap(values: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(values.map(parts));
}

function parts(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  const tidy = (name: string): string => name.trim().toLowerCase().replace(/^\*\./, '').replace(/\.$/, '');
  return at < 0 ? ['', ''] : [tidy(text.slice(0, at)), tidy(text.slice(at + 1))];
}

/** What is wrong with a value of --dns-resolver, null when nothing is. */
export function resolverProblem(text: string): string | null {
  return dnsAddress(text) === null ? 'it must be ADDRESS or ADDRESS:PORT ([ADDRESS]:PORT for IPv6)' : null;
}
