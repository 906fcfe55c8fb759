import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import type { Identifier } from './identifier.js';

export interface NameList {
  /** In the order given, each once. */
  identifiers: readonly Identifier[];
  /** What cannot be a name, with a sentence that names it. */
  errors: readonly { text: string; message: string }[];
}

/** Names typed, pasted or given by flags: separated by commas, spaces or line breaks; what is said twice counts once. */
export function parseNameList(text: string): NameList {
  const identifiers = new Map<string, Identifier>();
  const errors: { text: string; message: string }[] = [];
  for (const word of text.split(/[\s,;]+/u)) {
    if (word === '') continue;
    const parsed = parseName(word);
    if ('message' in parsed) errors.push({ text: word, message: parsed.message });
    else if (!identifiers.has(parsed.value)) identifiers.set(parsed.value, parsed);
  }
  return { identifiers: [...identifiers.values()], errors };
}

/**
 * One name: a domain (Unicode or punycode, `*.` in front allowed) or an IP address. `value` is what the CA sees (ASCII, lower
 * case, no final dot), `shown` what was typed. The rules are certbot's: at least two labels, no underscore, 63 and 253 characters.
 */
export function parseName(text: string): Identifier | { message: string } {
  const shown = text.trim().toLowerCase().replace(/[.\u3002\uff0e\uff61]$/, '');
  const address = shown.replace(/^\[(.*)\]$/, '$1');
  const no = (why: string): { message: string } => ({ message: `${visible(text)} ${why}` });
  // Node's test for IPv6 costs 10 ms the first time, and a name has neither a colon nor digits alone.
  if (/:|^[\d.]+$/.test(address) && isIP(address) !== 0) {
    if (address.includes('%')) return no('has a zone in it, which means something on this machine only; no certificate can hold that.');
    const value = isIP(address) === 6 ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : address;
    return { type: 'ip', value, shown: value };
  }
  // A bidirectional mark or a control character would make the name read as another one.
  if (/[\p{Cc}\p{Cf}\p{Co}\p{Cn}]/u.test(shown)) return no('contains characters that no name can have.');
  if (/^[a-z][a-z0-9+.-]*:\/\//.test(shown)) return no('is a web address; give only the name in it, such as www.example.com.');
  if (shown.includes('@')) return no('is an e-mail address; give only the name behind the @.');
  if (shown.includes('/')) return no('has a slash in it; give only the name before it.');
  if (/^[0-9.]+$/.test(shown)) return no('is not a complete IP address.');
  if (shown.includes(':')) return no('has a colon in it; a port does not belong to a name.');
  const wildcard = shown.startsWith('*.');
  const base = wildcard ? shown.slice(2) : shown;
  if (base.includes('*')) return no('can only have * as its whole first part, as in *.example.com.');
  if (shown.includes('_')) return no('contains an underscore, which a certificate authority does not accept.');
  if (base.split('.').some((label) => label === '')) return no('has an empty part: two dots in a row, or a dot in front.');
  const ascii = domainToASCII(base);
  // Looked at again after the conversion: other scripts have dots and digits of their own, and 0x7f.0x1 becomes an address.
  if (/(^|\.)\d+$/.test(base) || /(^|\.)\d+$/.test(ascii)) return no('ends with a number, which no top-level domain does.');
  if (ascii === '' || !/^[a-z0-9.-]+$/.test(ascii)) return no('contains characters that no name can have.');
  const labels = ascii.split('.');
  if (labels.includes('')) return no('has an empty part: two dots in a row, or a dot in front.');
  if (labels.length < 2) return no('needs at least two parts, as in example.com.');
  const long = labels.find((label) => label.length > 63);
  if (long !== undefined) return no(`has a part of ${long.length} characters; at most 63 are allowed.`);
  const value = wildcard ? `*.${ascii}` : ascii;
  if (value.length > 253) return no(`has ${value.length} characters; at most 253 are allowed.`);
  const odd = labels.find((label) => label.startsWith('-') || label.endsWith('-'));
  if (odd !== undefined) return no(`has a part that begins or ends with a hyphen: ${odd}.`);
  return { type: 'dns', value, shown };
}

/** The text as one short readable word for a message. */
function visible(text: string): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu, '\ufffd');
  return clean.length > 80 ? `${clean.slice(0, 79)}…` : clean;
}
