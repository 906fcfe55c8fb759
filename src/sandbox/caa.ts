import type { Authority } from './exchange.js';
import { Problem } from './problem.js';

/** An RFC 8659 issue-value taken apart. Tags are lower case, in the order given. */
export interface IssueValue {
  /** Lower case, without final dot; '' forbids. */
  issuer: string;
  parameters: [tag: string, value: string][];
}

function trim(part: string): string {
  return part.replace(/^[ \t]+|[ \t]+$/g, '');
}

/** Reads `issuer; tag=value; …` (RFC 8659 section 4.2). Undefined when it is malformed. */
export function parseIssueValue(text: string): IssueValue | undefined {
  const [head = '', ...rest] = text.split(';');
  const issuer = trim(head).toLowerCase().replace(/\.$/, '');
  if (issuer !== '' && !/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(issuer)) return undefined;
  // A lone semicolon after nothing is the usual way to forbid everybody.
  if (issuer === '' && rest.length === 1 && trim(rest[0] ?? '') === '') return { issuer, parameters: [] };
  const parameters: [string, string][] = [];
  for (const part of rest) {
    const match = /^([a-z0-9][a-z0-9-]*)[ \t]*=[ \t]*([\x21-\x3a\x3c-\x7e]*)$/i.exec(trim(part));
    if (match === null) return undefined;
    parameters.push([(match[1] ?? '').toLowerCase(), match[2] ?? '']);
  }
  return { issuer, parameters };
}

interface CaaRecord {
  critical: boolean;
  tag: string;
  value: string;
}

const KNOWN_TAGS = new Set(['issue', 'issuewild', 'iodef', 'issuemail', 'issuevmc', 'contactemail', 'contactphone']);

function parseCaa(text: string): CaaRecord {
  const match = /^(\d+) (\S*) "(.*)"$/s.exec(text);
  return { critical: (Number(match?.[1] ?? 0) & 128) !== 0, tag: (match?.[2] ?? '').toLowerCase(), value: match?.[3] ?? '' };
}

/**
 * Whether a set of CAA records (as text, `0 issue "ca.test"`) lets this CA issue; undefined when it does, otherwise why not.
 * RFC 8659 sections 4.2 and 4.3, RFC 8657 (accounturi, validationmethods).
 */
function caaFault(records: readonly string[], issuer: string, wildcard: boolean, method: string, accountUrls: readonly string[]): string | undefined {
  const parsed = records.map(parseCaa);
  const strange = parsed.find((record) => record.critical && !KNOWN_TAGS.has(record.tag));
  if (strange !== undefined) return `the critical property ${JSON.stringify(strange.tag)} is unknown`;
  const wild = parsed.filter((record) => record.tag === 'issuewild');
  const relevant = wildcard && wild.length > 0 ? wild : parsed.filter((record) => record.tag === 'issue');
  if (relevant.length === 0) return undefined;
  let why = `${[...new Set(relevant.map((record) => JSON.stringify(record.value)))].join(', ')} names another CA or none`;
  for (const record of relevant) {
    const value = parseIssueValue(record.value);
    if (value === undefined || value.issuer !== issuer) continue;
    const accounts = value.parameters.filter(([tag]) => tag === 'accounturi').map(([, uri]) => uri);
    const methods = value.parameters.filter(([tag]) => tag === 'validationmethods').map(([, list]) => list);
    if (accounts.length > 1 || methods.length > 1) why = 'a parameter stands twice';
    else if (accounts.some((uri) => !accountUrls.includes(uri))) why = 'accounturi names another account';
    else if (methods.some((list) => !list.split(',').includes(method))) why = `validationmethods does not allow ${method}`;
    else return undefined;
  }
  return why;
}

/** Walks the DNS from a name upwards to the first CAA records (RFC 8659 section 3) and obeys them. Throws Problem caa or dns. */
export async function checkCaa(authority: Authority, name: string, wildcard: boolean, method: string, accountUrls: readonly string[]): Promise<void> {
  const labels = name.split('.');
  for (let index = 0; index < labels.length; index += 1) {
    const owner = labels.slice(index).join('.');
    const records = await authority.resolver.values(owner, 'CAA');
    if (records.length === 0) continue;
    const fault = caaFault(records, authority.policy.caaIdentity, wildcard, method, accountUrls);
    if (fault !== undefined) throw new Problem('caa', `CAA records at ${owner} prevent issuing for ${wildcard ? '*.' : ''}${name}: ${fault}`);
    return;
  }
}
