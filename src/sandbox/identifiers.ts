import { canonicalAddress } from '../system/addresses.js';
import { isLoose } from './payload.js';
import { Problem, joinProblems } from './problem.js';
import type { Identifier } from './problem.js';

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Why a DNS name (lower case, perhaps `*.` in front) cannot be in a certificate, in a sentence; undefined when it can. */
function nameFault(name: string): string | undefined {
  const base = name.startsWith('*.') ? name.slice(2) : name;
  if (base.includes('*')) return 'A wildcard may only stand as the whole first label';
  if (name.length > 253) return 'Domain name is longer than 253 bytes';
  if (base.endsWith('.')) return 'Domain name ends with a dot';
  const labels = base.split('.');
  if (labels.length < 2) return name.startsWith('*.') ? 'Wildcard for a whole top-level domain' : 'Domain name needs at least one dot';
  if (canonicalAddress(base) !== undefined) return 'An IP address is not a DNS name: order it with the type "ip"';
  for (const label of labels) {
    if (label === '') return 'Domain name has an empty label';
    if (label.length > 63) return 'Domain name has a label longer than 63 bytes';
    if (/[^\u0000-\u007f]/.test(label)) return 'Domain name has a character that is not ASCII: give its punycode form';
    if (!LABEL.test(label)) return 'Domain name contains an invalid character or hyphen';
    if (label.slice(2, 4) === '--' && !label.startsWith('xn--')) return 'Domain name has hyphens at the third and fourth place of a label';
  }
  if (/^\d+$/.test(labels.at(-1) ?? '')) return 'Domain name ends with a numeric label';
  return undefined;
}

function readOne(value: unknown): Identifier {
  if (!isLoose(value) || typeof value.type !== 'string' || typeof value.value !== 'string') throw new Problem('malformed', 'An identifier needs a "type" and a "value", both strings');
  if (value.type === 'dns') return { type: 'dns', value: value.value.toLowerCase() };
  if (value.type === 'ip') return { type: 'ip', value: value.value };
  throw new Problem('unsupportedIdentifier', `Identifiers of the type ${JSON.stringify(value.type)} are not supported: dns and ip are`);
}

function refusal(identifier: Identifier, blocked: readonly string[]): Problem | undefined {
  if (identifier.type === 'ip') {
    const canonical = canonicalAddress(identifier.value);
    if (canonical === undefined) return new Problem('malformed', 'Not an IP address');
    if (canonical !== identifier.value) return new Problem('malformed', `IP address is not in its canonical form ${canonical} (RFC 8738)`);
    return undefined;
  }
  const fault = nameFault(identifier.value);
  if (fault !== undefined) return new Problem('rejectedIdentifier', fault);
  const name = identifier.value.replace(/^\*\./, '');
  if (blocked.some((suffix) => name === suffix || name.endsWith(`.${suffix}`))) return new Problem('rejectedIdentifier', 'The policy of this CA forbids issuing for this name');
  return undefined;
}

/**
 * The identifiers of a new order (RFC 8555 section 7.1.3, RFC 8738): lower case, doubles merged, order kept.
 * Throws Problem malformed, unsupportedIdentifier or rejectedIdentifier, with a subproblem for each name at fault.
 */
export function readIdentifiers(value: unknown, limit: number, blocked: readonly string[]): Identifier[] {
  if (!Array.isArray(value) || value.length === 0) throw new Problem('malformed', 'An order needs at least one identifier');
  const unique = new Map<string, Identifier>();
  for (const each of value) {
    const identifier = readOne(each);
    unique.set(`${identifier.type} ${identifier.value}`, identifier);
  }
  const identifiers = [...unique.values()];
  if (identifiers.length > limit) throw new Problem('malformed', `An order may have at most ${limit} identifiers, not ${identifiers.length}`);
  const refused = identifiers.flatMap((identifier) => {
    const problem = refusal(identifier, blocked);
    return problem === undefined ? [] : [{ identifier, problem }];
  });
  if (refused.length > 0) throw joinProblems(refused, 'Cannot issue for the names asked');
  return identifiers;
}
